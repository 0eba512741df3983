using System.Text;

namespace TinyGpt.Native;

/// <summary>Checks and converts what a C caller passes.</summary>
internal static unsafe class Arguments
{
    private const int MaxStrings = 1 << 16;

    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    public static void NotNull(void* pointer, string name)
    {
        if (pointer == null)
        {
            throw new ArgumentNullException(name);
        }
    }

    /// <summary>NUL-terminated UTF-8.</summary>
    public static string String(byte* text, string name)
    {
        NotNull(text, name);
        return Strict.GetString(System.Runtime.InteropServices.MemoryMarshal.CreateReadOnlySpanFromNullTerminated(text));
    }

    public static string[] Strings(byte** texts, nuint count, string name)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, (nuint)MaxStrings, name);
        if (count > 0)
        {
            NotNull(texts, name);
        }

        string[] strings = new string[(int)count];
        for (int i = 0; i < strings.Length; i++)
        {
            strings[i] = String(texts[i], name);
        }

        return strings;
    }

    public static int Length(nuint length, string name)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, (nuint)int.MaxValue, name);
        return (int)length;
    }

    /// <summary>The caller's struct, or all zero where there is none. A caller of another version of the header is refused.</summary>
    public static T Options<T>(T* options, string name)
        where T : unmanaged
    {
        if (options == null)
        {
            return default;
        }

        // The size is the first member of every options struct.
        return *(uint*)options == sizeof(T) ? *options
            : throw new ArgumentException($"{name}.size is {*(uint*)options} and must be {sizeof(T)}: set it to the struct's size");
    }
}
