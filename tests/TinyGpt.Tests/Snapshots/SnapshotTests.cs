using System.Text;
using Xunit;

namespace TinyGpt.Tests.Snapshots;

public sealed class SnapshotTests
{
    private static readonly SamplingOptions Sampling = new() { Temperature = 1.2f, TopP = 0.95f, Seed = 17 };
    private static readonly SessionOptions Answer = new() { MaxNewTokens = 60 };

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_session_saved_at_any_point_of_its_answer_goes_on_with_the_same_tokens(bool keysAndValues)
    {
        foreach (ModelConfig config in new[] { TestModels.Even, TestModels.Odd })
        {
            using GptModel model = TestModels.Random(config);
            int[] expected = Generate(model, null);
            for (int savedAfter = 0; savedAfter < 70; savedAfter += 3)
            {
                Assert.Equal(expected, Generate(model, savedAfter, keysAndValues));
            }
        }
    }

    [Fact]
    public void Unread_text_and_a_stop_string_half_seen_are_saved()
    {
        using GptModel model = TestModels.Slm4096();
        SessionOptions options = new() { StopStrings = ["aerospace"] };
        using GptEngine engine = new(model);
        GptSession session = engine.CreateSession(options: options);
        session.Append("Q: Are you AGI?\n");
        StringBuilder text = new();
        byte[] buffer = new byte[5];
        while (engine.Step(StepBudget.OnePass) == StepStatus.Working)
        {
            session.TryRead(buffer, out int some);
            text.Append(Encoding.UTF8.GetString(buffer, 0, some));
            using MemoryStream saved = new();
            session.Save(saved, keysAndValues: true); // read again from the start, it would never get past the first pass
            session.Dispose();
            saved.Position = 0;
            session = engine.Restore(saved, options: options);
        }

        while (session.TryRead(buffer, out int rest))
        {
            text.Append(Encoding.UTF8.GetString(buffer, 0, rest));
        }

        Assert.Equal("A: I am AGI in the same way a paper airplane is ", text.ToString());
        Assert.Equal(FinishReason.Stop, session.Finish);
        session.Dispose();
    }

    [Fact]
    public void A_save_of_another_model_is_refused()
    {
        using GptModel model = TestModels.Random(TestModels.Even, seed: 1);
        using GptModel other = TestModels.Random(TestModels.Even, seed: 2);
        byte[] saved = Save(model, keysAndValues: false);
        using GptEngine engine = new(other);
        SnapshotException thrown = Assert.Throws<SnapshotException>(() => engine.Restore(new MemoryStream(saved), name: "slot 1"));
        Assert.Equal("slot 1", thrown.File);
        Assert.Contains("another model", thrown.Reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false, KvPrecision.Float32)]
    [InlineData(true, KvPrecision.Float32)]
    [InlineData(true, KvPrecision.Int8)]
    public void A_save_cut_anywhere_or_with_any_byte_changed_is_refused_and_changes_nothing(bool keysAndValues, KvPrecision precision)
    {
        using GptModel model = TestModels.Random(TestModels.Odd);
        byte[] saved = Save(model, keysAndValues, precision);
        using GptEngine engine = new(model);
        int step = Math.Max(1, saved.Length / 400);
        for (int at = 0; at < saved.Length; at += at < 600 ? 1 : step)
        {
            byte[] cut = saved[..at];
            Assert.Throws<SnapshotException>(() => engine.Restore(new MemoryStream(cut)));
            byte[] changed = [.. saved];
            changed[at] ^= (byte)(1 << (at % 8));
            Assert.Throws<SnapshotException>(() => engine.Restore(new MemoryStream(changed)));
            Assert.Equal(engine.KvPages, engine.FreeKvPages);
            Assert.Equal(1, engine.FreeSequences);
        }

        using GptSession session = engine.Restore(new MemoryStream(saved));
        Assert.Equal(31, session.Tokens.Length);
    }

