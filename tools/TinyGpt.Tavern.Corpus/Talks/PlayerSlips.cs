using System.Text;

namespace TinyGpt.Tavern.Corpus;

/// <summary>Makes the player's lines look typed: lower case, no full stop, a slipped letter. What fills a slot keeps its spelling.</summary>
internal static class PlayerSlips
{
    private const int LowerCasePercent = 15;
    private const int NoPunctuationPercent = 10;
    private const int TypingErrorPercent = 5;
    private const int ShortestWord = 4;

    /// <summary>Fills a line's slots and perhaps slips.</summary>
    public static string Write(CorpusRandom random, LineVariant line, SlotValues values)
    {
        bool lowerCase = random.Percent(LowerCasePercent);
        bool noPunctuation = random.Percent(NoPunctuationPercent);
        bool typingError = random.Percent(TypingErrorPercent);
        List<string> texts = [.. line.Pieces.Select(piece => piece.Text)];
        if (lowerCase)
        {
            texts = [.. texts.Select(text => text.ToLowerInvariant())];
        }

        if (noPunctuation)
        {
            texts[^1] = texts[^1].TrimEnd('.', '?', '!');
        }

        if (typingError)
        {
            Misspell(random, texts);
        }

        StringBuilder written = new();
        for (int i = 0; i < texts.Count; i++)
        {
            written.Append(line.Pieces[i].Slot is { } slot ? values[slot] : texts[i]);
        }

        return written.ToString().Trim();
    }

    private static void Misspell(CorpusRandom random, List<string> texts)
    {
        List<(int Text, int Start, int Length)> words = [.. WordsOf(texts)];
        if (words.Count == 0)
        {
            return;
        }

        (int index, int start, int length) = random.Pick(words);
        string text = texts[index];

        // The first letter stays, because typing errors rarely change it.
        int place = start + random.Between(1, length - 2);
        texts[index] = random.Percent(50)
            ? text.Remove(place, 1)
            : $"{text[..place]}{text[place + 1]}{text[place]}{text[(place + 2)..]}";
    }

    private static IEnumerable<(int Text, int Start, int Length)> WordsOf(List<string> texts)
    {
        for (int i = 0; i < texts.Count; i++)
        {
            int start = 0;
            for (int end = 0; end <= texts[i].Length; end++)
            {
                if (end < texts[i].Length && char.IsAsciiLetter(texts[i][end]))
                {
                    continue;
                }

                if (end - start >= ShortestWord)
                {
                    yield return (i, start, end - start);
                }

                start = end + 1;
            }
        }
    }
}
