namespace TinyGpt.Import.Gguf;

/// <summary>The types of metadata values, with their numbers in the file.</summary>
internal enum GgufValueType : uint
{
    UInt8,
    Int8,
    UInt16,
    Int16,
    UInt32,
    Int32,
    Float32,
    Bool,
    Text,
    Array,
    UInt64,
    Int64,
    Float64,
}

/// <summary>The place of a metadata value, which is read on demand.</summary>
/// <param name="Type">Its type.</param>
/// <param name="ElementType">The type of an array's elements; otherwise the same as <paramref name="Type"/>.</param>
/// <param name="Count">An array's elements; otherwise 1.</param>
/// <param name="Offset">The first byte of the value, or of an array's first element, in the file.</param>
internal readonly record struct GgufValue(GgufValueType Type, GgufValueType ElementType, long Count, long Offset);
