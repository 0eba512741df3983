namespace TinyGpt.Tavern.Corpus;

/// <summary>The values of the slots of one turn's lines. A slot without a value rules out the lines that have it.</summary>
internal sealed class SlotValues
{
    private readonly Dictionary<LineSlot, string> _values = [];

    /// <summary>The value of a slot.</summary>
    /// <exception cref="KeyNotFoundException">The slot has none.</exception>
    public string this[LineSlot slot] => _values[slot];

    /// <summary>Gives a slot a value.</summary>
    public void Set(LineSlot slot, string value) => _values[slot] = value;

    /// <summary>Whether every slot of a line has a value.</summary>
    public bool Cover(LineVariant variant) => variant.Slots.All(_values.ContainsKey);
}
