using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using TinyGpt.Kernels;

namespace TinyGpt.Arm64;

/// <summary>What the driver in C calls.</summary>
internal static unsafe class Exports
{
    [UnmanagedCallersOnly(EntryPoint = "arm64_decode")]
    public static ulong Decode(int tier, int odd, int chunk)
    {
        SeededModel model = new(odd != 0 ? SeededModel.Odd : SeededModel.Even);
        return tier == 0 ? SeededDecode.Hash<ScalarKernels>(model, chunk) : tier == 1 ? SeededDecode.Hash<NeonKernels>(model, chunk) : SeededDecode.Hash<NeonDpKernels>(model, chunk);
    }
}
