namespace TinyGpt;

/// <summary>
/// A classifier head. A class's logit is the dot product of its row and the final hidden state of the text. Immutable and thread-safe.
/// </summary>
public sealed class ClassifierWeights
{
    /// <summary>The most classes.</summary>
    public const int MaxClasses = 1 << 16;

    /// <summary>The most bytes of a class's name in UTF-8.</summary>
    public const int MaxLabelBytes = 1024;

    private readonly float[] _values;

    /// <summary>Makes the weights of some classes.</summary>
    /// <param name="labels">The classes' names: 2 … <see cref="MaxClasses"/>, of at most <see cref="MaxLabelBytes"/> bytes each.</param>
    /// <param name="values">One row per class, row-major; a row's length is the hidden size. Finite. Copied.</param>
    /// <exception cref="ArgumentException">
    /// There are too few or too many classes, a name is too long, the rows are no rows, or a number is not finite.
    /// </exception>
    public ClassifierWeights(IReadOnlyList<string> labels, ReadOnlySpan<float> values)
    {
        ArgumentNullException.ThrowIfNull(labels);
        if (labels.Count > MaxClasses)
        {
            throw new ArgumentException($"There are {labels.Count} classes, and at most {MaxClasses} are accepted.");
        }

        foreach (string label in labels)
        {
            if (System.Text.Encoding.UTF8.GetByteCount(label) > MaxLabelBytes)
            {
                throw new ArgumentException($"A class has a name of more than {MaxLabelBytes} bytes.");
            }
        }

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

    /// <summary>The hidden size of the model that they belong to.</summary>
    public int Width { get; }

    /// <summary>A class's row.</summary>
    internal ReadOnlySpan<float> Row(int label) => _values.AsSpan(label * Width, Width);
}
