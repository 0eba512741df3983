namespace TinyGpt.Kernels.Tests;

/// <summary>Attention over up to three pages that hold exactly one head.</summary>
internal static unsafe class AttentionSweep
{
    private const int LargestKeyCount = 130;
    private const int LargestHeadStride = 128;

    public static void Run<TKernels>(CallRecord record)
        where TKernels : struct, IKernels
    {
        Random random = new(6);
        foreach (GuardedEdge edge in SweptLengths.Edges)
        {
            for (int headStride = 16; headStride <= LargestHeadStride; headStride += 16)
            {
                foreach (bool keysFirst in new[] { true, false })
                {
                    using GuardedHead head = new(random, headStride, keysFirst, edge);
                    for (int keys = 1; keys <= LargestKeyCount; keys++)
                    {
                        head.Append(random);
                        for (int queries = 1; queries <= Math.Min(keys, AttentionHead.MostQueries); queries++)
                        {
                            string detail = $"{queries} queries, head stride {headStride}, {(keysFirst ? "keys" : "values")} first";
                            Compare<TKernels>(record, head, keys, queries, edge, detail);
                        }
                    }
                }
            }
        }
    }

    private static void Compare<TKernels>(CallRecord record, GuardedHead head, int keys, int queries, GuardedEdge edge, string detail)
        where TKernels : struct, IKernels
    {
        using GuardedBuffer<float> scores = head.NewScores(queries);
        using GuardedBuffer<float> actual = head.NewOutput(queries);
        using GuardedBuffer<float> expected = head.NewOutput(queries);
        record.Begin(nameof(IKernels.Attend), keys, edge, detail);
        TKernels.Attend(head.Over(queries, scores, actual));
        record.AssertIntact(scores, "scores");
        record.BeginReference();
        ScalarKernels.Attend(head.Over(queries, scores, expected));
        record.AssertSameBits(expected, actual, "output");
        record.AssertNumbers(actual, "output");
    }
}
