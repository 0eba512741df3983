namespace TinyGpt;

/// <summary>
/// What tells texts apart beside a model: a class's score is its row times the final state of the text. Immutable and thread-safe.
/// </summary>
public sealed class ClassifierWeights
{
    private readonly float[] _values;

    /// <summary>Makes the weights of some classes.</summary>
    /// <param name="labels">The classes' names, 2 or more.</param>
    /// <param name="values">One row a class, row-major, each as long as the model is wide; finite. Copied.</param>
    /// <exception cref="ArgumentException">There are fewer than two classes, the rows are no rows, or a number is not finite.</exception>
    public ClassifierWeights(IReadOnlyList<string> labels, ReadOnlySpan<float> values)
    {
        ArgumentNullException.ThrowIfNull(labels);
        if (labels.Count < 2 || values.IsEmpty || values.Length % labels.Count != 0)
        {
            throw new ArgumentException($"{values.Length} numbers are not a row for each of {labels.Count} classes, of which two are needed.");
        }

        foreach (float value in values)
        {
            if (!float.IsFinite(value))
            {
                throw new ArgumentException("A number of the classifier is not finite.");
            }
        }

        Labels = [.. labels];
        _values = values.ToArray();
        Width = values.Length / labels.Count;
    }

    /// <summary>The classes' names.</summary>
    public IReadOnlyList<string> Labels { get; }

    /// <summary>The width of the model that they belong to.</summary>
    public int Width { get; }

    /// <summary>A class's row.</summary>
    internal ReadOnlySpan<float> Row(int label) => _values.AsSpan(label * Width, Width);
}
