using System.Buffers;
using System.Text;

namespace TinyGpt.Text.Chat;

/// <summary>
/// Collects the ids of a talk. Text between two special tokens is encoded as a whole, as the model's own tokenizer would encode the talk.
/// </summary>
internal sealed class ChatWriter(Tokenizer tokenizer, int previous)
{
    private readonly List<int> _ids = [];
    private readonly ArrayBufferWriter<byte> _text = new();

    /// <summary>Appends the token that the model wants before every text, if it wants one.</summary>
    internal void AppendBeginOfText()
    {
        if (tokenizer.BeginOfText is { } begin)
        {
            _ids.Add(begin);
        }
    }

    /// <summary>Appends text in which special tokens are special.</summary>
    internal void AppendMarks(string marks)
    {
        ReadOnlySpan<byte> rest = Encoding.UTF8.GetBytes(marks);
        while (!rest.IsEmpty)
        {
            AddedTokenMatch match = tokenizer.FindMark(rest);
            _text.Write(rest[..match.Start]);
            rest = rest[(match.Start + match.Length)..];
            if (match.Id >= 0)
            {
                FlushText();
                _ids.Add(match.Id);
            }
        }
    }

    /// <summary>Appends text that is nothing but text.</summary>
    internal void AppendText(string text) => Encoding.UTF8.GetBytes(text, _text);

    /// <summary>The ids of everything that was appended.</summary>
    internal int[] Finish()
    {
        FlushText();
        return [.. _ids];
    }

    private void FlushText()
    {
        int last = _ids.Count > 0 ? _ids[^1] : previous;
        _ids.AddRange(tokenizer.Encode(_text.WrittenSpan, SpecialTokenHandling.AsText, tokenizer.PositionAfter(last)));
        _text.ResetWrittenCount();
    }
}
