using Xunit;

namespace TinyGpt.Tests.Inference;

/// <summary>Tokens that end a text beside the end of text itself.</summary>
public sealed class EndTokenSessionTests
{
    private static readonly SamplingOptions Sampling = new() { Temperature = 1, Seed = 5 };

    [Fact]
    public void Each_of_them_ends_an_answer_and_is_never_part_of_it()
    {
        int[] whole = Generate(TestModels.Even, new SessionOptions { MaxNewTokens = 20 }, out FinishReason finish, out _);
        Assert.Equal(FinishReason.Length, finish);
        foreach (int end in whole.Distinct().Take(4))
        {
            ModelConfig config = TestModels.Even with { OtherEndTokens = [7, end] };
            int[] answer = Generate(config, new SessionOptions { MaxNewTokens = 20 }, out finish, out int generated);

            Assert.Equal(FinishReason.EndOfText, finish);
            Assert.Equal(whole[..Array.IndexOf(whole, end)], answer);
            Assert.Equal(answer.Length, generated);
        }
    }

    [Fact]
    public void A_session_can_go_on_behind_all_of_them()
    {
        int[] whole = Generate(TestModels.Even, new SessionOptions { MaxNewTokens = 20 }, out _, out _);
        int[] answer = Generate(
            TestModels.Even with { OtherEndTokens = [whole[3]] }, new SessionOptions { MaxNewTokens = 20, StopAtEndOfText = false }, out _, out _);

        Assert.Equal(whole, answer);
    }

    private static int[] Generate(ModelConfig config, SessionOptions options, out FinishReason finish, out int generated)
    {
        using GptModel model = TestModels.Random(config);
        using GptEngine engine = new(model);
        using GptSession session = engine.CreateSession(Sampling, options);
        session.Append([3, 1, 4]);
        engine.Step(StepBudget.Unlimited);
        finish = session.Finish;
        generated = session.GeneratedTokens;
        return session.AnswerTokens.ToArray();
    }
}
