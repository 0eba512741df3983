using System.Globalization;

namespace TinyGpt.Cli;

/// <summary>Token ids as people write them.</summary>
internal static class TokenIdList
{
    /// <summary>Reads ids between commas or white space.</summary>
    /// <param name="text">The list.</param>
    /// <param name="ids">The ids as far as they could be read.</param>
    /// <param name="stranger">What is no id, or empty.</param>
    /// <returns>Whether all were read.</returns>
    public static bool TryParse(ReadOnlySpan<char> text, out List<int> ids, out string stranger)
    {
        ids = [];
        stranger = "";
        foreach (Range range in text.SplitAny(", \t\r\n"))
        {
            ReadOnlySpan<char> part = text[range];
            if (part.IsEmpty)
            {
                continue;
            }

            if (!int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out int id))
            {
                stranger = part.ToString();
                return false;
            }

            ids.Add(id);
        }

        return true;
    }

    /// <summary>Refuses ids that the model does not have.</summary>
    public static void RequireInVocabulary(IEnumerable<int> ids, int vocabularySize)
    {
        foreach (int id in ids)
        {
            if (id >= vocabularySize)
            {
                throw new CommandFailedException($"token id {id} is outside the vocabulary, whose ids run from 0 to {vocabularySize - 1}");
            }
        }
    }
}
