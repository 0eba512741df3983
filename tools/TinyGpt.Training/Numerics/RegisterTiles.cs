using System.Runtime.CompilerServices;

namespace TinyGpt.Training.Numerics;

/// <summary>
/// What a matrix kernel keeps in registers: a tile of the product. Operands come packed: of A, for each k, one float a row; of B, for each
/// k, one float a column.
/// </summary>
internal unsafe interface IRegisterTile
{
    /// <summary>Rows of the tile.</summary>
    static abstract int Rows { get; }

    /// <summary>Columns of the tile.</summary>
    static abstract int Columns { get; }

    /// <summary>Multiplies two packed panels. Each element is one chain of fused multiply-adds, k ascending from zero.</summary>
    /// <param name="a">k × <see cref="Rows"/>.</param>
    /// <param name="b">k × <see cref="Columns"/>.</param>
    /// <param name="depth">How many k; 1 or more.</param>
    /// <param name="c">The tile's first element.</param>
    /// <param name="stride">Floats from row to row of the product.</param>
    /// <param name="accumulate">Whether the chain's end is added to what is there.</param>
    static abstract void Multiply(float* a, float* b, int depth, float* c, nint stride, bool accumulate);
}

/// <summary>
/// 12 rows × 2 vectors: 24 sums, 2 vectors of B and one of A are 27 of 32 registers, and 14 loads feed 24 multiply-adds. For 512-bit
/// vectors and for ARM's 128.
/// </summary>
/// <typeparam name="TVector">A register.</typeparam>
internal readonly unsafe struct TwelveByTwo<TVector> : IRegisterTile
    where TVector : struct, IFloatVector<TVector>
{
    public static int Rows => 12;

    public static int Columns => 2 * TVector.Count;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Multiply(float* a, float* b, int depth, float* c, nint stride, bool accumulate)
    {
        TVector left0 = default, right0 = default;
        TVector left1 = default, right1 = default;
        TVector left2 = default, right2 = default;
        TVector left3 = default, right3 = default;
        TVector left4 = default, right4 = default;
        TVector left5 = default, right5 = default;
        TVector left6 = default, right6 = default;
        TVector left7 = default, right7 = default;
        TVector left8 = default, right8 = default;
        TVector left9 = default, right9 = default;
        TVector left10 = default, right10 = default;
        TVector left11 = default, right11 = default;
        for (; depth > 0; depth--)
        {
            TVector left = TVector.Load(b);
            TVector right = TVector.Load(b + TVector.Count);
            TVector row = TVector.Broadcast(a);
            left0 = TVector.MultiplyAdd(row, left, left0);
            right0 = TVector.MultiplyAdd(row, right, right0);
            row = TVector.Broadcast(a + 1);
            left1 = TVector.MultiplyAdd(row, left, left1);
            right1 = TVector.MultiplyAdd(row, right, right1);
            row = TVector.Broadcast(a + 2);
            left2 = TVector.MultiplyAdd(row, left, left2);
            right2 = TVector.MultiplyAdd(row, right, right2);
            row = TVector.Broadcast(a + 3);
            left3 = TVector.MultiplyAdd(row, left, left3);
            right3 = TVector.MultiplyAdd(row, right, right3);
            row = TVector.Broadcast(a + 4);
            left4 = TVector.MultiplyAdd(row, left, left4);
            right4 = TVector.MultiplyAdd(row, right, right4);
            row = TVector.Broadcast(a + 5);
            left5 = TVector.MultiplyAdd(row, left, left5);
            right5 = TVector.MultiplyAdd(row, right, right5);
            row = TVector.Broadcast(a + 6);
            left6 = TVector.MultiplyAdd(row, left, left6);
            right6 = TVector.MultiplyAdd(row, right, right6);
            row = TVector.Broadcast(a + 7);
            left7 = TVector.MultiplyAdd(row, left, left7);
            right7 = TVector.MultiplyAdd(row, right, right7);
            row = TVector.Broadcast(a + 8);
            left8 = TVector.MultiplyAdd(row, left, left8);
            right8 = TVector.MultiplyAdd(row, right, right8);
            row = TVector.Broadcast(a + 9);
            left9 = TVector.MultiplyAdd(row, left, left9);
            right9 = TVector.MultiplyAdd(row, right, right9);
            row = TVector.Broadcast(a + 10);
            left10 = TVector.MultiplyAdd(row, left, left10);
            right10 = TVector.MultiplyAdd(row, right, right10);
            row = TVector.Broadcast(a + 11);
            left11 = TVector.MultiplyAdd(row, left, left11);
            right11 = TVector.MultiplyAdd(row, right, right11);
            a += 12;
            b += 2 * TVector.Count;
        }

        Finish(c, left0, right0, accumulate);
        Finish(c + stride, left1, right1, accumulate);
        Finish(c + (2 * stride), left2, right2, accumulate);
        Finish(c + (3 * stride), left3, right3, accumulate);
        Finish(c + (4 * stride), left4, right4, accumulate);
        Finish(c + (5 * stride), left5, right5, accumulate);
        Finish(c + (6 * stride), left6, right6, accumulate);
        Finish(c + (7 * stride), left7, right7, accumulate);
        Finish(c + (8 * stride), left8, right8, accumulate);
        Finish(c + (9 * stride), left9, right9, accumulate);
        Finish(c + (10 * stride), left10, right10, accumulate);
        Finish(c + (11 * stride), left11, right11, accumulate);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Finish(float* c, TVector left, TVector right, bool accumulate)
    {
        if (accumulate)
        {
            left = TVector.Add(TVector.Load(c), left);
            right = TVector.Add(TVector.Load(c + TVector.Count), right);
        }

        TVector.Store(c, left);
        TVector.Store(c + TVector.Count, right);
    }
}

/// <summary>4 rows × 3 vectors: 12 sums, 3 vectors of B and one of A fill 16 registers. For 256-bit vectors.</summary>
/// <typeparam name="TVector">A register.</typeparam>
internal readonly unsafe struct FourByThree<TVector> : IRegisterTile
    where TVector : struct, IFloatVector<TVector>
{
    public static int Rows => 4;

    public static int Columns => 3 * TVector.Count;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Multiply(float* a, float* b, int depth, float* c, nint stride, bool accumulate)
    {
        TVector left0 = default, middle0 = default, right0 = default;
        TVector left1 = default, middle1 = default, right1 = default;
        TVector left2 = default, middle2 = default, right2 = default;
        TVector left3 = default, middle3 = default, right3 = default;
        for (; depth > 0; depth--)
        {
            TVector left = TVector.Load(b);
            TVector middle = TVector.Load(b + TVector.Count);
            TVector right = TVector.Load(b + (2 * TVector.Count));
            TVector row = TVector.Broadcast(a);
            left0 = TVector.MultiplyAdd(row, left, left0);
            middle0 = TVector.MultiplyAdd(row, middle, middle0);
            right0 = TVector.MultiplyAdd(row, right, right0);
            row = TVector.Broadcast(a + 1);
            left1 = TVector.MultiplyAdd(row, left, left1);
            middle1 = TVector.MultiplyAdd(row, middle, middle1);
            right1 = TVector.MultiplyAdd(row, right, right1);
            row = TVector.Broadcast(a + 2);
            left2 = TVector.MultiplyAdd(row, left, left2);
            middle2 = TVector.MultiplyAdd(row, middle, middle2);
            right2 = TVector.MultiplyAdd(row, right, right2);
            row = TVector.Broadcast(a + 3);
            left3 = TVector.MultiplyAdd(row, left, left3);
            middle3 = TVector.MultiplyAdd(row, middle, middle3);
            right3 = TVector.MultiplyAdd(row, right, right3);
            a += 4;
            b += 3 * TVector.Count;
        }

        Finish(c, left0, middle0, right0, accumulate);
        Finish(c + stride, left1, middle1, right1, accumulate);
        Finish(c + (2 * stride), left2, middle2, right2, accumulate);
        Finish(c + (3 * stride), left3, middle3, right3, accumulate);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Finish(float* c, TVector left, TVector middle, TVector right, bool accumulate)
    {
        if (accumulate)
        {
            left = TVector.Add(TVector.Load(c), left);
            middle = TVector.Add(TVector.Load(c + TVector.Count), middle);
            right = TVector.Add(TVector.Load(c + (2 * TVector.Count)), right);
        }

        TVector.Store(c, left);
        TVector.Store(c + TVector.Count, middle);
        TVector.Store(c + (2 * TVector.Count), right);
    }
}
