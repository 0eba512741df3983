using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using TinyGpt.Decoding;
using ArmIntrinsics = System.Runtime.Intrinsics.Arm;
using X86Intrinsics = System.Runtime.Intrinsics.X86;

namespace TinyGpt.Measuring;

/// <summary>What the measurements run on, as far as it can be known without native calls.</summary>
public static class Machine
{
    private const long AssumedCacheBytes = 32L << 20;
    private const double SpinSeconds = 0.1;

    private static readonly string[] NameKeys = ["model name", "Model", "Hardware"];

    /// <summary>The processor's name, or its architecture where the system does not tell.</summary>
    public static string ProcessorName { get; } = ReadProcessorName();

    /// <summary>The processor, its count of threads, the system and the runtime in one line.</summary>
    public static string Description { get; } = string.Create(
        CultureInfo.InvariantCulture,
        $"{ProcessorName}, {Environment.ProcessorCount} threads, ")
        + $"{RuntimeInformation.OSDescription}, {RuntimeInformation.FrameworkDescription}";

    /// <summary>How many threads an engine should have here, and why.</summary>
    public static string ThreadAdvice { get; } = string.Create(
        CultureInfo.InvariantCulture, $"{GptEngineOptions.RecommendedThreads} for an engine ({ProcessorTopology.Current.Reason})");

    /// <summary>The size of the largest cache; where the system does not tell, 32 MiB.</summary>
    public static long LastLevelCacheBytes { get; } = ReadLastLevelCache();

    /// <summary>The instruction sets that matter here and that this process may use.</summary>
    public static IReadOnlyList<string> Features { get; } = ListFeatures();

    /// <summary>
    /// How much of all processors this process gets when it asks for them, 0 … 1: every thread spins for a moment, and its processor
    /// time is compared with the clock. Well below 1, something else is computing, and a measurement means little.
    /// </summary>
    public static double MeasureFreeShare()
    {
        TimeSpan before = ProcessorTime;
        double seconds = ThreadedTimer.Time(Environment.ProcessorCount, 1, _ =>
        {
            long start = Stopwatch.GetTimestamp();
            while (Stopwatch.GetElapsedTime(start).TotalSeconds < SpinSeconds)
            {
                Thread.SpinWait(100);
            }
        })[0];
        return Math.Min(1, (ProcessorTime - before).TotalSeconds / (seconds * Environment.ProcessorCount));
    }

    /// <summary>The processor time that this process has used on all its threads.</summary>
    internal static TimeSpan ProcessorTime
    {
        get
        {
            using Process process = Process.GetCurrentProcess();
            return process.TotalProcessorTime;
        }
    }

    private static string ReadProcessorName()
    {
        try
        {
            foreach (string line in File.ReadLines("/proc/cpuinfo"))
            {
                int colon = line.IndexOf(':', StringComparison.Ordinal);
                if (colon > 0 && NameKeys.Contains(line[..colon].Trim()) && line[(colon + 1)..].Trim() is { Length: > 0 } name)
                {
                    return name;
                }
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // Not Linux, or not to be read: the next best source.
        }

        return Environment.GetEnvironmentVariable("PROCESSOR_IDENTIFIER") ?? RuntimeInformation.ProcessArchitecture.ToString();
    }

    private static long ReadLastLevelCache()
    {
        long largest = 0;
        try
        {
            foreach (string cache in Directory.EnumerateDirectories("/sys/devices/system/cpu/cpu0/cache", "index*"))
            {
                string size = File.ReadAllText(Path.Combine(cache, "size")).Trim();
                int unit = size.EndsWith('K') ? 10 : size.EndsWith('M') ? 20 : 0;
                if (long.TryParse(size.TrimEnd('K', 'M'), CultureInfo.InvariantCulture, out long count))
                {
                    largest = Math.Max(largest, count << unit);
                }
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // Not Linux, or a system that hides its caches.
        }

        return largest > 0 ? largest : AssumedCacheBytes;
    }

    private static string[] ListFeatures()
    {
        (string Name, bool Supported)[] features =
        [
            ("SSE4.2", X86Intrinsics.Sse42.IsSupported),
            ("AVX", X86Intrinsics.Avx.IsSupported),
            ("AVX2", X86Intrinsics.Avx2.IsSupported),
            ("FMA3", X86Intrinsics.Fma.IsSupported),
            ("AVX-VNNI", X86Intrinsics.AvxVnni.IsSupported),
            ("AVX-512F", X86Intrinsics.Avx512F.IsSupported),
            ("AVX-512BW", X86Intrinsics.Avx512BW.IsSupported),
            ("AVX-512DQ", X86Intrinsics.Avx512DQ.IsSupported),
            ("AVX-512VL", X86Intrinsics.Avx512F.VL.IsSupported),
            ("AVX-512VBMI", X86Intrinsics.Avx512Vbmi.IsSupported),
            ("AdvSimd", ArmIntrinsics.AdvSimd.Arm64.IsSupported),
            ("DotProd", ArmIntrinsics.Dp.Arm64.IsSupported),
        ];
        return [.. features.Where(feature => feature.Supported).Select(feature => feature.Name)];
    }
}
