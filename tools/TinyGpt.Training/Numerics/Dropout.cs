using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace TinyGpt.Training.Numerics;

/// <summary>
/// Dropout whose choice is a function of a key and an element's index, so that the backward pass makes it again instead of keeping it,
/// and no order of threads changes it. Four elements share the 64 bits that SplitMix64 (Steele, Lea and Flood, 2014) makes of an index.
/// </summary>
internal readonly unsafe struct Dropout
{
    private const int ElementsPerNumber = 4;
    private const int Elements = 2 * ElementsPerNumber;

    private readonly ulong _key;
    private readonly ushort _threshold;
    private readonly float _scale;

    /// <summary>Makes a choice.</summary>
    /// <param name="share">The share that becomes 0, in [0, 1), in steps of 2⁻¹⁶; what is kept is scaled up by 1/(1 - share).</param>
    /// <param name="key">Which choice.</param>
    public Dropout(float share, ulong key)
    {
        _key = key;
        _threshold = (ushort)Math.Clamp(MathF.Round(share * 65536f), 0f, 65535f);
        _scale = 65536f / (65536 - _threshold);
    }

    /// <summary>Whether anything is dropped.</summary>
    public bool IsActive => _threshold != 0;

    /// <summary>Drops and scales values in place.</summary>
    /// <param name="values">The values.</param>
    /// <param name="count">How many.</param>
    /// <param name="first">The first one's index, a multiple of 8.</param>
    public void Apply(float* values, int count, long first)
    {
        Vector128<ushort> threshold = Vector128.Create(_threshold);
        Vector128<float> scale = Vector128.Create(_scale);
        ulong number = (ulong)first / ElementsPerNumber;
        int i = 0;
        for (; i + Elements <= count; i += Elements)
        {
            Vector128<short> kept = Kept(number, threshold);
            (Vector128<int> low, Vector128<int> high) = Vector128.Widen(kept);
            (Vector128.Load(values + i) * scale & low.AsSingle()).Store(values + i);
            (Vector128.Load(values + i + 4) * scale & high.AsSingle()).Store(values + i + 4);
            number += 2;
        }

        if (i < count)
        {
            Vector128<short> kept = Kept(number, threshold);
            for (int j = 0; i < count; i++, j++)
            {
                values[i] = kept[j] == 0 ? 0f : values[i] * _scale;
            }
        }
    }

    /// <summary>A number without visible relation to its argument.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Mix(ulong value)
    {
        value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9;
        value = (value ^ (value >> 27)) * 0x94D049BB133111EB;
        return value ^ (value >> 31);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Vector128<short> Kept(ulong number, Vector128<ushort> threshold)
    {
        const ulong Golden = 0x9E3779B97F4A7C15;
        Vector128<ushort> bits = Vector128.Create(Mix(_key + (number * Golden)), Mix(_key + ((number + 1) * Golden))).AsUInt16();
        return Vector128.GreaterThanOrEqual(bits, threshold).AsInt16();
    }
}
