using TinyGpt.Kernels.Memory;

namespace TinyGpt.Training.Tests;

/// <summary>Floats outside the managed heap for calls that take pointers, with guards after each array that must not change.</summary>
internal sealed unsafe class NativeFloats : IDisposable
{
    private const int Guards = 16;
    private const float Guard = 12345.678f;
    private const long Capacity = 1 << 24;

    private readonly NativeArena _arena = new(Capacity);
    private readonly List<(nint Address, int Count)> _arrays = [];
    private readonly Random _random;

    public NativeFloats(int seed) => _random = new Random(seed);

    /// <summary>Random numbers in [-<paramref name="largest"/>, <paramref name="largest"/>).</summary>
    public float* Random(int count, double largest = 1)
    {
        float* array = Zeros(count);
        for (int i = 0; i < count; i++)
        {
            array[i] = (float)(((_random.NextDouble() * 2) - 1) * largest);
        }

        return array;
    }

    public float* Zeros(int count)
    {
        float* array = _arena.TakeFloats(count + Guards);
        new Span<float>(array + count, Guards).Fill(Guard);
        _arrays.Add(((nint)array, count));
        return array;
    }

    /// <summary>A copy in float64.</summary>
    public static double[] Doubles(float* array, int count)
    {
        double[] copy = new double[count];
        for (int i = 0; i < count; i++)
        {
            copy[i] = array[i];
        }

        return copy;
    }

    /// <summary>Fails if anything was written after an array.</summary>
    public void AssertGuards() => Assert.All(_arrays, array =>
        Assert.All(new Span<float>((float*)array.Address + array.Count, Guards).ToArray(), value => Assert.Equal(Guard, value)));

    public void Dispose() => _arena.Dispose();
}
