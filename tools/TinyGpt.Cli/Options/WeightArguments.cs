using System.CommandLine;
using TinyGpt.Kernels;

namespace TinyGpt.Cli.Options;

/// <summary>Makes the option that says how a packed model holds its weights.</summary>
internal static class WeightArguments
{
    /// <summary>Makes the option <c>--bits</c>.</summary>
    public static Option<int> CreateBits() => NumberOption.Create(
        "--bits",
        "Bits of a weight in the blocks' matrices: 8, or 4 for about half the size and lower quality. Embedding and head always have 8.",
        8,
        bits => bits is 4 or 8,
        "4 or 8");

    public static WeightPrecision PrecisionOf(int bits) => bits == 4 ? WeightPrecision.Int4 : WeightPrecision.Int8;
}
