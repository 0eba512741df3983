using Xunit;

namespace TinyGpt.Tests.Inference;

/// <summary>A session that leaves a pass while tokens are being chosen does not have the others compute theirs again.</summary>
public sealed class AbandonedPassTests
{
    [Fact]
    public void A_session_that_is_rewound_while_others_choose_costs_them_nothing()
    {
        ModelConfig config = TestModels.Even with { Layers = 2 };
        using GptModel model = TestModels.Random(config);
        SessionOptions options = new() { MaxNewTokens = 12 };
        int[] expected = Answer(model, options, 3);
        int found = 0;
        for (int left = 0; left < 4; left++)
        {
            for (int slices = 1; slices < 300; slices++)
            {
                using GptEngine engine = new(model, new GptEngineOptions { MaxSequences = 4 });
                GptSession[] sessions = [.. Enumerable.Range(0, 4).Select(i =>
                {
                    GptSession session = engine.CreateSession(null, options);
                    session.Append([3 + i]);
                    return session;
                })];
                engine.Step(StepBudget.Passes(2));
                for (int i = 0; i < slices; i++)
                {
                    engine.Step(StepBudget.Slices(1));
                }

                if (sessions.All(session => session.GeneratedTokens == 3))
                {
                    break;
                }

                bool chooses = sessions.Any(session => session.GeneratedTokens != sessions[0].GeneratedTokens);
                sessions[left].Rewind(1);
                engine.Step(StepBudget.Unlimited);
                Assert.Equal(left == 0 ? [3] : expected, sessions[0].Tokens.ToArray());
                if (chooses)
                {
                    found++;

                    // Every other session computes each of its tokens but the last once; the rewound one has nothing left to do.
                    Assert.Equal((4 * 2) + 4 + (3 * 9), engine.ComputedTokens);
                }
            }
        }

        Assert.SkipWhen(found == 0, "This machine chose the tokens of all sessions within one slice every time.");
    }

    private static int[] Answer(GptModel model, SessionOptions options, int token)
    {
        using GptEngine engine = new(model);
        using GptSession session = engine.CreateSession(null, options);
        session.Append([token]);
        engine.Step(StepBudget.Unlimited);
        return session.Tokens.ToArray();
    }
}
