using System.Runtime.InteropServices;

namespace TinyGpt.Arm64;

/// <summary>What the driver in C calls.</summary>
internal static unsafe class Entry
{
    /// <summary>Runs all checks.</summary>
    /// <param name="withDotProduct">1 where processor and build have the dot-product extension, 0 where neither has.</param>
    /// <param name="writeLine">Takes a finding, one line of ASCII that ends with a zero.</param>
    /// <returns>How many checks failed.</returns>
    [UnmanagedCallersOnly(EntryPoint = "arm64_run_checks")]
    public static int RunChecks(int withDotProduct, delegate* unmanaged[SuppressGCTransition]<byte*, void> writeLine) =>
        new Checks(withDotProduct != 0, writeLine).Run();
}
