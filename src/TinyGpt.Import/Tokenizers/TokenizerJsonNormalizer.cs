using TinyGpt.Format;
using TinyGpt.Text;

namespace TinyGpt.Import.Tokenizers;

/// <summary>What the normalizer of <c>tokenizer.json</c> does.</summary>
/// <param name="Steps">Changes of characters.</param>
/// <param name="Prepends">Whether it puts a space before a text.</param>
/// <param name="WritesSpaces">Whether it writes spaces as SentencePiece does.</param>
internal readonly record struct TokenizerJsonNormalizer(TextNormalization Steps, bool Prepends, bool WritesSpaces)
{
    private static readonly string Space = TokenSpellings.Space.ToString();

    internal static TokenizerJsonNormalizer Read(TokenizerPart part)
    {
        TokenizerJsonNormalizer result = default;
        for (int index = 0; index < part.Steps.Count; index++)
        {
            CheckedJson step = part.Steps[index];
            TextNormalization added = part.Types[index] switch
            {
                "NFC" => ReadPlain(step, TextNormalization.Compose),
                "Lowercase" => ReadPlain(step, TextNormalization.Lowercase),
                "BertNormalizer" => ReadBert(step),
                "Prepend" or "Replace" => TextNormalization.None,
                _ => throw part.NotSupported(index),
            };

            // Steps are done in one order, whatever the file's: that of their values.
            if (added != TextNormalization.None && (result.Steps >= added || result.Prepends || result.WritesSpaces))
            {
                throw part.CombinationNotSupported();
            }

            result = part.Types[index] switch
            {
                "Prepend" when !result.Prepends => result with { Prepends = ReadPrepend(part, index) },
                "Replace" when !result.WritesSpaces => result with { WritesSpaces = ReadReplace(part, index) },
                "Prepend" or "Replace" => throw part.CombinationNotSupported(),
                _ => result with { Steps = result.Steps | added },
            };
        }

        return result;
    }

    private static TextNormalization ReadPlain(CheckedJson step, TextNormalization value)
    {
        step.AllowOnly("type");
        return value;
    }

    private static TextNormalization ReadBert(CheckedJson step)
    {
        step.AllowOnly("type", "clean_text", "handle_chinese_chars", "strip_accents", "lowercase");
        bool lowercase = step.Boolean("lowercase");
        bool strips = step.Has("strip_accents") ? step.Boolean("strip_accents") : lowercase;
        return (step.Boolean("clean_text") ? TextNormalization.Clean : 0)
            | (step.Boolean("handle_chinese_chars") ? TextNormalization.SeparateIdeographs : 0)
            | (strips ? TextNormalization.StripAccents : 0)
            | (lowercase ? TextNormalization.Lowercase : 0);
    }

    private static bool ReadPrepend(TokenizerPart part, int index)
    {
        CheckedJson step = part.Steps[index];
        step.AllowOnly("type", "prepend");
        string text = step.Text("prepend");
        return text == Space ? true : throw part.NotSupported(index, $"of '{text}'");
    }

    private static bool ReadReplace(TokenizerPart part, int index)
    {
        CheckedJson step = part.Steps[index];
        step.AllowOnly("type", "pattern", "content");
        CheckedJson pattern = step.Object("pattern");
        return pattern.Has("String") && pattern.Text("String") == " " && step.Text("content") == Space
            ? true
            : throw part.NotSupported(index, $"of other than a space by '{Space}'");
    }
}
