namespace TinyGpt.Kernels.Contract;

/// <summary>
/// The operands of causal attention for the queries of up to four consecutive positions of one sequence and one head, over paged keys and
/// values. A page holds 64 positions; within it, at <see cref="KeyOffset"/> and <see cref="ValueOffset"/>, lie
/// 64 × <see cref="PaddedHeadSize"/> floats of this layer's and head's keys and values, position after position. Quantized ones are
/// 64 × <see cref="PaddedHeadSize"/> int8, followed by 64 floats: the scale of each position.
/// </summary>
internal readonly unsafe struct AttentionHead
{
    /// <summary>Positions in a page.</summary>
    public const int PositionsPerPage = 64;

    /// <summary>The maximum number of queries of one call.</summary>
    public const int MaxQueries = 4;

    /// <summary>One query; everything else is zero until it is set.</summary>
    public AttentionHead()
    {
    }

    /// <summary>How many queries, 1 … <see cref="MaxQueries"/>.</summary>
    public int Queries { get; init; } = 1;

    /// <summary>The first query: <see cref="PaddedHeadSize"/> floats, zeros after the head size.</summary>
    public float* Query { get; init; }

    /// <summary>Floats from one query to the next.</summary>
    public nint QueryStride { get; init; }

    /// <summary>The first byte of each page, in order of position.</summary>
    public byte** Pages { get; init; }

    /// <summary>Bytes from a page's start to this head's keys.</summary>
    public nint KeyOffset { get; init; }

    /// <summary>Bytes from a page's start to this head's values.</summary>
    public nint ValueOffset { get; init; }

    /// <summary>
    /// Keys that the first query attends to, 1 or more: positions 0 … <c>KeyCount</c> - 1. Each query attends to one more than the one
    /// before it; the keys and values of all of them are there.
    /// </summary>
    public int KeyCount { get; init; }

    /// <summary>
    /// The maximum number of keys that a query attends to, its latest, 1 or more. Earlier ones get weight zero but must be readable.
    /// </summary>
    public int Window { get; init; } = int.MaxValue;

    /// <summary>Channels of a head in all buffers: the head size rounded up to 16.</summary>
    public int PaddedHeadSize { get; init; }

    /// <summary>What each attention score is multiplied by, such as 1/√(head size).</summary>
    public float ScoreScale { get; init; }

    /// <summary>Scratch: for each query as many floats as the last query has keys, rounded up to 16.</summary>
    public float* AttentionScores { get; init; }

    /// <summary>Scratch of <see cref="IKernels.AttendQuantized"/>: <see cref="Queries"/> × <see cref="PaddedHeadSize"/> int16.</summary>
    public short* QuantizedQueries { get; init; }

    /// <summary>Floats from the attention scores of one query to those of the next.</summary>
    public nint AttentionScoresStride { get; init; }

    /// <summary>The first query's result: <see cref="PaddedHeadSize"/> floats.</summary>
    public float* Output { get; init; }

    /// <summary>Floats from one result to the next.</summary>
    public nint OutputStride { get; init; }

    /// <summary>The first key that a query attends to; those before it are outside its window.</summary>
    /// <param name="query">The query's index.</param>
    internal int FirstKey(int query) => Math.Max(0, KeyCount + query - Window);
}
