using System.Text;

namespace TinyGpt.Training.Tests;

/// <summary>Texts that the tests learn from: made up of few words, so that there is something to learn.</summary>
internal static class SampleText
{
    private static readonly string[] Words =
    [
        "the", "innkeeper", "pours", "ale", "and", "asks", "for", "three", "coins", "wolves", "prowl", "near", "mill", "smith", "hammers",
        "all", "night", "it's", "raining", "again", "bread", "costs", "12", "road", "to", "chapel", "is", "long", "naïve", "café",
    ];

    /// <summary>A text with the given number of words; the same every time.</summary>
    public static string OfWords(int count, ulong seed = 1)
    {
        StringBuilder text = new();
        for (int word = 0; word < count; word++)
        {
            ulong bits = RandomOrder.Bits(seed, word);
            text.Append(Words[(int)(bits % (ulong)Words.Length)]);
            text.Append((bits >> 32) % 11 == 0 ? ".\n" : (bits >> 32) % 7 == 0 ? ", " : " ");
        }

        return text.ToString();
    }

    /// <summary>Sentences of the same words, all built alike.</summary>
    public static string OfSentences(int count, ulong seed = 1)
    {
        StringBuilder text = new();
        for (int sentence = 0; sentence < count; sentence++)
        {
            ulong bits = RandomOrder.Bits(seed, sentence);
            string[] who = ["innkeeper", "smith"];
            string[] what = ["ale", "bread", "chapel"];
            text.Append("the ").Append(who[bits % 2]).Append(" asks for three coins and pours ").Append(what[bits / 2 % 3]).Append(" all night.\n");
        }

        return text.ToString();
    }

    /// <summary>Random words as bytes.</summary>
    public static byte[] BytesOfWords(int count, ulong seed = 1) => Encoding.UTF8.GetBytes(OfWords(count, seed));
}
