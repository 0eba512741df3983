using TinyGpt.Text;

namespace TinyGpt.Training;

/// <summary>
/// A text to learn from. Its file is held in memory as it is; texts are decoded when they are read. Immutable and thread-safe.
/// </summary>
/// <remarks>
/// <para>
/// A <c>.jsonl</c> file has one document a line, which is an object with <c>"text"</c>, or with <c>"segments"</c>: a list of
/// objects with <c>"text"</c> and <c>"train"</c>. A model learns to say what is trained, and reads the rest. For a classifier it also has
/// a <c>"label"</c>. Other properties are passed over.
/// </para>
/// <para>
/// Any other file is plain text: documents with <c>&lt;|endoftext|&gt;</c> between them (line breaks next to it belong to neither), or,
/// where that never occurs, one running text.
/// </para>
/// </remarks>
public sealed class TextSource
{
    private const int RunningPart = 1 << 20; // small enough to spread over threads, large enough not to matter
    private const string JsonLinesExtension = ".jsonl";

    private readonly byte[] _content;
    private readonly Part[] _parts;
    private readonly bool _isJson;

    private TextSource(string file, byte[] content, Part[] parts, bool isJson, bool isRunning)
    {
        File = file;
        IsRunning = isRunning;
        _content = content;
        _parts = parts;
        _isJson = isJson;
        Bytes = parts.Sum(part => (long)part.Length);
    }

    /// <summary>The file's name, as it was given.</summary>
    public string File { get; }

    /// <summary>Whether this is one running text rather than documents.</summary>
    public bool IsRunning { get; }

    /// <summary>The size in the file, in bytes.</summary>
    public long Bytes { get; }

    /// <summary>Whether it has a document a line.</summary>
    internal bool IsJson => _isJson;

    /// <summary>How many parts it is read in: documents, or pieces of a running text that end where tokens end.</summary>
    internal int PartCount => _parts.Length;

    private static ReadOnlySpan<byte> EndOfText => "<|endoftext|>"u8;

    /// <summary>Opens a file.</summary>
    /// <param name="file">The file, at most 2 GiB.</param>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="TrainingDataException">It has no text, or is too large.</exception>
    public static TextSource Open(string file)
    {
        ArgumentException.ThrowIfNullOrEmpty(file);
        if (!System.IO.File.Exists(file))
        {
            throw new FileNotFoundException($"{file}: there is no such file", file);
        }

        if (new FileInfo(file).Length > Array.MaxLength)
        {
            throw new TrainingDataException(file, $"the file has more than {Array.MaxLength} bytes; cut it into smaller ones");
        }

        byte[] content = System.IO.File.ReadAllBytes(file);
        return file.EndsWith(JsonLinesExtension, StringComparison.OrdinalIgnoreCase)
            ? OfParts(file, content, Lines(content), isJson: true, isRunning: false)
            : OfText(file, content);
    }

    /// <summary>Takes plain text from memory, as <see cref="Open"/> takes a file of it.</summary>
    /// <param name="name">What errors call it.</param>
    /// <param name="text">The text.</param>
    /// <exception cref="TrainingDataException">It is empty.</exception>
    public static TextSource OfText(string name, byte[] text)
    {
        ArgumentNullException.ThrowIfNull(text);
        bool isRunning = text.AsSpan().IndexOf(EndOfText) < 0;
        int start = ByteOrderMark.LengthIn(text);
        return OfParts(name, text, isRunning ? RunningParts(text, start, text.Length) : Documents(text, start), isJson: false, isRunning);
    }

    /// <summary>
    /// Sets a share apart: of documents, those that the seed chooses, each as a whole; of a running text, its end.
    /// </summary>
    /// <param name="share">More than 0, less than 1.</param>
    /// <param name="seed">Which documents; the same seed, the same ones.</param>
    /// <returns>What is left to learn from, and what was set apart.</returns>
    /// <exception cref="TrainingDataException">One of the two would be empty.</exception>
    public (TextSource Training, TextSource HeldOut) Split(double share, ulong seed)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(share);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(share, 1);
        List<Part> training = [];
        List<Part> heldOut = [];
        if (IsRunning)
        {
            int start = _parts[0].Start;
            int end = _parts[^1].Start + _parts[^1].Length;
            int border = NextBorder(_content, start + (int)((1 - share) * (end - start)), end);
            training.AddRange(RunningParts(_content, start, border));
            heldOut.AddRange(RunningParts(_content, border, end));
        }
        else
        {
            for (int index = 0; index < _parts.Length; index++)
            {
                (RandomOrder.Uniform(seed, index) < share ? heldOut : training).Add(_parts[index]);
            }
        }

