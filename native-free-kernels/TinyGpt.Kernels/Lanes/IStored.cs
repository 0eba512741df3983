using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace TinyGpt.Kernels.Lanes;

/// <summary>How the cache stores a channel. It is a type, so that one source of the weighted sum is compiled for each.</summary>
internal unsafe interface IStored
{
    static abstract int Bytes { get; }

    /// <summary>Loads 16 channels as floats; exact.</summary>
    static abstract TLanes Load<TLanes>(byte* source)
        where TLanes : struct, ILanes<TLanes>;
}

/// <summary>float32.</summary>
internal readonly unsafe struct StoredFloat : IStored
{
    public static int Bytes => sizeof(float);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TLanes Load<TLanes>(byte* source)
        where TLanes : struct, ILanes<TLanes> => TLanes.Load((float*)source);
}

/// <summary>int8, whose scale is already in the weight.</summary>
internal readonly unsafe struct StoredInt8 : IStored
{
    public static int Bytes => sizeof(sbyte);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TLanes Load<TLanes>(byte* source)
        where TLanes : struct, ILanes<TLanes> => TLanes.FromQuantized(Vector128.Load((sbyte*)source));
}
