namespace TinyGpt.Kernels.Tests;

/// <summary>The lengths that the sweeps go through: all small ones, the neighbours of whole groups, and those of real models.</summary>
internal static class SweptLengths
{
    /// <summary>For operations that may have nothing to do.</summary>
    public static readonly int[] FromZero =
        [.. Enumerable.Range(0, 66), .. Enumerable.Range(127, 3), .. Enumerable.Range(255, 3), 768, 3072];

    /// <summary>For operations whose contract asks for one or more.</summary>
    public static readonly int[] FromOne = FromZero[1..];

    public static readonly GuardedEdge[] Edges = [GuardedEdge.Start, GuardedEdge.End];

    /// <summary>A row in a tile of each height: 7 rows are tiles of 4 and 3, 13 rows are tiles of 5, 4 and 4.</summary>
    public static readonly (int Rows, int Row)[] Rows = [(1, 0), (2, 1), (6, 5), (7, 6), (13, 0), (13, 12)];
}
