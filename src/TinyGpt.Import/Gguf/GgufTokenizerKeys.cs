using TinyGpt.Import.Tokenizers;

namespace TinyGpt.Import.Gguf;

/// <summary>Reads what the metadata of a GGUF file says of the model's tokenizer.</summary>
internal static class GgufTokenizerKeys
{
    private const string Prefix = "tokenizer.ggml.";
    private const string ModelKey = Prefix + "model";
    private const string ChatTemplateKey = "tokenizer.chat_template";
    private const string ChatTemplateNamesKey = "tokenizer.chat_templates";
    private const int MostChatTemplateNames = 64;
    private const string NoModel = "no_vocab";

    // A byte may take two where tokens are spelled in a printable alphabet, and a merge is two tokens with a space.
    private const int LongestToken = 2 * TokenVocabulary.MostTokenBytes;
    private const int LongestMerge = (2 * LongestToken) + 1;

    /// <summary>Reads the tokenizer.</summary>
    /// <param name="metadata">The file's metadata.</param>
    /// <param name="vocabularySize">The model's number of ids.</param>
    /// <returns>Null where there is none.</returns>
    /// <exception cref="ModelFormatException">It is damaged, contradicts itself or needs something that is not supported.</exception>
    public static TokenizerContent? Read(GgufMetadata metadata, int vocabularySize)
    {
        if (!metadata.Has(ModelKey) || metadata.Text(ModelKey) is not (var model and not NoModel))
        {
            return null;
        }

        int? Number(string name) => metadata.Has(Prefix + name) ? metadata.Int32(Prefix + name) : null;
        bool? Flag(string name) => metadata.Has(Prefix + name) ? metadata.Boolean(Prefix + name) : null;
        return new GgufTokenizer
        {
            File = metadata.File,
            Model = model,
            Pre = metadata.Has(Prefix + "pre") ? metadata.Text(Prefix + "pre") : null,
            Tokens = metadata.Texts(Prefix + "tokens", TokenVocabulary.MostTokens, LongestToken),
            Scores = metadata.Has(Prefix + "scores") ? metadata.Singles(Prefix + "scores", TokenVocabulary.MostTokens) : null,
            TokenTypes = metadata.Has(Prefix + "token_type") ? metadata.Int32s(Prefix + "token_type", TokenVocabulary.MostTokens) : null,
            Merges = metadata.Has(Prefix + "merges")
                ? metadata.Texts(Prefix + "merges", TokenVocabulary.MostMerges, LongestMerge)
                : null,
            BeginOfText = Number("bos_token_id"),
            EndOfText = Number("eos_token_id"),
            EndOfTurn = Number("eot_token_id"),
            EndOfMessage = Number("eom_token_id"),
            Unknown = Number("unknown_token_id"),
            AddsBeginOfText = Flag("add_bos_token"),
            AddsPrefixSpace = Flag("add_space_prefix"),
            ChatTemplates = ReadChatTemplates(metadata),
        }.ToContent(vocabularySize);
    }

    /// <summary>The template, and those whose names the file lists.</summary>
    private static List<NamedChatTemplate> ReadChatTemplates(GgufMetadata metadata)
    {
        string[] names = metadata.Has(ChatTemplateNamesKey)
            ? [.. metadata.Texts(ChatTemplateNamesKey, MostChatTemplateNames, NamedChatTemplate.MaxNameLength).Where(NamedChatTemplate.IsName)]
            : [];
        List<(string Name, string Key)> keys =
        [
            (NamedChatTemplate.Default, ChatTemplateKey),
            .. names.Select(name => (name, $"{ChatTemplateKey}.{name}")),
        ];
        return [.. keys.Where(entry => metadata.Has(entry.Key)).DistinctBy(entry => entry.Name).Take(ChatFormat.MaxTemplates)
            .Select(entry => new NamedChatTemplate(entry.Name, metadata.Text(entry.Key)))];
    }
}
