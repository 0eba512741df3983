using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using TinyGpt.Format;
using TinyGpt.Import.Tokenizers;
using TinyGpt.Text;

namespace TinyGpt.Training;

/// <summary>
/// Writes a byte-level tokenizer whole, as <c>tokenizer.json</c> and <c>tokenizer_config.json</c>: tokens and merges, added tokens, splitting,
/// normalization, what begins and ends a text, and the chat template. What is read back from the files is the same vocabulary. Thread-safe.
/// </summary>
internal static class TokenizerJson
{
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, Indented = true };

    /// <summary>Writes both files, each by a temporary file that takes its name.</summary>
    /// <param name="folder">An existing folder.</param>
    /// <param name="vocabulary">
    /// The vocabulary, of the byte-level kind. Unused ids after all others are left out. One between others, which readers refuse, becomes a
    /// special token that is named so.
    /// </param>
    /// <param name="chat">How the model was taught to talk, or null.</param>
    /// <param name="endOfText">The token that ends a text, or null.</param>
    public static void Write(string folder, TokenVocabulary vocabulary, ChatFormat? chat, int? endOfText)
    {
        WriteJson(Path.Combine(folder, "tokenizer.json"), json => WriteTokenizer(json, vocabulary));
        WriteJson(Path.Combine(folder, "tokenizer_config.json"), json => WriteConfig(json, vocabulary, chat, endOfText));
    }

    private static void WriteJson(string file, Action<Utf8JsonWriter> writeMembers) => AtomicFile.Write(file, stream =>
    {
        using Utf8JsonWriter json = new(stream, Options);
        json.WriteStartObject();
        writeMembers(json);
        json.WriteEndObject();
    });

    private static void WriteTokenizer(Utf8JsonWriter json, TokenVocabulary vocabulary)
    {
        json.WriteString("version", "1.0");
        json.WriteNull("truncation");
        json.WriteNull("padding");
        json.WriteStartArray("added_tokens");
        foreach (AddedToken token in vocabulary.AddedTokens)
        {
            WriteAddedToken(json, token, vocabulary.TokenBytes(token.Id));
        }

        foreach (int id in UnusedBetweenOthers(vocabulary))
        {
            WriteAddedToken(json, new AddedToken(id), Encoding.UTF8.GetBytes($"<|unused-{id}|>"));
        }

        json.WriteEndArray();
        TokenizerRules rules = vocabulary.Rules;
        WriteNormalizer(json, rules.Normalization);
        WritePreTokenizer(json, rules);
        WritePostProcessor(json, vocabulary);
        WriteByteLevel(json, "decoder", addsPrefixSpace: false, usesPattern: true);
        WriteModel(json, vocabulary);
    }

    private static IEnumerable<int> UnusedBetweenOthers(TokenVocabulary vocabulary)
    {
        int[] used = [.. Enumerable.Range(0, vocabulary.Count).Where(id => !vocabulary.TokenBytes(id).IsEmpty)];
        return used.Length == 0 ? [] : Enumerable.Range(0, used[^1]).Except(used);
    }

    private static void WriteAddedToken(Utf8JsonWriter json, AddedToken token, ReadOnlySpan<byte> content)
    {
        json.WriteStartObject();
        json.WriteNumber("id", token.Id);
        json.WriteString("content", content);
        json.WriteBoolean("single_word", false);
        json.WriteBoolean("lstrip", (token.Traits & AddedTokenTraits.StripsLeft) != 0);
        json.WriteBoolean("rstrip", (token.Traits & AddedTokenTraits.StripsRight) != 0);
        json.WriteBoolean("normalized", false);
        json.WriteBoolean("special", !token.IsUserDefined);
        json.WriteEndObject();
    }

    private static void WriteNormalizer(Utf8JsonWriter json, TextNormalization normalization)
    {
        string[] steps =
        [
            .. (normalization & TextNormalization.Compose) != 0 ? (string[])["NFC"] : [],
            .. (normalization & TextNormalization.Lowercase) != 0 ? (string[])["Lowercase"] : [],
        ];
        WriteSequence(json, "normalizer", "normalizers", [.. steps.Select(step => (Action)(() => WriteStep(json, step)))]);
    }

    private static void WritePreTokenizer(Utf8JsonWriter json, TokenizerRules rules)
    {
        Action? before = rules.Splitting switch
        {
            PreSplitting.DigitsThenGpt2 => Digits,
            PreSplitting.Gpt4 or PreSplitting.Qwen2 => Split,
            _ => null,
        };
        bool usesPattern = rules.Splitting is PreSplitting.Gpt2 or PreSplitting.DigitsThenGpt2;
        void ByteLevel() => WriteByteLevel(json, rules.PrefixSpace != PrefixSpace.None, usesPattern);
        WriteSequence(json, "pre_tokenizer", "pretokenizers", before is null ? [ByteLevel] : [before, ByteLevel]);

        void Digits()
        {
            WriteStep(json, "Digits");
            json.WriteBoolean("individual_digits", true);
        }

        void Split()
        {
            WriteStep(json, "Split");
            json.WriteStartObject("pattern");
            json.WriteString("Regex", TokenizerJsonSplitting.PatternOf(rules.Splitting));
            json.WriteEndObject();
            json.WriteString("behavior", "Isolated");
            json.WriteBoolean("invert", false);
        }
    }

    private static void WritePostProcessor(Utf8JsonWriter json, TokenVocabulary vocabulary)
    {
        if (vocabulary.Rules.BeginOfText is not { } begin)
        {
            json.WriteNull("post_processor");
            return;
        }

        string token = TextOf(vocabulary, begin);
        json.WriteStartObject("post_processor");
        json.WriteString("type", "TemplateProcessing");
        WriteTemplate(json, "single", token, ["A"]);
        WriteTemplate(json, "pair", token, ["A", "B"]);
        json.WriteStartObject("special_tokens");
        json.WriteStartObject(token);
        json.WriteString("id", token);
        json.WriteStartArray("ids");
        json.WriteNumberValue(begin);
        json.WriteEndArray();
        json.WriteStartArray("tokens");
        json.WriteStringValue(token);
        json.WriteEndArray();
        json.WriteEndObject();
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void WriteTemplate(Utf8JsonWriter json, string name, string begin, string[] texts)
    {
        json.WriteStartArray(name);
        foreach (string text in texts)
        {
            WritePiece("SpecialToken", begin);
            WritePiece("Sequence", text);
        }

        json.WriteEndArray();

        void WritePiece(string kind, string id)
        {
            json.WriteStartObject();
            json.WriteStartObject(kind);
            json.WriteString("id", id);
            json.WriteNumber("type_id", 0);
            json.WriteEndObject();
            json.WriteEndObject();
        }
    }

    private static void WriteModel(Utf8JsonWriter json, TokenVocabulary vocabulary)
    {
        json.WriteStartObject("model");
        json.WriteString("type", "BPE");
        json.WriteNull("dropout");
        json.WriteNull("unk_token");
        json.WriteNull("continuing_subword_prefix");
        json.WriteNull("end_of_word_suffix");
        json.WriteBoolean("fuse_unk", false);
        json.WriteBoolean("byte_fallback", false);
        json.WriteBoolean("ignore_merges", vocabulary.Rules.WholePiecesFirst);
        json.WriteStartObject("vocab");
        for (int id = 0; id < vocabulary.Count; id++)
        {
            if (!vocabulary.TokenBytes(id).IsEmpty && !vocabulary.IsAdded(id))
            {
                json.WriteNumber(ByteAlphabet.Encode(vocabulary.TokenBytes(id)), id);
            }
        }

        json.WriteEndObject();
        json.WriteStartArray("merges");
        foreach (TokenMerge merge in vocabulary.Merges)
        {
            json.WriteStringValue($"{ByteAlphabet.Encode(vocabulary.TokenBytes(merge.Left))} {ByteAlphabet.Encode(vocabulary.TokenBytes(merge.Right))}");
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteConfig(Utf8JsonWriter json, TokenVocabulary vocabulary, ChatFormat? chat, int? endOfText)
    {
        json.WriteString("tokenizer_class", "PreTrainedTokenizerFast");
        json.WriteBoolean("clean_up_tokenization_spaces", false);
        if (vocabulary.Rules.BeginOfText is { } begin)
        {
            json.WriteString("bos_token", TextOf(vocabulary, begin));
            json.WriteBoolean("add_bos_token", true);
        }

        if (endOfText is { } end && vocabulary.IsAdded(end))
        {
            json.WriteString("eos_token", TextOf(vocabulary, end));
        }

        WriteChatTemplates(json, chat);
    }

    /// <summary>The model's own templates, word for word. A model without any gets the one of its family.</summary>
    private static void WriteChatTemplates(Utf8JsonWriter json, ChatFormat? chat)
    {
        if (chat is not { Templates.Count: > 0 })
        {
            if (ChatTemplates.Write(chat) is { } template)
            {
                json.WriteString("chat_template", template);
            }

            return;
        }

        json.WriteStartArray("chat_template");
        foreach (NamedChatTemplate own in chat.Templates)
        {
            json.WriteStartObject();
            json.WriteString("name", own.Name);
            json.WriteString("template", own.Source);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    /// <summary>Writes no step as null, one as itself, and several as a sequence.</summary>
    private static void WriteSequence(Utf8JsonWriter json, string name, string listName, Action[] steps)
    {
        if (steps.Length == 0)
        {
            json.WriteNull(name);
            return;
        }

        json.WriteStartObject(name);
        if (steps.Length == 1)
        {
            steps[0]();
        }
        else
        {
            json.WriteString("type", "Sequence");
            json.WriteStartArray(listName);
            foreach (Action step in steps)
            {
                json.WriteStartObject();
                step();
                json.WriteEndObject();
            }

            json.WriteEndArray();
        }

        json.WriteEndObject();
    }

    private static void WriteStep(Utf8JsonWriter json, string type) => json.WriteString("type", type);

    private static void WriteByteLevel(Utf8JsonWriter json, string name, bool addsPrefixSpace, bool usesPattern)
    {
        json.WriteStartObject(name);
        WriteByteLevel(json, addsPrefixSpace, usesPattern);
        json.WriteEndObject();
    }

    private static void WriteByteLevel(Utf8JsonWriter json, bool addsPrefixSpace, bool usesPattern)
    {
        WriteStep(json, "ByteLevel");
        json.WriteBoolean("add_prefix_space", addsPrefixSpace);
        json.WriteBoolean("trim_offsets", true);
        json.WriteBoolean("use_regex", usesPattern);
    }

    private static string TextOf(TokenVocabulary vocabulary, int id) => Encoding.UTF8.GetString(vocabulary.TokenBytes(id));
}
