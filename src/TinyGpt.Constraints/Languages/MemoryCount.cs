namespace TinyGpt.Constraints.Languages;

/// <summary>Memory of tables that grow.</summary>
/// <param name="Used">The bytes that are in use.</param>
/// <param name="Reserved">The bytes that are held, the room for more included.</param>
internal readonly record struct MemoryCount(long Used, long Reserved)
{
    public static MemoryCount operator +(MemoryCount a, MemoryCount b) => new(a.Used + b.Used, a.Reserved + b.Reserved);
}