        return training.Count > 0 && heldOut.Count > 0
            ? (With(training), With(heldOut))
            : throw new TrainingDataException(
                File, $"too little text to set a share of {share} apart for validation; name a separate file instead");
    }

    /// <summary>Reads one part.</summary>
    /// <param name="index">0 to <see cref="PartCount"/> - 1.</param>
    /// <param name="target">Takes the text; what it held is forgotten.</param>
    /// <exception cref="TrainingDataException">The part's line is not what it has to be.</exception>
    internal void Read(int index, SourceText target)
    {
        Part part = _parts[index];
        ReadOnlySpan<byte> bytes = _content.AsSpan(part.Start, part.Length);
        target.Clear();
        if (_isJson)
        {
            JsonDocumentLine.Read(bytes, File, part.Line, target);
        }
        else
        {
            target.Append(bytes, isTrained: true);
        }
    }

    /// <summary>The line of a part, from 1; 0 if lines do not matter.</summary>
    internal int PartLine(int index) => _parts[index].Line;

    /// <summary>The size of one part in the file, in bytes.</summary>
    internal int PartBytes(int index) => _parts[index].Length;

    private static TextSource OfParts(string file, byte[] content, List<Part> parts, bool isJson, bool isRunning) =>
        parts.Count > 0
            ? new TextSource(file, content, [.. parts], isJson, isRunning)
            : throw new TrainingDataException(file, "there is no text in it");

    private TextSource With(List<Part> parts) => new(File, _content, [.. parts], _isJson, IsRunning);

    private static List<Part> Lines(byte[] content)
    {
        List<Part> lines = [];
        int start = ByteOrderMark.LengthIn(content);
        for (int line = 1; start < content.Length; line++)
        {
            int length = content.AsSpan(start).IndexOf((byte)'\n');
            length = length < 0 ? content.Length - start : length;
            if (content.AsSpan(start, length).ContainsAnyExcept((byte)' ', (byte)'\t', (byte)'\r'))
            {
                lines.Add(new Part(start, length, line));
            }

            start += length + 1;
        }

        return lines;
    }

    private static List<Part> Documents(byte[] content, int start)
    {
        List<Part> documents = [];
        while (start < content.Length)
        {
            int length = content.AsSpan(start).IndexOf(EndOfText);
            length = length < 0 ? content.Length - start : length;
            ReadOnlySpan<byte> document = content.AsSpan(start, length);
            ReadOnlySpan<byte> tail = document.TrimStart("\r\n"u8);
            int skipped = document.Length - tail.Length;
            tail = tail.TrimEnd("\r\n"u8);
            if (!tail.IsEmpty)
            {
                documents.Add(new Part(start + skipped, tail.Length, Line: 0));
            }

            start += length + EndOfText.Length;
        }

        return documents;
    }

    private static List<Part> RunningParts(byte[] content, int start, int end)
    {
        List<Part> parts = [];
        while (start < end)
        {
            int next = NextBorder(content, (int)Math.Min((long)start + RunningPart, end), end);
            parts.Add(new Part(start, next - start, Line: 0));
            start = next;
        }

        return parts;
    }

    /// <summary>
    /// The first place from <paramref name="from"/> on where a token is sure to end: before white space that follows something
    /// else, because whatever is not white space itself takes none in at its end.
    /// </summary>
    private static int NextBorder(byte[] content, int from, int end)
    {
        for (int at = Math.Max(from, 1); at < end; at++)
        {
            if (IsSpace(content[at]) && content[at - 1] < 0x80 && !IsSpace(content[at - 1]))
            {
                return at;
            }
        }

        return end;
    }

    private static bool IsSpace(byte value) => value is (byte)' ' or (>= (byte)'\t' and <= (byte)'\r');

    private readonly record struct Part(int Start, int Length, int Line);
}
