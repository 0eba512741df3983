using System.Buffers.Binary;
using System.Text;
using System.Text.Json.Nodes;
using TinyGpt.BadInput.Tests.Cases;
using TinyGpt.BadInput.Tests.Tokenizers;
using TinyGpt.BadInput.Victim;
using TinyGpt.Kernels;

namespace TinyGpt.BadInput.Tests.Tgpt;

/// <summary>A small valid <c>.tgpt</c> file, and the ways to damage it that the tables of cases are written in.</summary>
internal static class TgptDamage
{
    /// <summary>Where a chunk's content is looked at.</summary>
    public static readonly string[] WithContent = [Ways.TgptMapped, Ways.TgptVerified, Ways.TgptMemory, Ways.TgptStream];

    /// <summary>Where the hash of a chunk that could be used in place is looked at.</summary>
    public static readonly string[] WithHashes = [Ways.TgptVerified, Ways.TgptStream];

    /// <summary>Where the file's own length is known.</summary>
    public static readonly string[] WithLength = [Ways.TgptInfo, Ways.TgptMapped, Ways.TgptVerified, Ways.TgptMemory];

    /// <summary>One block with padding everywhere, untied.</summary>
    public static readonly ModelConfig Config = new()
    {
        Architecture = "gpt2",
        VocabularySize = SampleVocabulary.Tokens,
        ContextLength = 9,
        Width = 24,
        Layers = 1,
        Heads = 2,
        FeedForwardWidth = 20,
        NormEpsilon = 1e-5f,
        Activation = Activation.GeluErf,
        TiedHead = false,
        EndOfTextToken = 4,
    };

    private static readonly TgptDraft Draft = MakeDraft();

    /// <summary>The valid file.</summary>
    public static readonly byte[] Image = Draft.Build();

    public static InputFiles File(byte[] image) => InputFiles.File("model.tgpt", image);

    /// <summary>A copy of the valid file's parts.</summary>
    public static TgptDraft NewDraft() => Draft.Copy();

    /// <summary>Other bytes, and nothing put right.</summary>
    public static Func<InputFiles> Bytes(Func<byte[], byte[]> change) => () => File(change((byte[])Image.Clone()));

    /// <summary>A number in the header.</summary>
    public static Func<InputFiles> Header(int at, ulong value) => Bytes(image =>
    {
        BinaryPrimitives.WriteUInt64LittleEndian(image.AsSpan(at), value);
        return image;
    });

    /// <summary>The metadata's JSON, with a hash that fits.</summary>
    public static Func<InputFiles> Json(Action<JsonObject> change, int spare = 1024) => () =>
    {
        TgptDraft draft = NewDraft();
        draft.Spare = spare;
        return File(draft.Build(change));
    };

    /// <summary>The metadata's text, with a hash that fits.</summary>
    public static Func<InputFiles> RawText(Func<string, string> change, int spare = 1024) =>
        RawBytes(text => Encoding.UTF8.GetBytes(change(text)), spare);

    /// <summary>The metadata's bytes, with a hash that fits.</summary>
    public static Func<InputFiles> RawBytes(Func<string, byte[]> change, int spare = 1024) => () =>
    {
        TgptDraft draft = NewDraft();
        draft.Spare = spare;
        return File(draft.Build(changeText: change));
    };

    /// <summary>A member of the configuration; the value is JSON.</summary>
    public static Func<InputFiles> Configuration(string member, string value) =>
        Json(metadata => metadata["config"]![member] = JsonNode.Parse(value));

    /// <summary>A member of a chunk's entry.</summary>
    public static Func<InputFiles> ChunkEntry(string chunk, string member, string value) =>
        Json(metadata => Entry(metadata, "chunks", chunk)[member] = JsonNode.Parse(value));

    /// <summary>A member of a tensor's entry.</summary>
    public static Func<InputFiles> TensorEntry(string tensor, string member, string value) =>
        Json(metadata => Entry(metadata, "tensors", tensor)[member] = JsonNode.Parse(value));

    /// <summary>The parts, before they are laid out.</summary>
    public static Func<InputFiles> Parts(Action<TgptDraft> change) => () =>
    {
        TgptDraft draft = NewDraft();
        change(draft);
        return File(draft.Build());
    };

    /// <summary>A chunk's content, with a hash that fits.</summary>
    public static Func<InputFiles> Content(string chunk, Action<byte[]> change) => Parts(draft => draft.Chunk(chunk).Change(change));

    public static JsonObject Entry(JsonObject metadata, string list, string name) =>
        metadata[list]!.AsArray().Single(entry => (string)entry!["name"]! == name)!.AsObject();

    /// <summary>The start of a file whose plan is consistent and calls for 140 megabytes that do not come.</summary>
    public static byte[] Promise()
    {
        const int Rows = 1 << 20;
        const long Bytes = Rows / 16 * 1088;
        TgptDraft draft = NewDraft();
        draft.Config["vocabularySize"] = Rows;
        long end = 0;
        byte[] image = draft.Build(json =>
        {
            foreach (string name in new[] { "token_embedding", "head" })
            {
                Entry(json, "tensors", name)["rows"] = Rows;
                Entry(json, "chunks", name)["length"] = Bytes;
                Entry(json, "chunks", name)["storedLength"] = Bytes;
            }

            long offset = (long)json["chunks"]![0]!["offset"]!;
            foreach (JsonNode? chunk in json["chunks"]!.AsArray())
            {
                chunk!["offset"] = offset;
                end = offset + (long)chunk["storedLength"]!;
                offset = (end + 63) / 64 * 64;
            }
        });
        BinaryPrimitives.WriteInt64LittleEndian(image.AsSpan(TgptDraft.FileLengthAt), end);
        return image;
    }

    /// <summary>
    /// As small a file as there can be: one block of one feature, every chunk compressed and its name one character. Mostly metadata,
    /// which alone takes more than 4 KB.
    /// </summary>
    public static byte[] Smallest()
    {
        TgptDraft draft = TgptDraft.Of(Config with
        {
            VocabularySize = 2,
            ContextLength = 2,
            Width = 1,
            Heads = 1,
            FeedForwardWidth = 1,
            TiedHead = true,
            EndOfTextToken = null,
        });
        draft.Spare = 0;
        for (int i = 0; i < draft.Chunks.Count; i++)
        {
            string name = ((char)('a' + i)).ToString();
            draft.Metadata["tensors"]![i]!["chunk"] = name;
            draft.Chunks[i] = new DraftChunk(name, draft.Chunks[i].Stored);
            draft.Chunks[i].Compress();
        }

        return draft.Build();
    }

    private static TgptDraft MakeDraft()
    {
        TgptDraft draft = TgptDraft.Of(Config);
        draft.AddTokenizer(SampleVocabulary.Bytes);
        draft.Chunk("position_embedding").Compress();
        return draft;
    }
}
