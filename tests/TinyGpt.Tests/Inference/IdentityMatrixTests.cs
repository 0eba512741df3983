using System.Runtime.InteropServices;
using System.Security.Cryptography;
using TinyGpt.Kernels;
using Xunit;

namespace TinyGpt.Tests.Inference;

/// <summary>
/// The whole promise in one test: one hash of a session's logits over 210 positions for every tier, thread count, batch, prefill chunk,
/// with its beginning read by itself or shared with others, and with or without a save and a restore on the way. (The arm64 job computes
/// the same for NEON.)
/// </summary>
public sealed class IdentityMatrixTests
{
    private const int PrefixTokens = 70;
    private const int PromptTokens = 100;
    private const int AnswerTokens = 110;

    private const string Int4 = "odd, 4 bits";

    private static readonly ModelConfig Even = TestModels.Even with { VocabularySize = 97, Width = 64, Layers = 2, FeedForwardWidth = 128, EndOfTextToken = null };
    private static readonly ModelConfig Odd = TestModels.Odd with { VocabularySize = 53, Width = 36, Heads = 3, FeedForwardWidth = 100 };

    private static readonly Dictionary<string, ModelConfig> Shapes = new()
    {
        ["even"] = Even,
        ["odd"] = Odd,
        ["qwen3"] = TestModels.Family["qwen3"] with
        {
            VocabularySize = 31,
            Width = 32,
            Heads = 2,
            KeyValueHeads = 1,
            HeadSize = 12,
            Rotary = new RotaryPositions(10000, 12),
            FeedForwardWidth = 40,
            AttentionWindow = new AttentionWindow(40, 1),
        },
        [Int4] = Odd,
    };

    public static TheoryData<string, KernelTier> ShapesAndTiers
    {
        get
        {
            TheoryData<string, KernelTier> data = [];
            foreach (KernelTier tier in KernelTiers.All)
            {
                foreach (string shape in Shapes.Keys)
                {
                    data.Add(shape, tier);
                }
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(ShapesAndTiers))]
    public void One_hash_whatever_computes_it_and_however_it_comes_about(string shape, KernelTier tier)
    {
        TestModels.SkipUnlessSupported(tier);
        using GptModel model = TestModels.Random(
            Shapes[shape], seed: 3, shape == Int4 ? WeightPrecision.Int4 : WeightPrecision.Int8);
        string expected = Hash(model, new Run(KernelTier.Scalar, Threads: 1, Batch: 1, Chunk: 64, Shared: false, Saved: false));
        int runs = 0;
        foreach (int threads in new[] { 1, 2, 4 })
        {
            foreach (int batch in new[] { 1, 3, 8 })
            {
                foreach (int chunk in new[] { 1, 7, 64, 256 })
                {
                    foreach (bool shared in new[] { false, true })
                    {
                        foreach (bool saved in new[] { false, true })
                        {
                            Run run = new(tier, threads, batch, chunk, shared, saved);
                            Assert.True(expected == Hash(model, run), $"{run} gives other bits");
                            runs++;
                        }
                    }
                }
            }
        }

        Counts.Tell($"{shape}, {KernelTiers.Name(tier)}: {runs} runs, hash {expected[..16]}");
    }

    private static string Hash(GptModel model, Run run)
    {
        using GptEngine engine = new(model, new GptEngineOptions
        {
            Tier = run.Tier,
            Threads = run.Threads,
            MaxBatchTokens = run.Chunk,
            MaxSequences = run.Batch + 1,
        });
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        int[] prompt = TestModels.Tokens(model.Config, PromptTokens);
        SamplingOptions sampling = new() { Temperature = 1.1f, TopK = 30, Seed = 9 };
        SessionOptions answer = new() { MaxNewTokens = AnswerTokens };
        GptSession session = engine.CreateSession(sampling, answer);
        engine.ObserveLogits = (observed, logits) =>
        {
            if (observed == session)
            {
                hash.AppendData(MemoryMarshal.AsBytes(logits));
            }
        };
        if (run.Shared)
        {
            GptSession origin = session;
            origin.Append(prompt.AsSpan(0, PrefixTokens), answer: false);
            engine.Step(StepBudget.Unlimited);
            session = origin.Fork();
            session.Append(prompt.AsSpan(PrefixTokens));
        }
        else
        {
            session.Append(prompt);
        }

        for (int other = 1; other < run.Batch; other++)
        {
            engine.CreateSession(sampling with { Seed = (ulong)other }, answer).Append(TestModels.Tokens(model.Config, 11 * other, (uint)other));
        }

        if (run.Saved)
        {
            Assert.Equal(StepStatus.Working, engine.Step(StepBudget.Slices(9 + run.Batch)));
            using MemoryStream save = new();
            session.Save(save, keysAndValues: run.Threads != 2);
            session.Dispose();
            save.Position = 0;
            session = engine.Restore(save, sampling, answer);
        }

        Assert.Equal(StepStatus.Idle, engine.Step(StepBudget.Unlimited));
        Assert.Equal(AnswerTokens, session.GeneratedTokens);
        return Convert.ToHexString(hash.GetHashAndReset());
    }

    /// <summary>One way to get the same bits.</summary>
    private sealed record Run(KernelTier Tier, int Threads, int Batch, int Chunk, bool Shared, bool Saved);
}
