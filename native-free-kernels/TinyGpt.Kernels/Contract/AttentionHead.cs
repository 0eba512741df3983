namespace TinyGpt.Kernels;

/// <summary>
/// The operands of causal attention for one query of one head over paged keys and values. A page holds 64 positions; within it, at
/// <see cref="KeyOffset"/> and <see cref="ValueOffset"/>, lie 64 × <see cref="HeadStride"/> floats of this layer's and head's keys and
/// values, position after position.
/// </summary>
public readonly unsafe struct AttentionHead
{
    /// <summary>Positions in a page.</summary>
    public const int PositionsPerPage = 64;

    /// <summary>The query: <see cref="HeadStride"/> floats, zeros behind the head size.</summary>
    public float* Query { get; init; }

    /// <summary>The first byte of each page, in order of position.</summary>
    public byte** Pages { get; init; }

    /// <summary>Bytes from a page's start to this head's keys.</summary>
    public nint KeyOffset { get; init; }

    /// <summary>Bytes from a page's start to this head's values.</summary>
    public nint ValueOffset { get; init; }

    /// <summary>Keys to attend to, 1 or more: positions 0 … <c>KeyCount</c> - 1.</summary>
    public int KeyCount { get; init; }

    /// <summary>Floats of a head in all buffers: the head size rounded up to 16.</summary>
    public int HeadStride { get; init; }

    /// <summary>What each score is multiplied with: 1/√(head size).</summary>
    public float ScoreScale { get; init; }

    /// <summary>Scratch: <see cref="KeyCount"/> floats, rounded up to 16.</summary>
    public float* Scores { get; init; }

    /// <summary>The result: <see cref="HeadStride"/> floats.</summary>
    public float* Output { get; init; }
}
