using System.Diagnostics.CodeAnalysis;

namespace TinyGpt;

/// <summary>How an engine keeps the keys and values of its sequences.</summary>
[SuppressMessage("Naming", "CA1720", Justification = "The number formats are what the choice is about.")]
public enum KvPrecision
{
    /// <summary>As they are computed.</summary>
    Float32,

    /// <summary>
    /// As int8 with one scale for each position and head: about a quarter of the memory, and of the time that a long context takes.
    /// Results are the same bits on every instruction set here too, but other bits than with <see cref="Float32"/>.
    /// </summary>
    Int8,
}
