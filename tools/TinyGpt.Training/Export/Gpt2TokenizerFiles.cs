using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using TinyGpt.Format;
using TinyGpt.Import.Tokenizers;

namespace TinyGpt.Training;

/// <summary>Writes a byte-level vocabulary as GPT-2's own files. Thread-safe.</summary>
public static class Gpt2TokenizerFiles
{
    private static readonly string[] Names =
    [
        "tokenizer.json", "vocab.json", "merges.txt", "added_tokens.json", "special_tokens_map.json", "tokenizer_config.json",
        "chat_template.jinja", "generation_config.json",
    ];

    // Tokens as GPT-2's own file has them, readable: Ġthe, not \u0120the.
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Writes <c>vocab.json</c> and <c>merges.txt</c>, each by a temporary file that takes its name.</summary>
    /// <param name="folder">An existing folder.</param>
    /// <param name="vocabulary">The vocabulary. All its ids must be used, and its special tokens be plain ASCII.</param>
    public static void Write(string folder, TokenVocabulary vocabulary)
    {
        ArgumentNullException.ThrowIfNull(vocabulary);
        AtomicFile.Write(Path.Combine(folder, "vocab.json"), stream => WriteTokens(stream, vocabulary));
        AtomicFile.Write(Path.Combine(folder, "merges.txt"), stream => WriteMerges(stream, vocabulary));
    }

    /// <summary>
    /// Copies the files of a tokenizer from one folder to another, as they are, and with them those that say how a text ends and how the
    /// model was taught to talk.
    /// </summary>
    /// <param name="source">A folder with a tokenizer.</param>
    /// <param name="folder">An existing folder.</param>
    public static void Copy(string source, string folder)
    {
        foreach (string name in Names)
        {
            string file = Path.Combine(source, name);
            if (File.Exists(file))
            {
                AtomicFile.Write(Path.Combine(folder, name), stream =>
                {
                    using FileStream content = File.OpenRead(file);
                    content.CopyTo(stream);
                });
            }
        }
    }

    private static void WriteTokens(Stream stream, TokenVocabulary vocabulary)
    {
        using Utf8JsonWriter json = new(stream, Options);
        json.WriteStartObject();
        for (int id = 0; id < vocabulary.Count; id++)
        {
            json.WriteNumber(ByteAlphabet.Encode(vocabulary.TokenBytes(id)), id);
        }

        json.WriteEndObject();
    }

    private static void WriteMerges(Stream stream, TokenVocabulary vocabulary)
    {
        using StreamWriter writer = new(stream, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false), leaveOpen: true) { NewLine = "\n" };
        writer.WriteLine("#version: 0.2");
        foreach (TokenMerge merge in vocabulary.Merges)
        {
            writer.Write(ByteAlphabet.Encode(vocabulary.TokenBytes(merge.Left)));
            writer.Write(' ');
            writer.WriteLine(ByteAlphabet.Encode(vocabulary.TokenBytes(merge.Right)));
        }
    }
}
