using TinyGpt.Format;

namespace TinyGpt.Import.Tokenizers;

/// <summary>Reads which token the post-processor of <c>tokenizer.json</c> puts before a text.</summary>
internal static class TokenizerJsonPostProcessor
{
    private const int MostPieces = 16;

    /// <summary>The token, as it is written, or null where there is none.</summary>
    internal static string? ReadBeginOfText(TokenizerPart part)
    {
        string? begin = null;
        for (int index = 0; index < part.Steps.Count; index++)
        {
            switch (part.Types[index])
            {
                case "ByteLevel":
                    break; // only moves offsets
                case "TemplateProcessing" when begin is null:
                    begin = ReadTemplate(part, index);
                    break;
                default:
                    throw part.NotSupported(index);
            }
        }

        return begin;
    }

    private static string? ReadTemplate(TokenizerPart part, int index)
    {
        CheckedJson step = part.Steps[index];
        step.AllowOnly("type", "single", "pair", "special_tokens");
        string? begin = null;
        bool hasText = false;
        foreach (CheckedJson piece in step.Objects("single", MostPieces))
        {
            if (piece.Has("Sequence") && !hasText)
            {
                hasText = true;
            }
            else if (piece.Has("SpecialToken") && !hasText && begin is null)
            {
                begin = piece.Object("SpecialToken").Text("id");
            }
            else
            {
                throw part.NotSupported(index, "of other than one token before the text");
            }
        }

        return hasText ? begin : throw part.NotSupported(index, "without the text");
    }
}
