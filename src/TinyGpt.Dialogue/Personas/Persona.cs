using TinyGpt.Dialogue.Personas;

namespace TinyGpt.Dialogue;

/// <summary>
/// Something that a character knows or is, as a line of its card. Immutable and thread-safe; checked with its <see cref="Persona"/>.
/// </summary>
/// <param name="Key">What it is about, such as <c>Sells</c>; 1 … <see cref="Persona.MaxKeyLength"/> characters of one line.</param>
/// <param name="Value">What is so, such as <c>ale 3, stew 5</c>; 1 … <see cref="Persona.MaxLineLength"/> characters of one line.</param>
public readonly record struct PersonaFact(string Key, string Value);

/// <summary>Two lines that show how a character speaks. Immutable and thread-safe; checked with their <see cref="Persona"/>.</summary>
/// <param name="Hears">What the partner says to it; 1 … <see cref="Persona.MaxLineLength"/> characters of one line.</param>
/// <param name="Says">What it answers; 1 … <see cref="Persona.MaxLineLength"/> characters of one line.</param>
public readonly record struct PersonaExample(string Hears, string Says);

/// <summary>
/// A character as data: what it is and knows, how it speaks, and how its words are chosen. Read from JSON (the schema is
/// <c>persona.schema.json</c> beside this source), or made in code. Immutable and thread-safe, as long as no code changes the lists that it was
/// made with.
/// </summary>
/// <remarks>
/// Setting a value checks nothing: <see cref="DialogueStage.Add"/>, <see cref="Write"/> and the readers do, and throw
/// <see cref="PersonaException"/>, which says where what is wrong. Nothing is null. Characters are those of UTF-16 everywhere, and valid Unicode;
/// a line has no control characters (C0, DEL, C1) and no U+2028 or U+2029. Everything here allocates, and belongs where a game loads.
/// </remarks>
public sealed record Persona
{
    /// <summary>The most characters (UTF-16) of a name, of a mood, and of a partner's name.</summary>
    public const int MaxNameLength = 64;

    /// <summary>The most characters of a fact's key.</summary>
    public const int MaxKeyLength = 64;

    /// <summary>The most characters of a fact's value, a style line or a line of an example.</summary>
    public const int MaxLineLength = 1000;

    /// <summary>The most facts.</summary>
    public const int MaxFacts = 64;

    /// <summary>The most style lines, and the most examples.</summary>
    public const int MaxLines = 32;

    /// <summary>The most stop strings.</summary>
    public const int MaxStops = 16;

    /// <summary>The most characters of a stop string.</summary>
    public const int MaxStopLength = 64;

    /// <summary>The largest <see cref="MaxAnswerTokens"/>.</summary>
    public const int AnswerTokensLimit = 4096;

    /// <summary>The most bytes of a persona's file.</summary>
    public const int MaxFileBytes = 1 << 20;

    /// <summary>What it is called; 1 … <see cref="MaxNameLength"/> characters of one line.</summary>
    public required string Name { get; init; }

    /// <summary>
    /// How it feels when a game begins, such as <c>cheerful</c>; one line of at most <see cref="MaxNameLength"/> characters, empty (the default)
    /// where the card does not say.
    /// </summary>
    public string Mood { get; init; } = "";

    /// <summary>Its card, in order; at most <see cref="MaxFacts"/>, no two with the same key; none by default.</summary>
    public IReadOnlyList<PersonaFact> Facts { get; init; } = [];

    /// <summary>
    /// Lines that describe how it speaks, for layouts that use them; at most <see cref="MaxLines"/> of 1 … <see cref="MaxLineLength"/>
    /// characters; none by default.
    /// </summary>
    public IReadOnlyList<string> Style { get; init; } = [];

    /// <summary>
    /// Lines that show how it speaks; they come before every talk as if they had been said. At most <see cref="MaxLines"/>; none by default.
    /// </summary>
    public IReadOnlyList<PersonaExample> Examples { get; init; } = [];

    /// <summary>
    /// How its words are chosen, within the ranges of <see cref="SamplingOptions"/>; temperature 0.7 and top-p 0.95 by default. Without a logit
    /// bias; the seed is the stage's affair and not used.
    /// </summary>
    public SamplingOptions Sampling { get; init; } = new() { Temperature = 0.7f, TopP = 0.95f };

    /// <summary>The most tokens of an answer; 1 … <see cref="AnswerTokensLimit"/>, 60 by default.</summary>
    public int MaxAnswerTokens { get; init; } = 60;

    /// <summary>
    /// Texts that end an answer beside the layout's own and are not part of it; at most <see cref="MaxStops"/> of 1 …
    /// <see cref="MaxStopLength"/> characters, line breaks included; none by default.
    /// </summary>
    public IReadOnlyList<string> Stops { get; init; } = [];

    /// <summary>Reads a persona from a JSON file.</summary>
    /// <param name="path">The file, at most <see cref="MaxFileBytes"/> bytes of UTF-8.</param>
    /// <returns>The persona, whose values are all within their ranges.</returns>
    /// <exception cref="ArgumentException">The path is null or empty.</exception>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="IOException">The file cannot be read, or its folder is not there.</exception>
    /// <exception cref="UnauthorizedAccessException">The file may not be read, or is a folder.</exception>
    /// <exception cref="PersonaException">The file is damaged, or a value is missing, unknown or out of range.</exception>
    public static Persona Load(string path)
    {
        using FileStream stream = File.OpenRead(path);
        return Read(stream, path);
    }

    /// <summary>Reads a persona from a stream, to its end.</summary>
    /// <param name="stream">JSON, at most <see cref="MaxFileBytes"/> bytes of UTF-8; stays open, and need not seek.</param>
    /// <param name="name">What errors call it.</param>
    /// <returns>The persona, whose values are all within their ranges.</returns>
    /// <exception cref="ArgumentNullException">The stream is null.</exception>
    /// <exception cref="IOException">The stream cannot be read.</exception>
    /// <exception cref="PersonaException">The JSON is damaged, or a value is missing, unknown or out of range.</exception>
    public static Persona Read(Stream stream, string name = "stream")
    {
        ArgumentNullException.ThrowIfNull(stream);
        byte[] buffer = new byte[MaxFileBytes + 1];
        int length = stream.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false);
        return Read(buffer.AsMemory(0, length), name);
    }

    /// <summary>Reads a persona from memory.</summary>
    /// <param name="utf8">JSON, at most <see cref="MaxFileBytes"/> bytes of UTF-8; not kept.</param>
    /// <param name="name">What errors call it.</param>
    /// <returns>The persona, whose values are all within their ranges.</returns>
    /// <exception cref="PersonaException">The JSON is damaged, or a value is missing, unknown or out of range.</exception>
    public static Persona Read(ReadOnlyMemory<byte> utf8, string name = "memory") => PersonaReader.Read(utf8, name);

    /// <summary>Writes the persona as JSON that <see cref="Read(Stream, string)"/> reads.</summary>
    /// <param name="stream">Where to; stays open.</param>
    /// <exception cref="ArgumentNullException">The stream is null.</exception>
    /// <exception cref="PersonaException">A value is null or out of range; nothing is written.</exception>
    /// <exception cref="IOException">The stream cannot be written.</exception>
    public void Write(Stream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        PersonaRules.Check(this, Name ?? nameof(Persona));
        PersonaWriter.Write(this, stream);
    }

    /// <summary>A copy whose lists no other code can change.</summary>
    internal Persona Frozen() => this with
    {
        Facts = [.. Facts],
        Style = [.. Style],
        Examples = [.. Examples],
        Stops = [.. Stops],
    };
}
