using TinyGpt.Kernels;
using TinyGpt.Kernels.ArmNeon;
using TinyGpt.Kernels.ArmNeonDp;
using TinyGpt.Kernels.Contract;
using TinyGpt.Kernels.Scalar;

namespace TinyGpt.Arm64;

/// <summary>
/// Everything that is checked on an ARM processor, as findings of one line each: <c>ok</c> or <c>FAILED</c>, and what.
/// </summary>
internal sealed class Checks(bool withDotProduct)
{
    // Smaller than a tile, no divisor of anything, a page of keys, everything at once.
    private static ReadOnlySpan<int> Chunks => [1, 7, 64, SeededDecode.Positions];

    private int _failed;

    public int Run()
    {
        CheckProcessor();
        CheckTier<ScalarKernels>("scalar", isExpected: true);
        CheckTier<NeonKernels>("neon", isExpected: true);
        CheckTier<NeonDpKernels>("neondp", isExpected: withDotProduct);
        return _failed;
    }

    private void CheckProcessor()
    {
        int expected = withDotProduct ? ProcessorFeatures.WithDotProduct : ProcessorFeatures.WithoutDotProduct;
        int features = ProcessorFeatures.Read();
        Report(features == expected, $"processor features {features}, expected {expected}");
    }

    private void CheckTier<TKernels>(string tier, bool isExpected)
        where TKernels : struct, IKernels
    {
        Report(TKernels.IsSupported == isExpected, $"{tier}: {(isExpected ? "supported" : "not supported")}");
        if (!isExpected || !TKernels.IsSupported)
        {
            return;
        }

        foreach (KernelOperation operation in Enum.GetValues<KernelOperation>())
        {
            KernelComparisonResult result = KernelComparison<TKernels>.Run(operation);
            Report(
                result.Differences == 0 && result.Hash == ExpectedHashes.Of(operation),
                $"{tier}: {operation}, {result.Rounds} rounds, {result.Bytes} bytes, {result.Differences} rounds differ, "
                    + $"hash {result.Hash:x16}");
        }

        using SeededModel even = new(SeededModel.Even);
        CheckDecode<TKernels>($"{tier}: even model", even, ExpectedHashes.EvenDecode, ExpectedHashes.EvenGeneration);
        using SeededModel odd = new(SeededModel.Odd);
        CheckDecode<TKernels>($"{tier}: odd model", odd, ExpectedHashes.OddDecode, ExpectedHashes.OddGeneration);
        using SeededModel llama = new(SeededModel.Llama);
        CheckDecode<TKernels>($"{tier}: Llama model", llama, ExpectedHashes.LlamaDecode, ExpectedHashes.LlamaGeneration);
        using SeededModel neoX = new(SeededModel.NeoX);
        CheckDecode<TKernels>($"{tier}: NeoX model", neoX, ExpectedHashes.NeoXDecode, ExpectedHashes.NeoXGeneration);
        using SeededModel oddInt4 = new(SeededModel.Odd, WeightPrecision.Int4);
        CheckDecode<TKernels>($"{tier}: odd int4 model", oddInt4, ExpectedHashes.OddInt4Decode, ExpectedHashes.OddInt4Generation);
        using SeededModel llamaInt4 = new(SeededModel.Llama, WeightPrecision.Int4);
        CheckDecode<TKernels>($"{tier}: Llama int4 model", llamaInt4, ExpectedHashes.LlamaInt4Decode, ExpectedHashes.LlamaInt4Generation);
    }

    private void CheckDecode<TKernels>(string what, SeededModel model, ulong logits, ulong tokens)
        where TKernels : struct, IKernels
    {
        foreach (int chunk in Chunks)
        {
            ulong hash = SeededDecode.Hash<TKernels>(model, chunk);
            Report(hash == logits, $"{what}, {SeededDecode.Positions} positions in chunks of {chunk}, hash {hash:x16}");
        }

        ulong forked = SeededDecode.Hash<TKernels>(model, Chunks[1], SeededDecode.ForkAt);
        Report(forked == logits, $"{what}, {SeededDecode.Positions} positions, forked at {SeededDecode.ForkAt}, hash {forked:x16}");
        ulong generated = SeededDecode.GenerationHash<TKernels>(model);
        Report(generated == tokens, $"{what}, {SeededDecode.Positions} tokens sampled, hash {generated:x16}");
    }

    private void Report(bool passed, string finding)
    {
        _failed += passed ? 0 : 1;
        Console.WriteLine((passed ? "ok     " : "FAILED ") + finding);
    }
}
