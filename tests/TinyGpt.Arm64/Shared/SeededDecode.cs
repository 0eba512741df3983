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

    /// <summary>Where a forked run leaves its first sequence: inside a page, so that the page has to be copied.</summary>
    public const int ForkAt = 91;

    /// <summary>Computes the logits of every position.</summary>
    /// <param name="model">The model.</param>
    /// <param name="chunk">Rows of a pass, 1 or more; never changes the result.</param>
    /// <param name="forkAt">
    /// Where the run goes on in a second sequence that shares the first one's pages, or 0; never changes the result.
    /// </param>
    public static ulong Hash<TKernels>(SeededModel model, int chunk, int forkAt = 0)
        where TKernels : struct, IKernels
    {
        ModelConfig config = model.Config;
        DecoderLimits limits = new(Rows: chunk, LogitRows: chunk, Threads: 1);
        using KvArena arena = new(config, 2 * KvArena.PagesFor(config.ContextLength), sequences: 2);
        using Decoder<TKernels> decoder = new(config, model.Weights, arena, limits);
        KvSequence sequence = arena.Sequences[0];
        SeededNumbers tokens = new(7);
        BitHash hash = new();
        while (sequence.Length < Positions)
        {
            int first = sequence.Length;
            int count = Math.Min(chunk, (first < forkAt ? forkAt : Positions) - first);
            sequence.TryReserve(count, out PageCopy copy, out bool copies);
            decoder.Rows.Clear();
            if (copies)
            {
                decoder.Rows.AddCopy(copy);
            }

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

            if (sequence.Length == forkAt)
            {
                arena.Sequences[1].Share(sequence, forkAt);
                sequence = arena.Sequences[1];
            }
        }

        return hash.Value;
    }
}
