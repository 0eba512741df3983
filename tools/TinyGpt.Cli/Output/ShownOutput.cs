using System.Text;

namespace TinyGpt.Cli.Output;

/// <summary>Bytes of text on a terminal, as <see cref="TerminalText"/> lets them be shown. A character may come in parts.</summary>
internal sealed class ShownOutput(Stream terminal) : OutputStream
{
    private readonly Decoder _decoder = Encoding.UTF8.GetDecoder();

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        char[] text = new char[Encoding.UTF8.GetMaxCharCount(buffer.Length)];
        int length = _decoder.GetChars(buffer, text, flush: false);
        terminal.Write(Encoding.UTF8.GetBytes(TerminalText.ShowLines(new string(text, 0, length))));
    }

    public override void Flush() => terminal.Flush();
}

/// <summary>Text on a terminal, as <see cref="TerminalText"/> lets it be shown.</summary>
internal sealed class ShownWriter(TextWriter terminal) : TextWriter
{
    private string _half = ""; // of a character that is written in two

    public override Encoding Encoding => terminal.Encoding;

    public override void Write(char value) => Write([value]);

    public override void Write(string? value) => Write(value.AsSpan());

    public override void Write(char[] buffer, int index, int count) => Write(buffer.AsSpan(index, count));

    public override void Write(ReadOnlySpan<char> buffer)
    {
        string text = string.Concat(_half, buffer);
        _half = text is [.., var last] && char.IsHighSurrogate(last) ? text[^1..] : "";
        terminal.Write(TerminalText.ShowLines(text[..^_half.Length]));
    }

    public override void Flush() => terminal.Flush();
}
