using System.Runtime.InteropServices;
using System.Security.Cryptography;
using TinyGpt.Cache;
using TinyGpt.Decoding;
using TinyGpt.Kernels;
using Xunit;

namespace TinyGpt.Tests.Inference;

/// <summary>One hash of all logits of a long run, whatever computes it and in whichever pieces.</summary>
public sealed class BitIdentityTests
{
    private const int Positions = 200;

    public static TheoryData<string, KernelTier> ShapesAndTiers
    {
        get
        {
            TheoryData<string, KernelTier> data = [];
            foreach (KernelTier tier in KernelTiers.All)
            {
                foreach (string shape in TestModels.ShapeNames)
                {
                    data.Add(shape, tier);
                }
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(ShapesAndTiers))]
    public void Logits_are_the_same_bits_for_every_tier_thread_count_and_prefill_chunk(string shape, KernelTier tier)
    {
        TestModels.SkipUnlessSupported(tier);
        ModelConfig config = TestModels.Shape(shape);
        using GptModel model = TestModels.Random(config);
        int[] tokens = TestModels.Tokens(config, Positions);
        string expected = Hash(model, KernelTier.Scalar, threads: 1, chunk: 64, tokens);
        foreach (int threads in new[] { 1, 2, 4 })
        {
            foreach (int chunk in new[] { 1, 7, 64, Positions })
            {
                Assert.Equal(expected, Hash(model, tier, threads, chunk, tokens));
            }
        }
    }

    [Theory]
    [MemberData(nameof(ShapesAndTiers))]
    public void Logits_over_an_int8_cache_are_the_same_bits_for_every_tier_thread_count_and_prefill_chunk(string shape, KernelTier tier)
    {
        TestModels.SkipUnlessSupported(tier);
        ModelConfig config = TestModels.Shape(shape);
        using GptModel model = TestModels.Random(config);
        int[] tokens = TestModels.Tokens(config, Positions);
        string expected = Hash(model, KernelTier.Scalar, threads: 1, chunk: 64, tokens, precision: KvPrecision.Int8);
        Assert.NotEqual(Hash(model, KernelTier.Scalar, threads: 1, chunk: 64, tokens), expected);
        foreach (int threads in new[] { 1, 2, 4 })
        {
            foreach (int chunk in new[] { 1, 7, 64, Positions })
            {
                Assert.Equal(expected, Hash(model, tier, threads, chunk, tokens, precision: KvPrecision.Int8));
            }
        }
    }

    [Theory]
    [MemberData(nameof(ShapesAndTiers))]
    public void Logits_of_4_bit_weights_are_the_same_bits_for_every_tier_thread_count_and_prefill_chunk(string shape, KernelTier tier)
    {
        TestModels.SkipUnlessSupported(tier);
        ModelConfig config = TestModels.Shape(shape);
        using GptModel model = TestModels.Random(config, precision: WeightPrecision.Int4);
        int[] tokens = TestModels.Tokens(config, Positions);
        string expected = Hash(model, KernelTier.Scalar, threads: 1, chunk: 64, tokens);
        foreach (int threads in new[] { 1, 2, 4 })
        {
            foreach (int chunk in new[] { 1, 7, 64, Positions })
            {
                Assert.Equal(expected, Hash(model, tier, threads, chunk, tokens));
            }
        }
    }

    [Fact]
    public void The_hash_notices_one_changed_bit()
    {
        using GptModel model = TestModels.Random(TestModels.Even);
        int[] tokens = TestModels.Tokens(TestModels.Even, Positions);
        string expected = Hash(model, KernelTiers.Select(), 1, 64, tokens);
        Assert.NotEqual(expected, Hash(model, KernelTiers.Select(), 1, 64, tokens, flipBit: true));
        tokens[0] ^= 1;
        Assert.NotEqual(expected, Hash(model, KernelTiers.Select(), 1, 64, tokens));
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(3, 1)]
    [InlineData(8, 2)]
    public void A_session_generates_the_same_bits_alone_and_among_others(int sequences, int threads)
    {
        foreach (ModelConfig config in new[] { TestModels.Even, TestModels.Odd })
        {
            using GptModel model = TestModels.Random(config);
            Dictionary<int, string> alone = [];
            for (int i = 0; i < sequences; i++)
            {
                alone[i] = HashesOfSessions(model, [i], 1, StepBudget.Unlimited)[i];
            }

            int[] all = [.. Enumerable.Range(0, sequences)];
            Assert.Equal(alone, HashesOfSessions(model, all, threads, StepBudget.Unlimited));
            Assert.Equal(alone, HashesOfSessions(model, all, threads, StepBudget.Slices(1)));
            Assert.Equal(alone, HashesOfSessions(model, all, threads, StepBudget.Milliseconds(0.3)));
        }
    }

    private static Dictionary<int, string> HashesOfSessions(GptModel model, int[] numbers, int threads, StepBudget budget)
    {
        using GptEngine engine = new(model, new GptEngineOptions { MaxSequences = numbers.Length, Threads = threads, MaxBatchTokens = 16 });
        Dictionary<GptSession, IncrementalHash> hashes = [];
        engine.ObserveLogits = (session, logits) => hashes[session].AppendData(MemoryMarshal.AsBytes(logits));
        Dictionary<int, GptSession> sessions = [];
        foreach (int number in numbers)
        {
            GptSession session = engine.CreateSession(
                new SamplingOptions { Temperature = 1.3f, TopP = 0.9f, Seed = (ulong)number }, new SessionOptions { MaxNewTokens = 60 - number });
            hashes[session] = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            sessions[number] = session;
            session.Append(TestModels.Tokens(model.Config, 5 + (23 * number), (uint)number));
            engine.Step(StepBudget.OnePass); // they join one after the other
        }

        while (engine.Step(budget) != StepStatus.Idle)
        {
        }

        return sessions.ToDictionary(
            pair => pair.Key,
            pair => Convert.ToHexString(hashes[pair.Value].GetHashAndReset()) + string.Join(',', pair.Value.Tokens.ToArray()));
    }

    private static string Hash(
        GptModel model,
        KernelTier tier,
        int threads,
        int chunk,
        int[] tokens,
        bool flipBit = false,
        KvPrecision precision = KvPrecision.Float32)
    {
        DecoderLimits limits = new(Rows: chunk, LogitRows: chunk, threads);
        using KvArena arena = new(model.Config, KvArena.PagesFor(model.Config.ContextLength), sequences: 1, precision);
        using Decoder decoder = Decoder.Create(tier, model.Config, model.Weights, arena, limits);
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        KvSequence sequence = arena.Sequences[0];
        while (sequence.Length < tokens.Length)
        {
            int first = sequence.Length;
            int count = Math.Min(chunk, tokens.Length - first);
            Assert.True(sequence.TryReserve(count, out _, out _));
            decoder.Rows.Clear();
            for (int position = first; position < first + count; position++)
            {
                decoder.Rows.Add(tokens[position], position, sequence);
                decoder.Rows.WantLogits();
            }

            StepClock clock = StepBudget.Unlimited.Start();
            decoder.Begin();
            Assert.True(decoder.Advance(StepBudget.Unlimited, ref clock, CancellationToken.None));
            sequence.Advance(count);
            for (int i = 0; i < count; i++)
            {
                Span<float> logits = decoder.Logits(i);
                if (flipBit && first + i == Positions / 2)
                {
                    logits[0] = BitConverter.Int32BitsToSingle(BitConverter.SingleToInt32Bits(logits[0]) ^ 1);
                }

                hash.AppendData(MemoryMarshal.AsBytes(logits));
            }
        }

        return Convert.ToHexString(hash.GetHashAndReset());
    }
}
