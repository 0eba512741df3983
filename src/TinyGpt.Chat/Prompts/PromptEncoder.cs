using System.Buffers;
using System.Text;
using TinyGpt.Text;

namespace TinyGpt.Chat.Prompts;

/// <summary>
/// Encodes prompts as the model's own tokenizer would: text between two special tokens as a whole. What the template wrote can be a special
/// token, what a message says cannot. Keeps what it encoded, so that the next prompt of the talk costs only what is new. Not thread-safe.
/// </summary>
internal sealed class PromptEncoder(Tokenizer tokenizer, Func<string, string> quote)
{
    private List<EncodedSpan> _spans = [];

    /// <summary>Bytes of text that the last prompt made it encode.</summary>
    internal int EncodedBytes { get; private set; }

    /// <summary>The ids of a prompt; the token that the model wants before every text is there once.</summary>
    internal int[] Encode(RenderedPrompt prompt)
    {
        EncodedBytes = 0;
        List<(int Special, byte[] Text)> parts = Cut(prompt.Segments);
        if (tokenizer.BeginOfText is { } begin)
        {
            if (parts[0].Text.Length > 0 || parts.Count == 1)
            {
                parts[0] = (begin, parts[0].Text);
            }
            else if (parts[1].Special != begin)
            {
                parts[0] = (begin, []);
            }
        }

        List<EncodedSpan> spans = new(parts.Count);
        foreach ((int special, byte[] text) in parts)
        {
            EncodedSpan? known = spans.Count < _spans.Count ? _spans[spans.Count] : null;
            spans.Add(known is not null && known.Special == special && known.Text.AsSpan().SequenceEqual(text) ? known : EncodeSpan(special, text));
        }

        _spans = spans;
        return [.. spans.SelectMany(span => span.AllIds)];
    }

    /// <summary>Notes what the model said after the last prompt, so that the same text keeps the same ids.</summary>
    internal void AddAnswer(ReadOnlySpan<int> ids)
    {
        int previous = _spans.Count > 0 && _spans[^1] is var last ? last.Ids.Length > 0 ? last.Ids[^1] : last.Special : EncodedSpan.NoToken;
        foreach (int id in ids)
        {
            if (id >= tokenizer.VocabularySize)
            {
                continue;
            }

            if (_spans.Count == 0 || tokenizer.Vocabulary.IsAdded(id))
            {
                _spans.Add(new EncodedSpan(id, [], []));
            }
            else
            {
                EncodedSpan span = _spans[^1];
                _spans[^1] = span with { Text = [.. span.Text, .. tokenizer.BytesAfter(previous, id)], Ids = [.. span.Ids, id] };
            }

            previous = id;
        }
    }

    private EncodedSpan EncodeSpan(int special, byte[] text)
    {
        EncodedBytes += text.Length;
        return new EncodedSpan(special, text, tokenizer.Encode(text, SpecialTokenHandling.AsText, tokenizer.PositionAfter(special)));
    }

    /// <summary>Cuts a prompt at its special tokens; the first part has none.</summary>
    private List<(int Special, byte[] Text)> Cut(IReadOnlyList<PromptSegment> segments)
    {
        List<(int, byte[])> parts = [];
        ArrayBufferWriter<byte> text = new();
        int special = EncodedSpan.NoToken;
        foreach (PromptSegment segment in segments)
        {
            ReadOnlySpan<byte> rest = Encoding.UTF8.GetBytes(segment.IsTemplate ? segment.Text : quote(segment.Text));
            while (!rest.IsEmpty)
            {
                AddedTokenMatch match = segment.IsTemplate ? tokenizer.FindMark(rest) : tokenizer.FindAddedToken(rest, SpecialTokenHandling.AsText);
                text.Write(rest[..match.Start]);
                rest = rest[(match.Start + match.Length)..];
                if (match.Id >= 0)
                {
                    parts.Add((special, text.WrittenSpan.ToArray()));
                    text.ResetWrittenCount();
                    special = match.Id;
                }
            }
        }

        parts.Add((special, text.WrittenSpan.ToArray()));
        return parts;
    }
}
