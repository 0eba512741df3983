using System.Text.Unicode;
using TinyGpt.Text.Merging;

namespace TinyGpt.Text;

/// <summary>
/// Checks everything that holds for every <see cref="TokenVocabulary"/> except that tokens are unique, which their index finds out. Counts and
/// lengths have been checked before.
/// </summary>
internal static class VocabularyValidation
{
    private const TextNormalization AllSteps = TextNormalization.Compose | TextNormalization.Clean | TextNormalization.SeparateIdeographs
        | TextNormalization.StripAccents | TextNormalization.Lowercase;

    private const AddedTokenTraits AllTraits =
        AddedTokenTraits.UserDefined | AddedTokenTraits.StripsLeft | AddedTokenTraits.StripsRight | AddedTokenTraits.WithPrefix;

    /// <summary>What is wrong with the parts, or null.</summary>
    /// <param name="content">The parts.</param>
    /// <param name="mergeIndex">An empty index of the merges, which is filled.</param>
    internal static VocabularyFault? FindFault(VocabularyContent content, MergeIndex mergeIndex)
    {
        if (DescribeRulesFault(content) is { } wrongRules)
        {
            return new VocabularyFault(wrongRules, VocabularyPart.Rules, 0);
        }

        for (int index = 0; index < content.AddedTokens.Length; index++)
        {
            if (DescribeAddedTokenFault(content, index) is { } reason)
            {
                return new VocabularyFault(reason, VocabularyPart.AddedTokens, index);
            }
        }

        int[] addedIds = [.. content.AddedTokens.Select(token => token.Id)];
        for (int rank = 0; rank < content.Merges.Length; rank++)
        {
            string? reason = DescribeMergeFault(content, addedIds, content.Merges[rank]);
            if (reason is null && !mergeIndex.TryAdd(rank, out int same))
            {
                reason = $"joins the same pair as merge {same}";
            }

            if (reason is not null)
            {
                return new VocabularyFault($"merge {rank} {reason}", VocabularyPart.Merges, rank);
            }
        }

        for (int id = 0; id < content.Scores?.Length; id++)
        {
            if (!float.IsFinite(content.Scores[id]))
            {
                return new VocabularyFault($"the score of token {id} is not finite", VocabularyPart.Scores, id);
            }
        }

        for (int value = 0; value < content.ByteTokens?.Length; value++)
        {
            if (DescribeByteTokenFault(content, addedIds, value) is { } reason)
            {
                return new VocabularyFault(reason, VocabularyPart.ByteTokens, value);
            }
        }

        return null;
    }

    private static string? DescribeRulesFault(VocabularyContent content)
    {
        TokenizerRules rules = content.Rules;
        bool splits = rules.Kind switch
        {
            TokenizerKind.ByteLevel => rules.Splitting is >= PreSplitting.Gpt2 and <= PreSplitting.Qwen2,
            TokenizerKind.SentencePiece => rules.Splitting is PreSplitting.None or PreSplitting.Spaces,
            TokenizerKind.Words => rules.Splitting is PreSplitting.Bert,
            _ => false,
        };
        TextNormalization possible = rules.Kind switch
        {
            TokenizerKind.ByteLevel => TextNormalization.Compose | TextNormalization.Lowercase,
            TokenizerKind.SentencePiece => TextNormalization.None,
            _ => AllSteps,
        };
        return !splits ? $"splitting {(int)rules.Splitting} is not possible for kind {(int)rules.Kind}"
            : (rules.Normalization & ~possible) != 0 ? $"normalization {(int)rules.Normalization} is not possible for kind {(int)rules.Kind}"
            : rules.PrefixSpace > PrefixSpace.UnlessThere ? $"prefix space {(int)rules.PrefixSpace} is unknown"
            : rules.Kind == TokenizerKind.Words && rules.PrefixSpace != PrefixSpace.None ? "words have no space before them"
            : rules.WholePiecesFirst && rules.Kind != TokenizerKind.ByteLevel ? "only byte-level vocabularies look for whole pieces first"
            : DescribeNamedTokenFault(content, rules.BeginOfText, "begin-of-text")
                ?? DescribeNamedTokenFault(content, rules.Unknown, "unknown")
                ?? DescribePartsFault(content);
    }

