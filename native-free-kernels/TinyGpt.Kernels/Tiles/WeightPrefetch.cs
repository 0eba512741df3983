using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;
using TinyGpt.Kernels.Contract;

namespace TinyGpt.Kernels.Tiles;

/// <summary>
/// Asks for the weights of the next panel while this one is multiplied. With several tokens a panel takes so long to compute that the
/// processor does not look far enough ahead by itself, and every panel would begin by waiting for memory. The requests are spread
/// evenly over the tiles and their groups: a burst would fill the queue of misses and hold up the loads that are needed now. One token
/// alone does not ask here: it gains nothing on AVX-VNNI, and AVX2 asks inside its loop. A request for an address that does not exist
/// does nothing.
/// </summary>
internal static unsafe class WeightPrefetch
{
    private const int CacheLine = 64;

    // With one tile, a panel's groups are wanted soon after each other: eight of them ahead.
    private const int SingleTileGroups = 8;

    /// <summary>Bytes that each group asks for, so that all tiles together ask for a whole panel.</summary>
    public static int BytesInGroup(in PackedMatrix weights, int tiles) => ((weights.GroupBytes / CacheLine) + tiles - 1) / tiles * CacheLine;

    /// <summary>Where a tile begins to ask.</summary>
    public static byte* Start(in PackedMatrix weights, int panel, int tile, int tiles) => tiles == 1
        ? weights.Panel(panel) + (SingleTileGroups * weights.GroupBytes)
        : weights.Panel(panel + 1) + ((nint)tile * weights.Groups * BytesInGroup(weights, tiles));

    /// <summary>Asks for one group's share and moves on.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Next(ref byte* ahead, int bytes)
    {
        for (byte* end = ahead + bytes; ahead < end; ahead += CacheLine)
        {
            Sse.Prefetch1(ahead);
        }
    }
}
