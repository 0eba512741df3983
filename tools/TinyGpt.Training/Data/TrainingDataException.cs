namespace TinyGpt.Training;

/// <summary>Training data, or a folder that training is to go on from, is not what it has to be. The message names the file.</summary>
public sealed class TrainingDataException : Exception
{
    /// <summary>Makes the exception.</summary>
    /// <param name="file">The file or folder.</param>
    /// <param name="problem">What is wrong with it, and what would be right.</param>
    /// <param name="line">The line, from 1, or null where lines say nothing.</param>
    public TrainingDataException(string file, string problem, int? line = null)
        : base(line is null ? $"{file}: {problem}" : $"{file}, line {line}: {problem}")
    {
        File = file;
        Line = line;
    }

    /// <summary>The file or folder.</summary>
    public string File { get; }

    /// <summary>The line, from 1, or null.</summary>
    public int? Line { get; }

    /// <summary>Of what parallel work threw, the exception with the lowest line, or null if there is none of this kind.</summary>
    internal static TrainingDataException? FirstOf(AggregateException failures) =>
        failures.Flatten().InnerExceptions.OfType<TrainingDataException>().MinBy(failure => failure.Line);
}
