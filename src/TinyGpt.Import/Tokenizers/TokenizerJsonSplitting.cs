using TinyGpt.Format;
using TinyGpt.Text;

namespace TinyGpt.Import.Tokenizers;

/// <summary>What the pre-tokenizer of <c>tokenizer.json</c> does.</summary>
/// <param name="Kind">The kind of tokenizer that has such splitting; null where there is no pre-tokenizer.</param>
/// <param name="Splitting">How text is cut.</param>
/// <param name="PrefixSpace">Whether a text begins with a space that is not its own.</param>
/// <param name="PrefixAfterAddedTokens">Whether text after an added token does too.</param>
internal readonly record struct TokenizerJsonSplitting(
    TokenizerKind? Kind, PreSplitting Splitting, PrefixSpace PrefixSpace, bool PrefixAfterAddedTokens)
{
    private const string Gpt2Pattern = @"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+";
    private const string Gpt4Start = @"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|";
    private const string Gpt4End = @"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

    /// <summary>The patterns for which there is a scanner, as the files of these models write them.</summary>
    private static readonly Dictionary<string, PreSplitting> Patterns = new(StringComparer.Ordinal)
    {
        [Gpt2Pattern] = PreSplitting.Gpt2,
        [Gpt4Start + @"\p{N}{1,3}" + Gpt4End] = PreSplitting.Gpt4,
        [Gpt4Start + @"\p{N}" + Gpt4End] = PreSplitting.Qwen2,
    };

    /// <summary>The pattern of a splitting that has one, as its models' files write it.</summary>
    internal static string PatternOf(PreSplitting splitting) => Patterns.First(pattern => pattern.Value == splitting).Key;

    internal static TokenizerJsonSplitting Read(TokenizerPart part)
    {
        for (int index = 0; index < part.Types.Count; index++)
        {
            if (part.Types[index] is not ("ByteLevel" or "Split" or "Digits" or "Metaspace" or "BertPreTokenizer"))
            {
                throw part.NotSupported(index);
            }
        }

        return part.Types switch
        {
            [] => new(null, PreSplitting.None, PrefixSpace.None, false),
            ["ByteLevel"] => ReadByteLevel(part, 0, hasPattern: true, PreSplitting.Gpt2),
            ["Digits", "ByteLevel"] => ReadByteLevel(part, 1, hasPattern: true, ReadDigits(part, 0)),
            ["Split", "ByteLevel"] => ReadByteLevel(part, 1, hasPattern: false, ReadSplit(part, 0)),
            ["Metaspace"] => ReadMetaspace(part, 0),
            ["BertPreTokenizer"] => new(TokenizerKind.Words, PreSplitting.Bert, PrefixSpace.None, false),
            _ => throw part.CombinationNotSupported(),
        };
    }

    private static TokenizerJsonSplitting ReadByteLevel(TokenizerPart part, int index, bool hasPattern, PreSplitting splitting)
    {
        CheckedJson step = part.Steps[index];
        step.AllowOnly("type", "add_prefix_space", "trim_offsets", "use_regex");
        if ((!step.Has("use_regex") || step.Boolean("use_regex")) != hasPattern)
        {
            throw part.NotSupported(index, hasPattern ? "without 'use_regex'" : "with 'use_regex' after another pattern");
        }

        bool prefixes = step.Has("add_prefix_space") && step.Boolean("add_prefix_space");
        if (prefixes && splitting != PreSplitting.Gpt2)
        {
            throw part.NotSupported(index, "with 'add_prefix_space' after another step"); // it would put a space before every piece
        }

        return new(TokenizerKind.ByteLevel, splitting, prefixes ? PrefixSpace.UnlessThere : PrefixSpace.None, prefixes);
    }

    private static PreSplitting ReadDigits(TokenizerPart part, int index)
    {
        CheckedJson step = part.Steps[index];
        step.AllowOnly("type", "individual_digits");
        return step.Boolean("individual_digits") ? PreSplitting.DigitsThenGpt2 : throw part.NotSupported(index, "without 'individual_digits'");
    }

    private static PreSplitting ReadSplit(TokenizerPart part, int index)
    {
        CheckedJson step = part.Steps[index];
        step.AllowOnly("type", "pattern", "behavior", "invert");
        CheckedJson pattern = step.Object("pattern");
        if (!pattern.Has("Regex") || !Patterns.TryGetValue(pattern.Text("Regex"), out PreSplitting splitting))
        {
            throw part.NotSupported(index, $"by the pattern '{pattern.Text(pattern.Has("Regex") ? "Regex" : "String")}'");
        }

        // The patterns match all of a text, so that isolating the matches and removing what is between them are the same.
        bool inverts = step.Has("invert") && step.Boolean("invert");
        string behavior = step.Text("behavior");
        return (behavior, inverts) is ("Isolated", _) or ("Removed", true)
            ? splitting
            : throw part.NotSupported(index, $"with behavior '{behavior}'");
    }

    private static TokenizerJsonSplitting ReadMetaspace(TokenizerPart part, int index)
    {
        CheckedJson step = part.Steps[index];
        step.AllowOnly("type", "replacement", "str_rep", "add_prefix_space", "prepend_scheme", "split");
        if (step.Text("replacement") is var replacement && replacement != TokenSpellings.Space.ToString())
        {
            throw part.NotSupported(index, $"with replacement '{replacement}'");
        }

        string scheme = step.Has("prepend_scheme") ? step.Text("prepend_scheme")
            : !step.Has("add_prefix_space") || step.Boolean("add_prefix_space") ? "always"
            : "never";
        if (scheme is not ("always" or "first" or "never"))
        {
            throw part.NotSupported(index, $"with prepend_scheme '{scheme}'");
        }

        bool splits = !step.Has("split") || step.Boolean("split");
        return new(
            TokenizerKind.SentencePiece,
            splits ? PreSplitting.Spaces : PreSplitting.None,
            scheme == "never" ? PrefixSpace.None : PrefixSpace.UnlessThere,
            scheme == "always");
    }
}