    private static string? DescribeNamedTokenFault(VocabularyContent content, int? id, string name) =>
        id is not { } token ? null
        : (uint)token >= (uint)content.Count ? $"the {name} token has id {(uint)token}, but ids end at {content.Count - 1}"
        : content.Bytes(token).IsEmpty ? $"the {name} token {token} has no bytes"
        : null;

    /// <summary>Whether the parts are those that the kind needs.</summary>
    private static string? DescribePartsFault(VocabularyContent content)
    {
        bool mayFallBack = content.Rules.Kind == TokenizerKind.SentencePiece;
        return content.Scores is not null && (!mayFallBack || content.Merges.Length > 0) ? "scores are for vocabularies of pieces without merges"
            : content.ByteTokens is not null && !mayFallBack ? "byte tokens are for vocabularies of pieces"
            : content.Rules.Kind != TokenizerKind.ByteLevel && content.Rules.Unknown is null && content.ByteTokens?.Contains(-1) != false
                ? "there is neither an unknown token nor one for each byte"
            : null;
    }

    private static string? DescribeAddedTokenFault(VocabularyContent content, int index)
    {
        (int id, AddedTokenTraits traits) = content.AddedTokens[index];
        if ((uint)id >= (uint)content.Count)
        {
            return $"special token {index} has id {(uint)id}, but ids end at {content.Count - 1}";
        }

        if (index > 0 && id <= content.AddedTokens[index - 1].Id)
        {
            return $"special token {index} has id {id}, which is not greater than the one before it";
        }

        ReadOnlySpan<byte> bytes = content.Bytes(id);
        return bytes.IsEmpty ? $"special token {id} has no bytes"
            : !Utf8.IsValid(bytes) ? $"special token {id} is not valid UTF-8"
            : (traits & ~AllTraits) != 0 ? $"special token {id} has unknown traits {(int)traits}"
            : (traits & AddedTokenTraits.WithPrefix) != 0 && content.Rules is not { Kind: TokenizerKind.SentencePiece, PrefixSpace: PrefixSpace.Always }
                ? $"special token {id} is looked for after the prefix space, and there is none"
            : null;
    }

    private static string? DescribeMergeFault(VocabularyContent content, int[] addedIds, TokenMerge merge)
    {
        foreach (int id in (ReadOnlySpan<int>)[merge.Left, merge.Right, merge.Result])
        {
            if ((uint)id >= (uint)content.Count)
            {
                return $"names token {(uint)id}, but ids end at {content.Count - 1}";
            }

            if (content.Bytes(id).IsEmpty)
            {
                return $"names token {id}, which has no bytes";
            }

            if (addedIds.AsSpan().BinarySearch(id) >= 0)
            {
                return $"names token {id}, which is special";
            }
        }

        ReadOnlySpan<byte> left = content.Bytes(merge.Left);
        ReadOnlySpan<byte> right = content.Bytes(merge.Right);
        ReadOnlySpan<byte> result = content.Bytes(merge.Result);
        return result.Length == left.Length + right.Length && result.StartsWith(left) && result.EndsWith(right)
            ? null
            : $"makes token {merge.Result}, whose bytes are not those of tokens {merge.Left} and {merge.Right}";
    }

    private static string? DescribeByteTokenFault(VocabularyContent content, int[] addedIds, int value)
    {
        int id = content.ByteTokens![value];
        return id == -1 ? null
            : (uint)id >= (uint)content.Count ? $"byte 0x{value:X2} has token {(uint)id}, but ids end at {content.Count - 1}"
            : !content.Bytes(id).SequenceEqual([(byte)value]) ? $"byte 0x{value:X2} has token {id}, whose bytes are others"
            : addedIds.AsSpan().BinarySearch(id) >= 0 ? $"byte 0x{value:X2} has token {id}, which is special"
            : null;
    }
}
