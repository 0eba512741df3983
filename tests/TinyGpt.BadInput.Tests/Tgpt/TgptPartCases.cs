using System.Buffers.Binary;
using System.Text.Json.Nodes;
using TinyGpt.BadInput.Tests.Cases;
using TinyGpt.Import;
using static TinyGpt.BadInput.Tests.Tgpt.TgptDamage;

namespace TinyGpt.BadInput.Tests.Tgpt;

/// <summary>What version 3 added: parts in separate chunks, of which the classifier is one, and several end tokens.</summary>
internal static class TgptPartCases
{
    private const int ClassesAt = 8;
    private const int WidthAt = 12;
    private const int LabelBytesAt = 16;
    private const int LabelsAt = 20;

    /// <summary>Two classes, "ale" and "rain".</summary>
    public static readonly byte[] Classifier = ModelPart.Of(new ClassifierWeights(
        ["ale", "rain"], [.. Enumerable.Range(0, 2 * Config.Width).Select(i => (i - 20) / 16f)])).Data.ToArray();

    /// <summary>A valid file of version 3.</summary>
    public static readonly byte[] WithClassifier = NewDraftWithClassifier().Build();

    public static readonly BadCase[] All =
    [
        new("parts in version 1", "the version must be 3", TgptDamage.Json(json => json["parts"] = new JsonArray())),
        new("end tokens in version 1", "the version must be 3", Configuration("otherEndTokens", "[1]")),
        new("parts that are an object", "must be an array", Json(json => json["parts"] = new JsonObject())),
        new("a part that is a number", "must be an object", Json(json => json["parts"]![0] = 3)),
        new("a part without a kind", "no member 'kind'", Json(json => json["parts"]![0]!.AsObject().Remove("kind"))),
        new("a part of an unknown kind", "kind 'adapter', which is not supported", Json(json => json["parts"]![0]!["kind"] = "adapter")),
        new("a part without a chunk", "no member 'chunk'", Json(json => json["parts"]![0]!.AsObject().Remove("chunk"))),
        new("a part with a tensor's chunk", "has another owner", Json(json => json["parts"]![0]!["chunk"] = "head")),
        new("an unknown member of a part", "unknown member 'code'", Json(json => json["parts"]![0]!["code"] = "x")),
        new("a part twice", "at most 1 are accepted", Json(json => json["parts"]!.AsArray().Add(json["parts"]![0]!.DeepClone()))),
        new("a hundred thousand parts", "at most 1 are accepted", Json(
            json => json["parts"] = new JsonArray([.. Enumerable.Range(0, 100_000).Select(_ => (JsonNode)new JsonObject())]), 400_000)),
        new("a chunk that no part has", "belongs to nothing", Json(json => json.Remove("parts"))),
        new("an end token after the vocabulary", "otherEndTokens [5]", Json(json => json["config"]!["otherEndTokens"] = new JsonArray(5))),
        new("an end token below zero", "otherEndTokens [-1]", Json(json => json["config"]!["otherEndTokens"] = new JsonArray(-1))),
        new("the end of text among the others", "endOfTextToken 4 again", Json(json => json["config"]!["otherEndTokens"] = new JsonArray(4))),
        new("other end tokens and no end of text", "without endOfTextToken", Json(json => json["config"]!.AsObject().Remove("endOfTextToken"))),
        new("end tokens that are a number", "must be an array", Json(json => json["config"]!["otherEndTokens"] = 2)),
        new("end tokens that are texts", "whole number", Json(json => json["config"]!["otherEndTokens"] = new JsonArray("2"))),
        new("65 end tokens", "at most 64", Json(
            json => json["config"]!["otherEndTokens"] = new JsonArray([.. Enumerable.Range(0, 65).Select(i => (JsonNode)i)]))),
        new("a hundred thousand end tokens", "at most 64", Json(
            json => json["config"]!["otherEndTokens"] = new JsonArray([.. Enumerable.Range(0, 100_000).Select(i => (JsonNode)2)]), 300_000)),
        Bad("a classifier of one byte", "does not begin", draft => draft.Chunk("classifier").SetRaw([84])),
        Bad("a classifier with other magic", "does not begin", Change(bytes => bytes[0] = 0)),
        Bad("a classifier of version 2", "version 2", Change(bytes => bytes[4] = 2)),
        Bad("a classifier of one class", "has 1 classes", Number(ClassesAt, 1)),
        Bad("a classifier of 2^32 - 1 classes", "has 4294967295 classes", Number(ClassesAt, uint.MaxValue)),
        Bad("a classifier of 65536 classes in 300 bytes", "its header calls for", Number(ClassesAt, 65536)),
        Bad("a classifier of another hidden size", "hidden size 25, not 24", Number(WidthAt, 25)),
        Bad("a classifier of hidden size 2^32 - 1", "hidden size 4294967295", Number(WidthAt, uint.MaxValue)),
        Bad("names of 2^32 - 1 bytes", "its header calls for", Number(LabelBytesAt, uint.MaxValue)),
        Bad("names a byte too long", "its header calls for", Number(LabelBytesAt, 8)),
        Bad("a name longer than all", "class 0 that is damaged", Change(bytes => bytes[LabelsAt] = 200)),
        Bad("names shorter than their room", "after the names", Change(bytes => bytes[LabelsAt + 2] = 3)),
        Bad("a name that is no UTF-8", "class 0 that is damaged", Change(bytes => bytes[LabelsAt + 4] = 0xFF)),
        Bad("a weight that is no number", "not finite", Change(bytes => BinaryPrimitives.WriteSingleLittleEndian(bytes.AsSpan(bytes.Length - 4), float.NaN))),
        Bad("a classifier that is cut", "its header calls for", draft => draft.Chunk("classifier").SetRaw(Classifier[..^4])),
        Bad("a classifier with something after it", "its header calls for", draft => draft.Chunk("classifier").SetRaw([.. Classifier, 0])),
        new("a classifier as it should be", "", () => File(WithClassifier)) { Expected = Victim.LoadResult.Loaded },
    ];

    /// <summary>The parts of a valid file of version 3.</summary>
    public static TgptDraft NewDraftWithClassifier()
    {
        TgptDraft draft = NewDraft();
        draft.AddClassifier(Classifier);
        return draft;
    }

    private static Func<InputFiles> Json(Action<JsonObject> change, int spare = 1024) => () =>
    {
        TgptDraft draft = NewDraftWithClassifier();
        draft.Spare = spare;
        return File(draft.Build(change));
    };

    private static BadCase Bad(string name, string reason, Action<TgptDraft> change) => new(name, reason, () =>
    {
        TgptDraft draft = NewDraftWithClassifier();
        change(draft);
        return File(draft.Build());
    })
    {
        OnlyWays = WithContent,
    };

    private static Action<TgptDraft> Change(Action<byte[]> change) => draft => draft.Chunk("classifier").Change(change);

    private static Action<TgptDraft> Number(int at, uint value) =>
        Change(bytes => BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(at), value));
}
