using System.Text;
using TinyGpt.BadInput.Tests.Cases;
using TinyGpt.BadInput.Victim;
using static TinyGpt.BadInput.Tests.Safetensors.SafetensorsDraft;

namespace TinyGpt.BadInput.Tests.Safetensors;

/// <summary>A checkpoint in several files with an index.</summary>
internal static class ShardCases
{
    private const string IndexName = "model.safetensors.index.json";
    private const string First = "model-1.safetensors";
    private const string Second = "model-2.safetensors";
    private const string Outside = "not a .safetensors file name beside the index";

    public static readonly InputFiles Valid = InputFiles.Folder()
        .With(First, Tensors([("a", [1], [1f])]))
        .With(Second, Tensors([("b", [2], [1f, 2f])]))
        .With(IndexName, Encoding.UTF8.GetBytes($$"""{"metadata":{"total_size":12},"weight_map":{"a":"{{First}}","b":"{{Second}}"} }"""));

    public static readonly BadCase[] All =
    [
        new("no index and no file", "there is no model.safetensors", () => Valid.Without(IndexName)) { Expected = LoadResult.Missing },
        new("an empty index", "the JSON is damaged", Index("")),
        new("an index without a map", "no member 'weight_map'", Index("""{"metadata":{}}""")),
        new("a map that is an array", "must be an object", Index($$"""{"weight_map":["{{First}}"]}""")),
        new("a file's name that is a number", "must be text", Map("1")),
        new("a file's name that is null", "must be text", Map("null")),
        new("a tensor twice in the map", "the JSON is damaged", Index($$"""{"weight_map":{"a":"{{First}}","a":"{{Second}}"} }""")),
        new("a tensor in the other file", "does not hold it", Map($"\"{Second}\"")),
        new("a file that is not there", "model-3.safetensors", Map("\"model-3.safetensors\"")) { Expected = LoadResult.Missing },
        new("a file in the folder above", Outside, Map("\"../model-1.safetensors\"")),
        new("a file in the folder above, as Windows writes it", Outside, Map("\"..\\\\model-1.safetensors\"")),
        new("a file by its whole path", Outside, Map("\"/etc/model.safetensors\"")),
        new("a file on another drive", Outside, Map("\"C:model-1.safetensors\"")),
        new("a file's name with a zero in it", Outside, Map("\"model-1\\u0000.safetensors\"")),
        new("a file's name of another kind", Outside, Map("\"passwd\"")),
        new("an empty file's name", Outside, Map("\"\"")),
        new("a file's name longer than any may be", "mmm", Map($"\"{new string('m', 5000)}.safetensors\"")) { Expected = LoadResult.Missing },
        new("a file's name that is half a surrogate pair", "not valid text", Map("\"\\ud800.safetensors\"")),
        new("an index that is no UTF-8", "not valid UTF-8", () => Valid.With(IndexName, [.. "{\""u8, 0xFE, .. "\":1}"u8])),
        new("an index of seventeen levels", "the JSON is damaged", Index($"{{\"metadata\":{new string('[', 17)}{new string(']', 17)}}}")),
        new("an index longer than is accepted", "are accepted", Index("{}" + new string(' ', 4 << 20))),
        new("an index of as many names as fit", "names and values", Index(ManyNames())),
        new("a file that is empty", "too short", () => Valid.With(Second, [])),
        new("a file that is cut", "is at", () => Valid.With(Second, Valid.Contents[Second][..^1])),
        new("a damaged file that no tensor is taken from first", "is not in 1 …", () => Valid.With(First, new byte[40])),
        new("a file of only the other's tensors", "does not hold it", () => Valid.With(First, Valid.Contents[Second])),
    ];

    private static Func<InputFiles> Index(string json) => () => Valid.With(IndexName, Encoding.UTF8.GetBytes(json));

    /// <summary>An index that places tensor a in a file; the name is JSON.</summary>
    private static Func<InputFiles> Map(string file) => Index($$"""{"weight_map":{"b":"{{Second}}","a":{{file}} } }""");

    private static string ManyNames()
    {
        StringBuilder text = new("{\"weight_map\":{");
        for (int i = 0; text.Length < (4 << 20) - 40; i++)
        {
            text.Append('"').Append(i).Append("\":\"\",");
        }

        return text.Append("\"z\":\"\"}}").ToString();
    }
}
