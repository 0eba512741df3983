using System.Runtime.CompilerServices;
using TinyGpt.Kernels.Contract;

namespace TinyGpt.Kernels.Lanes;

/// <summary>A place in <see cref="QuantizedActivations"/>: one group of one token, and the step to the token's next group.</summary>
internal unsafe struct GroupCursor
{
    private readonly int _rowsInTile;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public GroupCursor(in QuantizedActivations tokens, int token, int group)
    {
        KBlocks = tokens.Locate(token, group, out int kBlockStride, out nint scaleIndex);
        KBlockStride = kBlockStride;
        Scale = tokens.Scales + scaleIndex;
        Sum = tokens.Sums + scaleIndex;
        _rowsInTile = kBlockStride / PanelLayout.InputsPerKBlock;
    }

    /// <summary>The group's first k-block.</summary>
    public sbyte* KBlocks { get; private set; }

    /// <summary>Bytes from k-block to k-block.</summary>
    public int KBlockStride { get; }

    /// <summary>The group's scale.</summary>
    public float* Scale { get; private set; }

    /// <summary>The sum of the group's quantized values.</summary>
    public int* Sum { get; private set; }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void MoveNext()
    {
        KBlocks += PanelLayout.KBlocksPerGroup * KBlockStride;
        Scale += _rowsInTile;
        Sum += _rowsInTile;
    }
}
