using System.Runtime.CompilerServices;

namespace TinyGpt.Kernels;

/// <summary>A place in <see cref="QuantizedRows"/>: one group of one row, and the step to the row's next group.</summary>
internal unsafe struct GroupCursor
{
    private readonly int _rowsInTile;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public GroupCursor(in QuantizedRows rows, int row, int group)
    {
        Quads = rows.Locate(row, group, out int quadStride, out nint scaleIndex);
        QuadStride = quadStride;
        Scale = rows.Scales + scaleIndex;
        Sum = rows.Sums + scaleIndex;
        _rowsInTile = quadStride / PanelLayout.InputsPerQuad;
    }

    /// <summary>The group's first quad.</summary>
    public sbyte* Quads { get; private set; }

    /// <summary>Bytes from quad to quad.</summary>
    public int QuadStride { get; }

    /// <summary>The group's scale.</summary>
    public float* Scale { get; private set; }

    /// <summary>The sum of the group's quantized values.</summary>
    public int* Sum { get; private set; }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void MoveNext()
    {
        Quads += PanelLayout.QuadsPerGroup * QuadStride;
        Scale += _rowsInTile;
        Sum += _rowsInTile;
    }
}
