using System.Globalization;
using TinyGpt.Arm64;
using TinyGpt.Kernels;
using TinyGpt.Kernels.Contract;
using TinyGpt.Kernels.X86Avx2;
using TinyGpt.Kernels.X86Avx512;
using TinyGpt.Kernels.X86AvxVnni;

namespace TinyGpt.Emulated;

/// <summary>
/// Runs everything that <c>tests/TinyGpt.Arm64</c> runs, on the x86 tiers of the processor that it finds. The arguments name the tiers that
/// the processor has to have; one more or one fewer is a failure, because a tier that is not there would otherwise pass unexecuted. The word
/// <c>int4</c> among them leaves out what has nothing to do with 4-bit weights. Findings are lines of <c>ok</c> or <c>FAILED</c>, and the exit
/// code is 0 where none failed.
/// </summary>
internal static class Program
{
    // Smaller than a tile, no divisor of anything, a page of keys, everything at once.
    private static readonly int[] Chunks = [1, 7, 64, SeededDecode.Positions];

    private static readonly (string Name, ModelConfig Config, WeightPrecision Precision, ulong Decode, ulong Generation)[] Models =
    [
        ("odd int4", SeededModel.Odd, WeightPrecision.Int4, ExpectedHashes.OddInt4Decode, ExpectedHashes.OddInt4Generation),
        ("Llama int4", SeededModel.Llama, WeightPrecision.Int4, ExpectedHashes.LlamaInt4Decode, ExpectedHashes.LlamaInt4Generation),
        ("even", SeededModel.Even, WeightPrecision.Int8, ExpectedHashes.EvenDecode, ExpectedHashes.EvenGeneration),
        ("odd", SeededModel.Odd, WeightPrecision.Int8, ExpectedHashes.OddDecode, ExpectedHashes.OddGeneration),
        ("Llama", SeededModel.Llama, WeightPrecision.Int8, ExpectedHashes.LlamaDecode, ExpectedHashes.LlamaGeneration),
        ("NeoX", SeededModel.NeoX, WeightPrecision.Int8, ExpectedHashes.NeoXDecode, ExpectedHashes.NeoXGeneration),
    ];

    private static int _failed;

    private static int Main(string[] arguments)
    {
        Part[] parts = arguments.Contains("int4") ? [Part.Support, Part.Int4] : Enum.GetValues<Part>();
        foreach (Part part in parts)
        {
            Check<AvxVnniKernels>(part, arguments);
            Check<Avx512Kernels>(part, arguments);
            Check<Avx2Kernels>(part, arguments);
        }

        return _failed == 0 ? 0 : 1;
    }

    private static void Check<TKernels>(Part part, string[] expectedTiers)
        where TKernels : struct, IKernels
    {
        string tier = KernelTiers.Name(TKernels.Tier);
        bool isExpected = expectedTiers.Contains(tier);
        if (part == Part.Support)
        {
            Report(
                TKernels.IsSupported == isExpected,
                $"{tier}: {(TKernels.IsSupported ? "supported" : "not supported")}, expected {(isExpected ? "to be" : "not to be")}");
        }
        else if (isExpected && TKernels.IsSupported)
        {
            CheckOperations<TKernels>(part, tier);
            CheckModels<TKernels>(part, tier);
        }
    }

    private static void CheckOperations<TKernels>(Part part, string tier)
        where TKernels : struct, IKernels
    {
        foreach (KernelOperation operation in Enum.GetValues<KernelOperation>())
        {
            bool isInt4 = operation == KernelOperation.MultiplyInt4Panels;
            if (isInt4 == (part == Part.Int4))
            {
                KernelComparisonResult result = KernelComparison<TKernels>.Run(operation);
                Report(
                    result.Differences == 0 && result.Hash == ExpectedHashes.Of(operation),
                    $"{tier}: {operation}, {result.Rounds} rounds, {result.Bytes} bytes, {result.Differences} rounds differ, "
                        + $"hash {result.Hash:x16}");
            }
        }
    }

    private static void CheckModels<TKernels>(Part part, string tier)
        where TKernels : struct, IKernels
    {
        foreach ((string name, ModelConfig config, WeightPrecision precision, ulong decode, ulong generation) in Models)
        {
            bool isInt4 = precision == WeightPrecision.Int4;
            if (isInt4 == (part == Part.Int4))
            {
                using SeededModel model = new(config, precision);
                CheckModel<TKernels>($"{tier}: {name} model, {SeededDecode.Positions}", model, decode, generation);
            }
        }
    }

    private static void CheckModel<TKernels>(string what, SeededModel model, ulong logits, ulong tokens)
        where TKernels : struct, IKernels
    {
        foreach (int chunk in Chunks)
        {
            ulong hash = SeededDecode.Hash<TKernels>(model, chunk);
            Report(hash == logits, $"{what} positions in chunks of {chunk}, hash {hash:x16}");
        }

        ulong forked = SeededDecode.Hash<TKernels>(model, Chunks[1], SeededDecode.ForkAt);
        Report(forked == logits, $"{what} positions, forked at {SeededDecode.ForkAt}, hash {forked:x16}");
        ulong generated = SeededDecode.GenerationHash<TKernels>(model);
        Report(generated == tokens, $"{what} tokens sampled, hash {generated:x16}");
    }

    private static void Report(bool passed, string finding)
    {
        _failed += passed ? 0 : 1;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{(passed ? "ok    " : "FAILED")} {finding}"));
    }

    // In this order for all tiers, because an emulator is slow and 4-bit weights have the youngest kernels.
    private enum Part
    {
        Support,
        Int4,
        Int8,
    }
}
