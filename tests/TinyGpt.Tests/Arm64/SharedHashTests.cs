using TinyGpt.Arm64;
using TinyGpt.Kernels;
using TinyGpt.Kernels.ArmNeon;
using TinyGpt.Kernels.ArmNeonDp;
using TinyGpt.Kernels.Scalar;
using TinyGpt.Kernels.X86Avx2;
using TinyGpt.Kernels.X86Avx512;
using TinyGpt.Kernels.X86Avx512Vnni;
using TinyGpt.Kernels.X86AvxVnni;
using Xunit;

namespace TinyGpt.Tests.Arm64;

/// <summary>
/// Every tier of this machine gives the hashes that the ARM job of <c>tests/TinyGpt.Arm64</c> asserts as well, from the same sources: so
/// both architectures compute the same bits, although no machine has both.
/// </summary>
public sealed class SharedHashTests
{
    private static readonly (ModelConfig Config, WeightPrecision Precision, ulong Decode, ulong Generation)[] Models =
    [
        (SeededModel.Even, WeightPrecision.Int8, ExpectedHashes.EvenDecode, ExpectedHashes.EvenGeneration),
        (SeededModel.Odd, WeightPrecision.Int8, ExpectedHashes.OddDecode, ExpectedHashes.OddGeneration),
        (SeededModel.Llama, WeightPrecision.Int8, ExpectedHashes.LlamaDecode, ExpectedHashes.LlamaGeneration),
        (SeededModel.NeoX, WeightPrecision.Int8, ExpectedHashes.NeoXDecode, ExpectedHashes.NeoXGeneration),
        (SeededModel.Odd, WeightPrecision.Int4, ExpectedHashes.OddInt4Decode, ExpectedHashes.OddInt4Generation),
        (SeededModel.Llama, WeightPrecision.Int4, ExpectedHashes.LlamaInt4Decode, ExpectedHashes.LlamaInt4Generation),
    ];

    public static TheoryData<KernelTier> Tiers => TestModels.Tiers;

    [Theory]
    [MemberData(nameof(Tiers))]
    public void Every_operation_has_the_hash_that_ARM_has(KernelTier tier)
    {
        foreach (KernelOperation operation in Enum.GetValues<KernelOperation>())
        {
            KernelComparisonResult result = Compare(tier, operation);
            Assert.True(result.Differences == 0, $"{operation}: {result.Differences} of {result.Rounds} rounds differ");
            Assert.True(result.Hash == ExpectedHashes.Of(operation), $"{operation}: hash 0x{result.Hash:x16}");
        }
    }

    [Theory]
    [MemberData(nameof(Tiers))]
    public void A_decode_has_the_hash_that_it_has_on_ARM(KernelTier tier)
    {
        foreach ((ModelConfig config, WeightPrecision precision, ulong expected, _) in Models)
        {
            using SeededModel model = new(config, precision);
            foreach (int chunk in new[] { 1, 7, 64, SeededDecode.Positions })
            {
                AssertHash(expected, Decode(tier, model, chunk));
            }

            AssertHash(expected, Decode(tier, model, 7, SeededDecode.ForkAt));
        }
    }

    [Theory]
    [MemberData(nameof(Tiers))]
    public void Sampled_tokens_are_those_that_ARM_samples(KernelTier tier)
    {
        foreach ((ModelConfig config, WeightPrecision precision, _, ulong expected) in Models)
        {
            using SeededModel model = new(config, precision);
            AssertHash(expected, Generate(tier, model));
        }
    }

    [Fact]
    public void The_hash_notices_one_changed_bit_of_one_weight()
    {
        using SeededModel model = new(SeededModel.Odd);
        AssertHash(ExpectedHashes.OddDecode, Decode(KernelTier.Scalar, model, 64));
        model.FlipOneBit();
        Assert.NotEqual(ExpectedHashes.OddDecode, Decode(KernelTier.Scalar, model, 64));
    }

    private static void AssertHash(ulong expected, ulong actual) => Assert.Equal($"0x{expected:x16}", $"0x{actual:x16}");

    private static KernelComparisonResult Compare(KernelTier tier, KernelOperation operation)
    {
        TestModels.SkipUnlessSupported(tier);
        return tier switch
        {
            KernelTier.Avx2 => KernelComparison<Avx2Kernels>.Run(operation),
            KernelTier.AvxVnni => KernelComparison<AvxVnniKernels>.Run(operation),
            KernelTier.Avx512 => KernelComparison<Avx512Kernels>.Run(operation),
            KernelTier.Avx512Vnni => KernelComparison<Avx512VnniKernels>.Run(operation),
            KernelTier.Neon => KernelComparison<NeonKernels>.Run(operation),
            KernelTier.NeonDp => KernelComparison<NeonDpKernels>.Run(operation),
            _ => KernelComparison<ScalarKernels>.Run(operation),
        };
    }

    private static ulong Decode(KernelTier tier, SeededModel model, int chunk, int forkAt = 0)
    {
        TestModels.SkipUnlessSupported(tier);
        return tier switch
        {
            KernelTier.Avx2 => SeededDecode.Hash<Avx2Kernels>(model, chunk, forkAt),
            KernelTier.AvxVnni => SeededDecode.Hash<AvxVnniKernels>(model, chunk, forkAt),
            KernelTier.Avx512 => SeededDecode.Hash<Avx512Kernels>(model, chunk, forkAt),
            KernelTier.Avx512Vnni => SeededDecode.Hash<Avx512VnniKernels>(model, chunk, forkAt),
            KernelTier.Neon => SeededDecode.Hash<NeonKernels>(model, chunk, forkAt),
            KernelTier.NeonDp => SeededDecode.Hash<NeonDpKernels>(model, chunk, forkAt),
            _ => SeededDecode.Hash<ScalarKernels>(model, chunk, forkAt),
        };
    }

    private static ulong Generate(KernelTier tier, SeededModel model)
    {
        TestModels.SkipUnlessSupported(tier);
        return tier switch
        {
            KernelTier.Avx2 => SeededDecode.GenerationHash<Avx2Kernels>(model),
            KernelTier.AvxVnni => SeededDecode.GenerationHash<AvxVnniKernels>(model),
            KernelTier.Avx512 => SeededDecode.GenerationHash<Avx512Kernels>(model),
            KernelTier.Avx512Vnni => SeededDecode.GenerationHash<Avx512VnniKernels>(model),
            KernelTier.Neon => SeededDecode.GenerationHash<NeonKernels>(model),
            KernelTier.NeonDp => SeededDecode.GenerationHash<NeonDpKernels>(model),
            _ => SeededDecode.GenerationHash<ScalarKernels>(model),
        };
    }
}
