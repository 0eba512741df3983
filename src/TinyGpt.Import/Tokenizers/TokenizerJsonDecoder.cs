using TinyGpt.Format;
using TinyGpt.Text;

namespace TinyGpt.Import.Tokenizers;

/// <summary>
/// Checks the decoder of <c>tokenizer.json</c>: the way back is the same for every tokenizer of a kind, so a file can only agree or be refused.
/// </summary>
internal static class TokenizerJsonDecoder
{
    private static readonly string Space = TokenSpellings.Space.ToString();

    internal static void Check(TokenizerPart part, TokenizerRules rules)
    {
        if (part.Types.Count == 0)
        {
            return;
        }

        bool agrees = rules.Kind switch
        {
            TokenizerKind.ByteLevel => part.Types is ["ByteLevel"],
            TokenizerKind.Words => part.Types is ["BPEDecoder"] && part.Steps[0].Text("suffix") == TokenSpellings.WordEnd,
            _ => JoinsPieces(part, strips: rules.PrefixSpace != PrefixSpace.None),
        };
        if (!agrees)
        {
            throw part.CombinationNotSupported();
        }
    }

    private static bool JoinsPieces(TokenizerPart part, bool strips) => part.Types switch
    {
        ["Metaspace"] => true,
        ["Replace", "ByteFallback", "Fuse"] => !strips && WritesSpaces(part.Steps[0]),
        ["Replace", "ByteFallback", "Fuse", "Strip"] => strips && WritesSpaces(part.Steps[0]) && StripsOne(part.Steps[3]),
        _ => false,
    };

    private static bool WritesSpaces(CheckedJson step)
    {
        CheckedJson pattern = step.Object("pattern");
        return pattern.Has("String") && pattern.Text("String") == Space && step.Text("content") == " ";
    }

    private static bool StripsOne(CheckedJson step) => step.Text("content") == " " && step.Int32("start") == 1 && step.Int32("stop") == 0;
}