    [Fact]
    public void Saved_keys_and_values_that_have_no_pages_are_computed_again()
    {
        using GptModel model = TestModels.Random(TestModels.Even);
        using GptEngine large = new(model);
        using GptSession original = large.CreateSession(options: Answer);
        int[] prompt = TestModels.Tokens(TestModels.Even, 100);
        original.Append(prompt);
        large.Step(StepBudget.OnePass);
        large.Step(StepBudget.OnePass);
        using MemoryStream saved = new();
        original.Save(saved, keysAndValues: true);
        large.Step(StepBudget.Unlimited);

        using GptEngine small = new(model, new GptEngineOptions { MaxSequences = 2, KvPages = 4 });
        GptSession other = small.CreateSession();
        other.Append(TestModels.Tokens(TestModels.Even, 130), answer: false);
        small.Step(StepBudget.Unlimited);
        saved.Position = 0;
        using GptSession restored = small.Restore(saved, options: Answer);
        other.Dispose();
        small.Step(StepBudget.Unlimited);
        Assert.Equal(original.AnswerTokens.ToArray(), restored.AnswerTokens.ToArray());
    }

    [Theory]
    [InlineData(KvPrecision.Int8, KvPrecision.Int8)]
    [InlineData(KvPrecision.Int8, KvPrecision.Float32)]
    [InlineData(KvPrecision.Float32, KvPrecision.Int8)]
    public void Saved_keys_and_values_of_another_precision_are_computed_again(KvPrecision savedAs, KvPrecision readAs)
    {
        foreach (ModelConfig config in new[] { TestModels.Even, TestModels.Odd })
        {
            using GptModel model = TestModels.Random(config);
            using GptEngine writer = new(model, new GptEngineOptions { KvPrecision = savedAs });
            using GptSession original = writer.CreateSession(options: Answer);
            int[] prompt = TestModels.Tokens(config, 100);
            original.Append(prompt);
            writer.Step(StepBudget.OnePass);
            using MemoryStream saved = new();
            original.Save(saved, keysAndValues: true);
            saved.Position = 0;

            using GptEngine reader = new(model, new GptEngineOptions { KvPrecision = readAs, MaxSequences = 2 });
            using GptSession restored = reader.Restore(saved, options: Answer);
            Assert.Equal(savedAs == readAs ? 64 : 0, restored.Cache.Length);
            using GptSession fresh = reader.CreateSession(options: Answer);
            fresh.Append(prompt);
            reader.Step(StepBudget.Unlimited);
            Assert.Equal(fresh.AnswerTokens.ToArray(), restored.AnswerTokens.ToArray());
        }
    }

    [Fact]
    public void A_file_is_replaced_whole_and_a_failed_save_leaves_the_old_one()
    {
        using GptModel model = TestModels.Random(TestModels.Odd);
        string folder = Directory.CreateTempSubdirectory("tinygpt").FullName;
        try
        {
            string path = Path.Combine(folder, "slot.save");
            using GptEngine engine = new(model);
            GptSession session = engine.CreateSession();
            session.Append([1, 2, 3], answer: false);
            session.Save(path);
            session.Append([4], answer: false);
            session.Save(path, keysAndValues: true);
            session.Dispose();
            Assert.Throws<ObjectDisposedException>(() => session.Save(path));
            Assert.Equal([path], Directory.GetFiles(folder));
            using GptSession restored = engine.Restore(path);
            Assert.Equal([1, 2, 3, 4], restored.Tokens.ToArray());
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static byte[] Save(GptModel model, bool keysAndValues, KvPrecision precision = KvPrecision.Float32)
    {
        using GptEngine engine = new(model, new GptEngineOptions { KvPrecision = precision });
        using GptSession session = engine.CreateSession();
        session.Append(TestModels.Tokens(model.Config, 30));
        engine.Step(StepBudget.OnePass);
        using MemoryStream saved = new();
        session.Save(saved, keysAndValues);
        return saved.ToArray();
    }

    private static int[] Generate(GptModel model, int? savedAfter, bool keysAndValues = false)
    {
        using GptEngine engine = new(model, new GptEngineOptions { MaxBatchTokens = 8, MaxSequences = 2 });
        GptSession session = engine.CreateSession(Sampling, Answer);
        session.Append(TestModels.Tokens(model.Config, 75));
        for (int pass = 0; pass < savedAfter; pass++)
        {
            engine.Step(StepBudget.OnePass);
        }

        if (savedAfter is not null)
        {
            engine.Step(StepBudget.Slices(2));
            using MemoryStream saved = new();
            session.Save(saved, keysAndValues);
            session.Dispose();
            saved.Position = 0;
            session = engine.Restore(saved, Sampling with { Seed = 0 }, Answer);
            Assert.Equal(saved.Length, saved.Position);
        }

        engine.Step(StepBudget.Unlimited);
        int[] answer = session.AnswerTokens.ToArray();
        session.Dispose();
        return answer;
    }
}
