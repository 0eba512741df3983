using TinyGpt.Cache;
using TinyGpt.Kernels;
using TinyGpt.Model;

namespace TinyGpt.Arm64;

/// <summary>
/// The product's own decoder over a seeded model and seeded tokens, with one thread: one hash of all logits. Compiled for the tests on this
/// machine's own processor and for ARM, where the hash has to be the same.
/// </summary>
internal static class SeededDecode
{
    /// <summary>Tokens in a run: more than three pages of keys and values.</summary>
    public const int Positions = 200;

    /// <summary>The hash that every tier on every processor gives for <see cref="SeededModel.Even"/>.</summary>
    public const ulong EvenHash = 0;

    /// <summary>The hash that every tier on every processor gives for <see cref="SeededModel.Odd"/>.</summary>
    public const ulong OddHash = 0;

    /// <summary>Computes the logits of every position.</summary>
    /// <param name="model">The model.</param>
    /// <param name="chunk">Rows of a pass, 1 or more; never changes the result.</param>
    public static ulong Hash<TKernels>(SeededModel model, int chunk)
        where TKernels : struct, IKernels
    {
        ModelConfig config = model.Config;
        DecoderLimits limits = new(Rows: chunk, LogitRows: chunk, Threads: 1);
        using KvArena arena = new(config, KvArena.PagesFor(config.ContextLength), sequences: 1);
        using Decoder<TKernels> decoder = new(config, model.Weights, arena, limits);
        KvSequence sequence = arena.Sequences[0];
        SeededNumbers tokens = new(7);
        BitHash hash = new();
        while (sequence.Length < Positions)
        {
            int first = sequence.Length;
            int count = Math.Min(chunk, Positions - first);
            sequence.TryReserve(count, out _, out _);
            decoder.Rows.Clear();
            for (int position = first; position < first + count; position++)
            {
                decoder.Rows.Add(tokens.Next(config.VocabularySize), position, sequence);
                decoder.Rows.WantLogits();
            }

            StepClock clock = StepBudget.Unlimited.Start();
            decoder.Begin();
            decoder.Advance(StepBudget.Unlimited, ref clock, CancellationToken.None);
            sequence.Advance(count);
            for (int i = 0; i < count; i++)
            {
                hash.Add(decoder.Logits(i));
            }
        }

        return hash.Value;
    }
}
