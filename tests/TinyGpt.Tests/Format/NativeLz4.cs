using System.Runtime.InteropServices;
using Xunit;

namespace TinyGpt.Tests.Format;

/// <summary>The system's liblz4, the foreign codec that ours is checked against. Present on Debian and Ubuntu as a rule.</summary>
internal static unsafe partial class NativeLz4
{
    private const string Library = "liblz4.so.1";

    private static readonly bool IsPresent = NativeLibrary.TryLoad(Library, typeof(NativeLz4).Assembly, null, out _);

    public static void SkipWhereAbsent() => Assert.SkipUnless(IsPresent, $"{Library} is not installed");

    public static byte[] Encode(byte[] source)
    {
        byte[] target = new byte[source.Length + (source.Length / 255) + 16];
        fixed (byte* from = source, to = target)
        {
            // A fixed empty array is null, which the library takes for "no buffer".
            byte nothing;
            int length = Compress(from == null ? &nothing : from, to, source.Length, target.Length);
            Assert.True(length > 0);
            return target[..length];
        }
    }

    /// <summary>The decoded length, or a negative number for what the library refuses.</summary>
    public static int Decode(byte[] source, byte[] target)
    {
        fixed (byte* from = source, to = target)
        {
            byte nothing;
            return Decompress(from, to == null ? &nothing : to, source.Length, target.Length);
        }
    }

    [LibraryImport(Library, EntryPoint = "LZ4_compress_default")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Compress(byte* source, byte* target, int sourceLength, int targetLength);

    [LibraryImport(Library, EntryPoint = "LZ4_decompress_safe")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Decompress(byte* source, byte* target, int sourceLength, int targetLength);
}
