using System.Text;
using TinyGpt.Import;
using TinyGpt.Tests.Text;
using Xunit;

namespace TinyGpt.Tests.Inference;

/// <summary>An answer that is cut inside a character.</summary>
public sealed class CutCharacterTests
{
    private static readonly ModelConfig Config = TestModels.Even with { Layers = 1, Width = 64, FeedForwardWidth = 64 };

    [Fact]
    public void An_answer_that_goes_on_completes_the_character()
    {
        Run((engine, session) =>
        {
            Say(session, 0, count: 2);
            Assert.Equal("", Read(engine, session));
            Assert.Equal(FinishReason.Length, session.Finish);
            Say(session, 2, count: 2);
            Assert.Equal("😀", Read(engine, session));
        });
    }

    [Fact]
    public void A_save_keeps_the_beginning_of_the_character()
    {
        Run((engine, session) =>
        {
            Say(session, 0, count: 3);
            Assert.Equal("", Read(engine, session));
            using MemoryStream saved = new();
            session.Save(saved);
            session.Dispose();
            saved.Position = 0;
            using GptSession back = engine.Restore(saved);
            Say(back, 3, count: 1);
            Assert.Equal("😀", Read(engine, back));
        });
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void What_is_appended_instead_leaves_half_a_character(bool scores)
    {
        Run((engine, session) =>
        {
            Say(session, 0, count: 2);
            Assert.Equal("", Read(engine, session));
            if (scores)
            {
                session.Score([65]);
            }
            else
            {
                session.Append([65], answer: false);
            }

            Assert.Equal("\uFFFD", Read(engine, session));
            Say(session, 2, count: 2);
            Assert.Equal("\uFFFD\uFFFD", Read(engine, session));
        });
    }

    [Fact]
    public void Whoever_will_not_go_on_ends_the_text()
    {
        Run((engine, session) =>
        {
            Say(session, 0, count: 2);
            Assert.Equal("", Read(engine, session));
            session.EndText();
            Assert.Equal("\uFFFD", Read(engine, session));
            session.Continue();
            Assert.Throws<InvalidOperationException>(session.EndText);
        });
    }

    [Fact]
    public void An_answer_that_ended_by_itself_ends_its_character()
    {
        Run((engine, session) =>
        {
            session.Configure(SamplingOptions.Greedy, new SessionOptions { Constraint = new Smile(2, ends: true) });
            session.Continue();
            Assert.Equal("\uFFFD\uFFFD", Read(engine, session));
            Assert.Equal(FinishReason.Complete, session.Finish);
        });
    }

    private static void Run(Action<GptEngine, GptSession> test)
    {
        using GptModel model = new(SyntheticModel.Open(Config, Vocabularies.Small()));
        using GptEngine engine = new(model);
        using GptSession session = engine.CreateSession();
        session.Append([66], answer: false);
        engine.Step(StepBudget.Unlimited);
        test(engine, session);
    }

    private static void Say(GptSession session, int from, int count)
    {
        session.Configure(SamplingOptions.Greedy, new SessionOptions { MaxNewTokens = count, Constraint = new Smile(from, ends: false) });
        session.Continue();
    }

    private static string Read(GptEngine engine, GptSession session)
    {
        engine.Step(StepBudget.Unlimited);
        byte[] buffer = new byte[100];
        StringBuilder text = new();
        while (session.TryRead(buffer, out int written))
        {
            text.Append(Encoding.UTF8.GetString(buffer, 0, written));
        }

        return text.ToString();
    }

    /// <summary>The four bytes of a character, each a token, from one of them on.</summary>
    private sealed class Smile(int from, bool ends) : TokenConstraint
    {
        private static readonly byte[] Bytes = "😀"u8.ToArray();

        public override int TokenCount => 256;

        public override int Start => from;

        public override void Allow(int state, Span<ulong> allowed) => allowed[Bytes[state] / 64] |= 1UL << (Bytes[state] % 64);

        public override int Advance(int state, int token) => state + 1;

        public override bool IsComplete(int state) => ends && state == Bytes.Length;

        public override bool IsState(int state) => state >= 0 && state <= Bytes.Length;
    }
}
