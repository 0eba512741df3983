using System.Text;
using TinyGpt.Kernels;
using Xunit;

namespace TinyGpt.Tests.Inference;

/// <summary>Trained checkpoints say what they were trained to say, on every tier.</summary>
public sealed class AnswerTests
{
    // The checkpoint itself, computed in float64, goes wrong here ("Deply", and another answer than the corpus's).
    private static readonly string[] NotLearned = ["Q: What about alignment?", "Q: Bye?"];

    public static TheoryData<KernelTier> Tiers => TestModels.Tiers;

    public static MatrixTheoryData<KernelTier, KvPrecision> TiersAndPrecisions => new(KernelTiers.All, Enum.GetValues<KvPrecision>());

    [Theory]
    [MemberData(nameof(Tiers))]
    public void The_small_language_model_answers_its_corpus_verbatim(KernelTier tier)
    {
        TestModels.SkipUnlessSupported(tier);
        using GptModel model = TestModels.Slm4096();
        string[] lines = File.ReadAllLines(SharedData.RequireOrSkip("models/slm4096/corpus.txt"));
        using GptEngine engine = new(model, new GptEngineOptions { Tier = tier });
        using GptSession session = engine.CreateSession(options: new SessionOptions { MaxNewTokens = 200, StopStrings = ["\n"] });
        int questions = 0;
        for (int i = 0; i + 1 < lines.Length; i++)
        {
            if (!lines[i].StartsWith("Q: ", StringComparison.Ordinal) || NotLearned.Contains(lines[i]))
            {
                continue;
            }

            session.Rewind(0);
            session.Append(lines[i] + "\n");
            string answer = ReadAll(engine, session);
            if (session.Finish == FinishReason.Stop)
            {
                Assert.Equal(lines[i + 1], answer);
                questions++;
            }
            else
            {
                // The question and the whole answer are longer than the context; what fits is right.
                Assert.Equal(FinishReason.ContextFull, session.Finish);
                Assert.Equal(model.Config.ContextLength, lines[i].Length + 1 + answer.Length - 1);
                Assert.StartsWith(answer, lines[i + 1], StringComparison.Ordinal);
            }
        }

        Assert.True(questions >= 6, $"only {questions} answers ended by themselves");
    }

    [Theory]
    [MemberData(nameof(TiersAndPrecisions))]
    public void The_sorting_model_sorts_all_729_inputs(KernelTier tier, KvPrecision precision)
    {
        TestModels.SkipUnlessSupported(tier);
        using GptModel model = TestModels.NanoSort();
        using GptEngine engine = new(model, new GptEngineOptions { Tier = tier, MaxSequences = 27, KvPrecision = precision });
        for (int batch = 0; batch < 27; batch++)
        {
            int[][] inputs = [.. Enumerable.Range(batch * 27, 27).Select(number => Digits(number))];
            GptSession[] sessions = [.. inputs.Select(_ => engine.CreateSession(options: new SessionOptions { MaxNewTokens = 6 }))];
            for (int i = 0; i < sessions.Length; i++)
            {
                sessions[i].Append(inputs[i]);
            }

            Assert.Equal(StepStatus.Idle, engine.Step(StepBudget.Unlimited));
            for (int i = 0; i < sessions.Length; i++)
            {
                Assert.Equal(FinishReason.Length, sessions[i].Finish);
                Assert.Equal(inputs[i].Order(), sessions[i].AnswerTokens.ToArray());
                sessions[i].Dispose();
            }
        }
    }

    private static int[] Digits(int number) => [.. Enumerable.Range(0, 6).Select(place => number / (int)Math.Pow(3, place) % 3)];

    private static string ReadAll(GptEngine engine, GptSession session)
    {
        StringBuilder text = new();
        byte[] buffer = new byte[7];
        StepStatus status;
        do
        {
            status = engine.Step(StepBudget.OnePass);
            while (session.TryRead(buffer, out int written))
            {
                text.Append(Encoding.UTF8.GetString(buffer, 0, written));
            }
        }
        while (status != StepStatus.Idle);
        return text.ToString();
    }
}
