using System.Text;
using TinyGpt.Text;

namespace TinyGpt.Import.Tokenizers;

/// <summary>
/// Reads GPT-2's own files: <c>vocab.json</c> and <c>merges.txt</c>, and beside them, where they exist,
/// <c>added_tokens.json</c> and <c>special_tokens_map.json</c>.
/// </summary>
internal static class Gpt2VocabularyFiles
{
    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary><c>vocab.json</c>: one object, from each token as it is written to its id.</summary>
    internal static void ReadVocabulary(ReadOnlySpan<byte> content, string file, VocabularyDraft draft)
    {
        JsonFileReader reader = new(content, file);
        ReadTokens(ref reader, draft);
        reader.End();
    }

    /// <summary>The object of tokens and ids at the reader's position.</summary>
    internal static void ReadTokens(ref JsonFileReader reader, VocabularyDraft draft)
    {
        reader.EnterObject("the vocabulary");
        while (reader.NextUncheckedProperty(out string token)) // the draft knows all tokens, and refuses one that comes again
        {
            draft.AddToken(token, reader.GetInt32($"the id of '{token}'"), reader.Place);
        }

        draft.EndVocabulary();
    }

    /// <summary><c>added_tokens.json</c>: one object, from each token as it appears in text to its id.</summary>
    internal static void ReadAddedTokens(ReadOnlySpan<byte> content, string file, VocabularyDraft draft)
    {
        JsonFileReader reader = new(content, file);
        reader.EnterObject("the file");
        HashSet<string> seen = new(StringComparer.Ordinal);
        while (reader.NextProperty(seen, out string token, VocabularyDraft.MostAddedTokens))
        {
            draft.AddAddedToken(reader.GetInt32($"the id of '{token}'"), new DraftToken(token, IsSpecial: null, reader.Place));
        }

        reader.End();
    }

    /// <summary>
    /// <c>special_tokens_map.json</c>: roles, each with a token, an object with the token as its content, or a list of those.
    /// </summary>
    internal static void ReadSpecialTokensMap(ReadOnlySpan<byte> content, string file, VocabularyDraft draft)
    {
        JsonFileReader reader = new(content, file);
        reader.EnterObject("the file");
        HashSet<string> seen = new(StringComparer.Ordinal);
        while (reader.NextProperty(seen, out string role))
        {
            if (reader.IsNull)
            {
                continue;
            }

            if (reader.IsString || reader.IsObject)
            {
                ReadMark(ref reader, role, draft);
                continue;
            }

            reader.EnterArray(role);
            while (reader.NextElement())
            {
                ReadMark(ref reader, role, draft);
            }
        }

        reader.End();
    }

    /// <summary>
    /// <c>merges.txt</c>: a line <c>#version: 0.2</c>, then a line for each merge, lowest rank first: two tokens and a space between.
    /// </summary>
    internal static void ReadMerges(ReadOnlySpan<byte> content, string file, VocabularyDraft draft)
    {
        int start = ByteOrderMark.LengthIn(content);
        FilePlace? emptyLine = null;
        for (int number = 1; start < content.Length; number++)
        {
            ReadOnlySpan<byte> line = content[start..];
            int end = line.IndexOf((byte)'\n');
            int length = end < 0 ? line.Length : end + 1;
            line = line[..(end < 0 ? line.Length : end)];
            line = line.EndsWith("\r"u8) ? line[..^1] : line;
            FilePlace place = new(file, start);
            start += length;
            if (number == 1 && line.StartsWith("#version"u8))
            {
                continue;
            }

            if (line.IsEmpty)
            {
                emptyLine ??= place;
            }
            else if (emptyLine is { } gap)
            {
                throw gap.Error("there is an empty line between merges");
            }
            else
            {
                ReadMerge(line, number, place, draft);
            }
        }
    }

    private static void ReadMerge(ReadOnlySpan<byte> line, int number, FilePlace place, VocabularyDraft draft)
    {
        if (line.Length > JsonFileReader.LongestText)
        {
            throw place.Error($"line {number} has {line.Length} bytes; at most {JsonFileReader.LongestText} are read");
        }

        string text;
        try
        {
            text = StrictUtf8.GetString(line);
        }
        catch (DecoderFallbackException exception)
        {
            throw place.Error($"line {number} is not valid UTF-8", exception);
        }

        AddMerge(text, $"line {number}", place, draft);
    }

    /// <summary>Adds a merge that is written as two tokens with a space between.</summary>
    internal static void AddMerge(string text, string what, FilePlace place, VocabularyDraft draft)
    {
        int space = text.IndexOf(' ', StringComparison.Ordinal);
        if (space <= 0 || space == text.Length - 1 || text.IndexOf(' ', space + 1) >= 0)
        {
            throw place.Error($"{what} is not two tokens with one space between: '{text}'");
        }

        draft.AddMerge(text[..space], text[(space + 1)..], place);
    }

    private static void ReadMark(ref JsonFileReader reader, string role, VocabularyDraft draft)
    {
        if (!reader.IsObject)
        {
            draft.AddMark(reader.GetString(role), reader.Place);
            return;
        }

        HashSet<string> seen = new(StringComparer.Ordinal);
        while (reader.NextProperty(seen, out string name))
        {
            if (name == "content")
            {
                draft.AddMark(reader.GetString($"the content of {role}"), reader.Place);
            }
            else
            {
                reader.Skip();
            }
        }
    }
}
