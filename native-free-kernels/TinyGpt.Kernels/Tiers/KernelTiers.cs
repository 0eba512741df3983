using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;
using TinyGpt.Kernels.ArmNeon;
using TinyGpt.Kernels.ArmNeonDp;
using TinyGpt.Kernels.Scalar;
using TinyGpt.Kernels.X86Avx2;
using TinyGpt.Kernels.X86Avx512;
using TinyGpt.Kernels.X86Avx512Vnni;
using TinyGpt.Kernels.X86AvxVnni;

namespace TinyGpt.Kernels;

/// <summary>Which tiers there are, which of them this process can execute, and which one to use.</summary>
public static class KernelTiers
{
    /// <summary>The environment variable that forces a tier by name when the program does not.</summary>
    public const string EnvironmentVariable = "TINYGPT_TIER";

    /// <summary>All tiers, whether this process can execute them or not.</summary>
    public static IReadOnlyList<KernelTier> All { get; } = Enum.GetValues<KernelTier>();

    /// <summary>The supported tier that is expected to be the fastest.</summary>
    /// <exception cref="KernelTierException">An x86 processor without FMA3, where every token would need software arithmetic.</exception>
    public static KernelTier Best
    {
        get
        {
            if (Avx512VnniKernels.IsSupported)
            {
                return KernelTier.Avx512Vnni;
            }

            if (AvxVnniKernels.IsSupported)
            {
                return KernelTier.AvxVnni;
            }

            if (Avx512Kernels.IsSupported)
            {
                return KernelTier.Avx512;
            }

            if (Avx2Kernels.IsSupported)
            {
                return KernelTier.Avx2;
            }

            if (NeonDpKernels.IsSupported)
            {
                return KernelTier.NeonDp;
            }

            if (NeonKernels.IsSupported)
            {
                return KernelTier.Neon;
            }

            if (IsX86 && !Fma.IsSupported)
            {
                throw new KernelTierException(
                    "This x86 processor, or this process, has no FMA3 instructions (they may have been switched off together with AVX2, or the "
                    + "program was compiled ahead of time without them: set IlcInstructionSet to x86-64-v3). "
                    + "Results that are the same on every machine need them. Force the tier 'scalar' to run exactly but very slowly.");
            }

            Require(KernelTier.Scalar);
            return KernelTier.Scalar;
        }
    }

    private static bool IsX86 => RuntimeInformation.ProcessArchitecture is Architecture.X64 or Architecture.X86;

    /// <summary>Whether this process can execute a tier.</summary>
    /// <param name="tier">The tier.</param>
    public static bool IsSupported(KernelTier tier) => tier switch
    {
        KernelTier.Scalar => ScalarKernels.IsSupported,
        KernelTier.Avx2 => Avx2Kernels.IsSupported,
        KernelTier.AvxVnni => AvxVnniKernels.IsSupported,
        KernelTier.Avx512 => Avx512Kernels.IsSupported,
        KernelTier.Avx512Vnni => Avx512VnniKernels.IsSupported,
        KernelTier.Neon => NeonKernels.IsSupported,
        KernelTier.NeonDp => NeonDpKernels.IsSupported,
        _ => false,
    };

    /// <summary>The tier's name in options, messages and files.</summary>
    /// <param name="tier">The tier.</param>
    /// <exception cref="ArgumentOutOfRangeException">The value is no tier.</exception>
    public static string Name(KernelTier tier) => tier switch
    {
        KernelTier.Scalar => "scalar",
        KernelTier.Avx2 => "avx2",
        KernelTier.AvxVnni => "avxvnni",
        KernelTier.Avx512 => "avx512",
        KernelTier.Avx512Vnni => "avx512vnni",
        KernelTier.Neon => "neon",
        KernelTier.NeonDp => "neondp",
        _ => throw new ArgumentOutOfRangeException(nameof(tier), tier, "This is no kernel tier."),
    };

    /// <summary>Finds the tier with a name.</summary>
    /// <param name="name">A name as <see cref="Name"/> returns it, in any case.</param>
    /// <param name="tier">The tier.</param>
    /// <returns>Whether there is such a tier.</returns>
    public static bool TryParse(string? name, out KernelTier tier)
    {
        foreach (KernelTier candidate in All)
        {
            if (string.Equals(Name(candidate), name, StringComparison.OrdinalIgnoreCase))
            {
                tier = candidate;
                return true;
            }
        }

        tier = default;
        return false;
    }

    /// <summary>
    /// The tier to use: the forced one; else the one that <see cref="EnvironmentVariable"/> names; else <see cref="Best"/>.
    /// </summary>
    /// <param name="forced">The tier to use, or null.</param>
    /// <exception cref="KernelTierException">
    /// This process cannot execute the tier; the environment names no tier; or nothing was forced and the processor is refused.
    /// </exception>
    public static KernelTier Select(KernelTier? forced = null) =>
        Select(forced, Environment.GetEnvironmentVariable(EnvironmentVariable));

    /// <summary>The same for a given value of the environment variable.</summary>
    internal static KernelTier Select(KernelTier? forced, string? environment)
    {
        if (forced is KernelTier tier)
        {
            Require(tier);
            return tier;
        }

        if (string.IsNullOrWhiteSpace(environment))
        {
            return Best;
        }

        if (!TryParse(environment.Trim(), out KernelTier named))
        {
            throw new KernelTierException(
                $"{EnvironmentVariable} is '{environment}', which is no kernel tier. Tiers: {string.Join(", ", All.Select(Name))}.");
        }

        Require(named);
        return named;
    }

    private static void Require(KernelTier tier)
    {
        if (!IsSupported(tier))
        {
            string supported = string.Join(", ", All.Where(IsSupported).Select(Name));
            throw new KernelTierException(
                $"The kernel tier '{Name(tier)}' cannot run here: this processor, or this process, lacks {Requirement(tier)}. "
                + (supported.Length == 0 ? "No tier can run here." : $"Tiers that can: {supported}."));
        }
    }

    /// <summary>The processor features that a tier needs, as words for a message: <c>AVX2 with FMA3</c>.</summary>
    /// <param name="tier">The tier.</param>
    public static string Requirement(KernelTier tier) => tier switch
    {
        KernelTier.Avx2 => "AVX2 with FMA3",
        KernelTier.AvxVnni => "AVX-VNNI",
        KernelTier.Avx512 => "AVX-512 F, BW, DQ and VL",
        KernelTier.Avx512Vnni => Avx512DotProduct.Requirement,
        KernelTier.Neon => "64-bit ARM Advanced SIMD",
        KernelTier.NeonDp => "the 64-bit ARM dot-product extension",
        _ => "a fused multiply-add that rounds once",
    };
}
