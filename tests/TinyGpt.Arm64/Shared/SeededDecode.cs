using TinyGpt.Cache;
using TinyGpt.Decoding;
using TinyGpt.Kernels.Contract;
using TinyGpt.Sampling;

namespace TinyGpt.Arm64;

/// <summary>
/// The product's own decoder over a seeded model, with one thread: one hash of all logits of seeded tokens, and one of the tokens that the
/// sampler chooses. Compiled for the tests on this machine's own processor and for ARM, where the hashes have to be the same.
/// </summary>
internal static class SeededDecode
{
    /// <summary>Tokens in a run: more than three pages of keys and values.</summary>
    public const int Positions = 200;

    /// <summary>Where a forked run leaves its first sequence: inside a page, so that the page has to be copied.</summary>
    public const int ForkAt = 91;

    private const ulong Seed = 7;

    /// <summary>Computes the logits of every position of seeded tokens.</summary>
    /// <param name="model">The model.</param>
    /// <param name="chunk">Rows of a pass, 1 or more; never changes the result.</param>
    /// <param name="forkAt">
    /// Where the run goes on in a second sequence that shares the first one's pages, or 0; never changes the result.
    /// </param>
    /// <returns>The hash of the logits.</returns>
    public static ulong Hash<TKernels>(SeededModel model, int chunk, int forkAt = 0)
        where TKernels : struct, IKernels
    {
        using KvArena arena = TakeArena(model);
        using Decoder decoder = TakeDecoder<TKernels>(model, arena, chunk);
        KvSequence sequence = arena.Sequences[0];
        SeededNumbers numbers = new(Seed);
        Span<int> tokens = stackalloc int[Positions];
        foreach (ref int token in tokens)
        {
            token = numbers.Next(model.Config.VocabularySize);
        }

        BitHash hash = new();
        while (sequence.Length < Positions)
        {
            int count = Math.Min(chunk, (sequence.Length < forkAt ? forkAt : Positions) - sequence.Length);
            Pass(decoder, sequence, tokens.Slice(sequence.Length, count));
            for (int i = 0; i < count; i++)
            {
                hash.Add(decoder.Logits(i));
            }

            if (sequence.Length == forkAt)
            {
                arena.Sequences[1].Share(sequence, forkAt);
                sequence = arena.Sequences[1];
            }
        }

        return hash.Value;
    }

    /// <summary>Generates from one token on, half of the way with the one selection and half with the other.</summary>
    /// <param name="model">The model.</param>
    /// <returns>The hash of the tokens.</returns>
    public static ulong GenerationHash<TKernels>(SeededModel model)
        where TKernels : struct, IKernels
    {
        SamplingOptions mass = new() { Temperature = 1.1f, TopP = 0.9f, RepetitionPenalty = 1.1f, FrequencyPenalty = 0.125f };
        SamplingOptions count = new() { Temperature = 0.9f, TopK = 12, MinP = 0.02f, PresencePenalty = 0.25f };
        using KvArena arena = TakeArena(model);
        using Decoder decoder = TakeDecoder<TKernels>(model, arena, 1);
        KvSequence sequence = arena.Sequences[0];
        Sampler sampler = new(new LogitKernels<TKernels>(), model.Config.VocabularySize);
        DeterministicRandom random = new(Seed);
        Span<int> tokens = stackalloc int[Positions + 1];
        tokens.Clear();
        BitHash hash = new();
        while (sequence.Length < Positions)
        {
            Pass(decoder, sequence, tokens.Slice(sequence.Length, 1));
            SamplingOptions options = sequence.Length <= Positions / 2 ? mass : count;
            int token = sampler.Choose(options, decoder.Logits(0), tokens[..sequence.Length], ref random);
            tokens[sequence.Length] = token;
            hash.Add(BitConverter.GetBytes(token));
        }

        return hash.Value;
    }

    private static KvArena TakeArena(SeededModel model) =>
        new(model.Config, 2 * KvArena.PagesFor(model.Config.ContextLength), sequences: 2);

    private static Decoder<TKernels> TakeDecoder<TKernels>(SeededModel model, KvArena arena, int chunk)
        where TKernels : struct, IKernels =>
        new(model.Config, model.Weights, arena, new DecoderLimits(Rows: chunk, LogitRows: chunk, Threads: 1));

    /// <summary>Computes the next positions of a sequence, and the logits of all of them.</summary>
    private static void Pass(Decoder decoder, KvSequence sequence, ReadOnlySpan<int> tokens)
    {
        sequence.TryReserve(tokens.Length, out PageCopy copy, out bool copies);
        decoder.Rows.Clear();
        if (copies)
        {
            decoder.Rows.AddCopy(copy);
        }

        for (int i = 0; i < tokens.Length; i++)
        {
            decoder.Rows.Add(tokens[i], sequence.Length + i, sequence);
            decoder.Rows.WantLogits();
        }

        StepClock clock = StepBudget.Unlimited.Start();
        decoder.Begin();
        decoder.Advance(StepBudget.Unlimited, ref clock, CancellationToken.None);
        sequence.Advance(tokens.Length);
    }
}
