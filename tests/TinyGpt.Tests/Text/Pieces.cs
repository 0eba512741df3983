using System.Globalization;
using System.Text;
using TinyGpt.Text;

namespace TinyGpt.Tests.Text;

/// <summary>Small SentencePiece vocabularies to test with, and SentencePiece's algorithm written as plainly as possible.</summary>
internal static class Pieces
{
    internal const int Unknown = 0;
    internal const int Begin = 1;
    internal const int End = 2;
    internal const int FirstByte = 3;

    private static readonly TokenizerRules Llama = new()
    {
        Kind = TokenizerKind.SentencePiece,
        Splitting = PreSplitting.None,
        PrefixSpace = PrefixSpace.Always,
        PrefixAfterAddedTokens = true,
        BeginOfText = Begin,
        Unknown = Unknown,
    };

    /// <summary>Llama's three special tokens, perhaps 256 bytes, and pieces whose scores fall by one.</summary>
    internal static TokenVocabulary Scored(IEnumerable<string> pieces, bool withBytes = true, Func<TokenizerRules, TokenizerRules>? change = null)
    {
        List<byte[]> tokens = Tokens(withBytes);
        int first = tokens.Count;
        tokens.AddRange(pieces.Select(Encoding.UTF8.GetBytes));
        return Build(tokens, first, [], [.. tokens.Select((_, id) => id < first ? 0f : first - id)], withBytes, change);
    }

    /// <summary>The same with scores of the caller's.</summary>
    internal static TokenVocabulary Scored(IReadOnlyList<(string Piece, float Score)> pieces)
    {
        List<byte[]> tokens = Tokens(withBytes: true);
        int first = tokens.Count;
        tokens.AddRange(pieces.Select(piece => Encoding.UTF8.GetBytes(piece.Piece)));
        return Build(tokens, first, [], [.. Enumerable.Repeat(0f, first), .. pieces.Select(piece => piece.Score)], withBytes: true, null);
    }

    /// <summary>The same pieces, merged by rank.</summary>
    internal static TokenVocabulary Ranked(IReadOnlyList<string> pieces, IEnumerable<(string Left, string Right)> merges)
    {
        List<byte[]> tokens = Tokens(withBytes: true);
        int first = tokens.Count;
        tokens.AddRange(pieces.Select(Encoding.UTF8.GetBytes));
        int Id(string piece) => first + pieces.ToList().IndexOf(piece);
        return Build(
            tokens, first, [.. merges.Select(merge => new TokenMerge(Id(merge.Left), Id(merge.Right), Id(merge.Left + merge.Right)))], null,
            withBytes: true, null);
    }

    /// <summary>Merges the pair with the best score, the leftmost among equals, over and over; then falls back to bytes.</summary>
    internal static List<int> EncodePlainly(IReadOnlyDictionary<string, (int Id, float Score)> pieces, string text)
    {
        List<string> symbols = [.. (" " + text).EnumerateRunes().Select(rune => rune.ToString())];
        while (true)
        {
            int best = -1;
            float bestScore = float.NegativeInfinity;
            for (int left = 0; left < symbols.Count - 1; left++)
            {
                if (pieces.TryGetValue(symbols[left] + symbols[left + 1], out (int Id, float Score) piece) && piece.Score > bestScore)
                {
                    (best, bestScore) = (left, piece.Score);
                }
            }

            if (best < 0)
            {
                break;
            }

            symbols[best] += symbols[best + 1];
            symbols.RemoveAt(best + 1);
        }

        return
        [
            .. symbols.SelectMany(symbol => pieces.TryGetValue(symbol, out (int Id, float Score) piece)
                ? [piece.Id]
                : Encoding.UTF8.GetBytes(symbol).Select(value => FirstByte + value)),
        ];
    }

    /// <summary>The ordinary pieces of a vocabulary by their text.</summary>
    internal static Dictionary<string, (int Id, float Score)> ByText(TokenVocabulary vocabulary) =>
        Enumerable.Range(FirstByte + 256, vocabulary.Count - FirstByte - 256)
            .ToDictionary(id => Encoding.UTF8.GetString(vocabulary.TokenBytes(id)), id => (id, vocabulary.Scores[id]));

    private static List<byte[]> Tokens(bool withBytes) =>
    [
        "<unk>"u8.ToArray(), "<s>"u8.ToArray(), "</s>"u8.ToArray(),
        .. Enumerable.Range(0, withBytes ? 256 : 0).Select(value => new[] { (byte)value }),
    ];

    private static TokenVocabulary Build(
        List<byte[]> tokens, int first, TokenMerge[] merges, float[]? scores, bool withBytes, Func<TokenizerRules, TokenizerRules>? change)
    {
        (byte[] blob, int[] starts) = VocabularyContent.Join(tokens);
        VocabularyContent content = new()
        {
            Blob = blob,
            Starts = starts,
            Merges = merges,
            AddedTokens = [new AddedToken(Unknown), new AddedToken(Begin), new AddedToken(End)],
            Scores = scores,
            ByteTokens = withBytes ? [.. Enumerable.Range(FirstByte, 256)] : null,
            Rules = change is null ? Llama : change(Llama),
        };
        return TokenVocabulary.TryAdopt(content, out TokenVocabulary? vocabulary, out VocabularyFault fault)
            ? vocabulary
            : throw new ArgumentException(string.Create(CultureInfo.InvariantCulture, $"{fault.Reason} ({first} tokens before the pieces)"));
    }
}
