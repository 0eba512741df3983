namespace TinyGpt.Training;

/// <summary>
/// The classes that a classifier tells apart, in alphabetical order; a class is known by its place. Immutable and thread-safe.
/// </summary>
public sealed class LabelSet
{
    private readonly string[] _labels;

    private LabelSet(string[] labels) => _labels = labels;

    /// <summary>The classes' names.</summary>
    public IReadOnlyList<string> Labels => _labels;

    /// <summary>Collects the labels of texts.</summary>
    /// <param name="sources">The texts, with one document a line.</param>
    /// <exception cref="TrainingDataException">A line has no label, or there are fewer than two.</exception>
    public static LabelSet Of(params ReadOnlySpan<TextSource> sources)
    {
        SortedSet<string> labels = new(StringComparer.Ordinal);
        SourceText text = new();
        foreach (TextSource source in sources)
        {
            for (int part = 0; part < source.PartCount; part++)
            {
                source.Read(part, text);
                labels.Add(text.Label ?? throw Missing(source, part));
            }
        }

        return labels.Count >= 2
            ? new LabelSet([.. labels])
            : throw new TrainingDataException(sources[0].File, "all lines have the same label, so there is nothing to tell apart");
    }

    /// <summary>A part's class.</summary>
    internal int Find(SourceText text, TextSource source, int part)
    {
        int label = Array.BinarySearch(_labels, text.Label ?? throw Missing(source, part), StringComparer.Ordinal);
        return label >= 0
            ? label
            : throw new TrainingDataException(source.File, $"the label '{text.Label}' is not one of the classes", source.PartLine(part));
    }

    private static TrainingDataException Missing(TextSource source, int part) => source.IsJson
        ? new(source.File, "the line has no \"label\", which a classifier learns", source.PartLine(part))
        : new(source.File, "classes need a .jsonl file, with a \"label\" in each line");
}
