namespace TinyGpt.Native;

/// <summary>How likely a model holds texts as the continuation of a session.</summary>
internal static class Scores
{
    /// <summary>Computes until all are known. The session is as before then, whether that succeeds or not.</summary>
    public static double[] Of(GptEngine engine, GptSession session, string[] continuations)
    {
        session.Stop();
        int start = session.Tokens.Length;
        double[] result = new double[continuations.Length];
        try
        {
            for (int i = 0; i < continuations.Length; i++)
            {
                int[] ids = engine.Model.Tokenizer is { } tokenizer
                    ? tokenizer.Encode(continuations[i], position: TextPosition.Continuation)
                    : throw new ArgumentException("The model has no tokenizer, so choices cannot be texts.", nameof(continuations));
                session.Score(ids);
                while (session.Finish == FinishReason.None && engine.Step(StepBudget.OnePass) == StepStatus.Working)
                {
                }

                result[i] = session.Finish == FinishReason.Complete ? session.LogProbability
                    : throw new InvalidOperationException($"choice {i} could not be computed: {session.Finish}");
                session.Rewind(start);
            }
        }
        finally
        {
            session.Rewind(start);
        }

        return result;
    }
}
