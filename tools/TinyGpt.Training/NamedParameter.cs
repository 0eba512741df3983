namespace TinyGpt.Training;

/// <summary>
/// One tensor of a network that is trained, over the trainer's own memory: it changes with every step and must not be read after the
/// trainer is disposed, nor while a step runs.
/// </summary>
public sealed unsafe class NamedParameter
{
    private readonly float* _values;

    internal NamedParameter(string name, int[] shape, float* values)
    {
        Name = name;
        Shape = shape;
        _values = values;
        Count = shape.Aggregate(1, (product, size) => checked(product * size));
    }

    /// <summary>The name in a Hugging Face GPT-2 checkpoint, as <c>h.0.attn.c_attn.weight</c>.</summary>
    public string Name { get; }

    /// <summary>Sizes, row-major; matrices of blocks are inputs × outputs as Hugging Face's Conv1D stores them.</summary>
    public IReadOnlyList<int> Shape { get; }

    internal float* Pointer => _values;

    /// <summary>How many floats.</summary>
    public int Count { get; }

    /// <summary>The values, row-major.</summary>
    public Span<float> Values => new(_values, Count);
}
