using TinyGpt.Kernels.Contract;
using TinyGpt.Kernels.Scalar;

namespace TinyGpt.Kernels.Tests;

/// <summary>Embeddings of the first and last tokens of panels, with and without a position.</summary>
internal static unsafe class EmbeddingSweep
{
    /// <summary>A whole panel and one that holds a single token.</summary>
    private const int Tokens = 17;

    public static void Run<TKernels>(CallRecord record)
        where TKernels : struct, IKernels
    {
        Random random = new(4);
        foreach (GuardedEdge edge in SweptLengths.Edges)
        {
            foreach (int columns in SweptLengths.FromOne)
            {
                foreach (int tokens in new[] { Tokens - 1, Tokens })
                {
                    using GuardedMatrix embedding = new(random, tokens, columns, edge);
                    using GuardedBuffer<float> position = GuardedFloats.SealedPadded(random, columns, edge);
                    foreach (int token in new[] { 0, 7, tokens - 1 })
                    {
                        Compare<TKernels>(record, embedding.View, token, position.Pointer, edge);
                        Compare<TKernels>(record, embedding.View, token, null, edge);
                    }
                }
            }
        }
    }

    private static void Compare<TKernels>(CallRecord record, in PackedMatrix embedding, int token, float* position, GuardedEdge edge)
        where TKernels : struct, IKernels
    {
        int padded = embedding.Groups * PanelLayout.InputsPerGroup;
        using GuardedBuffer<float> actual = new(padded, edge);
        using GuardedBuffer<float> expected = new(padded, edge);
        record.Begin(
            nameof(IKernels.Embed),
            embedding.Inputs,
            edge,
            $"token {token} of {embedding.Outputs}, {(position == null ? "no position" : "position")}");
        TKernels.Embed(embedding, token, position, actual.Pointer);
        record.BeginReference();
        ScalarKernels.Embed(embedding, token, position, expected.Pointer);
        record.AssertSameBits(expected, actual, "destination");
    }
}
