using System.Text;

namespace TinyGpt.Text;

/// <summary>The parts that a <see cref="TokenVocabulary"/> is made of, not checked yet.</summary>
internal sealed class VocabularyContent
{
    /// <summary>All tokens' bytes, in the order of their ids.</summary>
    internal required byte[] Blob { get; init; }

    /// <summary>Where each id's token begins in <see cref="Blob"/>, and the end: one more than there are ids, ascending from 0.</summary>
    internal required int[] Starts { get; init; }

    /// <summary>The merges in the order of their ranks; none where <see cref="Scores"/> say what merges.</summary>
    internal TokenMerge[] Merges { get; init; } = [];

    /// <summary>The added tokens, ids ascending.</summary>
    internal AddedToken[] AddedTokens { get; init; } = [];

    /// <summary>For each id how early its token is made, higher first; null where merges say it.</summary>
    internal float[]? Scores { get; init; }

    /// <summary>The byte token of each of the 256 bytes, for bytes that no other token covers, or -1; null if there are none.</summary>
    internal int[]? ByteTokens { get; init; }

    internal TokenizerRules Rules { get; init; } = TokenizerRules.Gpt2;

    internal int Count => Starts.Length - 1;

    internal ReadOnlySpan<byte> Bytes(int id) => Blob.AsSpan(Starts[id]..Starts[id + 1]);

    /// <summary>Whether a token is a byte token.</summary>
    internal bool IsByte(int id) => ByteTokens is not null && Bytes(id) is [byte value] && ByteTokens[value] == id;

    /// <summary>Whether an added token has the bytes of an ordinary one.</summary>
    internal bool HasTwins
    {
        get
        {
            HashSet<int> addedIds = [.. AddedTokens.Select(token => token.Id)];
            HashSet<string> added = new(addedIds.Select(id => Encoding.Latin1.GetString(Bytes(id))), StringComparer.Ordinal);
            HashSet<int> lengths = [.. added.Select(text => text.Length)];
            for (int id = 0; id < Count; id++)
            {
                ReadOnlySpan<byte> bytes = Bytes(id);
                if (lengths.Contains(bytes.Length) && !addedIds.Contains(id) && added.Contains(Encoding.Latin1.GetString(bytes)))
                {
                    return true;
                }
            }

            return false;
        }
    }

    /// <summary>Joins tokens that were given one by one; their number and lengths have been checked.</summary>
    internal static (byte[] Blob, int[] Starts) Join(IReadOnlyList<byte[]> tokens)
    {
        int[] starts = new int[tokens.Count + 1];
        for (int id = 0; id < tokens.Count; id++)
        {
            starts[id + 1] = starts[id] + tokens[id].Length;
        }

        byte[] blob = new byte[starts[^1]];
        for (int id = 0; id < tokens.Count; id++)
        {
            tokens[id].CopyTo(blob, starts[id]);
        }

        return (blob, starts);
    }
}
