using System.Globalization;
using System.Text;
using TinyGpt.BadInput.Tests.Cases;
using TinyGpt.BadInput.Victim;
using static TinyGpt.BadInput.Tests.Safetensors.SafetensorsDraft;

namespace TinyGpt.BadInput.Tests.Safetensors;

/// <summary>One safetensors file: its length, its header, the places of its tensors.</summary>
internal static class SafetensorsHeaderCases
{
    private const int Longest = 4 << 20;
    private const string NoLength = "is not in 1 …";
    private const string Damaged = "the JSON is damaged";
    private const string Misplaced = "is at";
    private const string NoShape = "which its shape";
    private const string TooMany = "names and values";

    public static readonly InputFiles Valid = Entries(Entry("a", "[2,1]", "[0,8]"), Entry("b", "[4]", "[8,16]", "F16"))();

    public static readonly BadCase[] All =
    [
        new("an empty file", "too short", Raw([])),
        new("seven bytes", "too short", Raw(new byte[7])),
        new("a length alone", NoLength, Raw([2, 0, 0, 0, 0, 0, 0, 0])),
        new("a header of no bytes", NoLength, Raw([0, 0, 0, 0, 0, 0, 0, 0, .. "{}"u8])),
        new("a header a byte longer than the file", NoLength, Raw([3, 0, 0, 0, 0, 0, 0, 0, .. "{}"u8])),
        new("a header of a terabyte", NoLength, Raw([0, 0, 0, 0, 0, 1, 0, 0, .. "{}"u8])),
        new("a header of a length that is negative if signed", NoLength, Raw([2, 0, 0, 0, 0, 0, 0, 128, .. "{}"u8])),
        new("a header of the greatest length there is", NoLength, Raw([255, 255, 255, 255, 255, 255, 255, 255, .. "{}"u8])),
        new("a header longer than is accepted", NoLength, HeaderBytes(() => Encoding.UTF8.GetBytes("{}" + new string(' ', Longest - 1)))),
        new("a file of Python's pickle", NoLength, Raw([0x80, 2, .. "}q\0(X\u0004\0\0\0"u8, 1, 2, 3])),
        new("a file that is a zip", NoLength, Raw([.. "PK\u0003\u0004"u8, 20, 0, 0, 0, 0, 0])),
        new("a header that is not JSON", Damaged, Header("model")),
        new("a header that is cut", Damaged, Header("{\"a\":{\"dtype\":\"F32\"")),
        new("a header that is an array", "must be an object", Header("[]")),
        new("a header that is null", "must be an object", Header("null")),
        new("a header with something after it", Damaged, Header("{}{}")),
        new("a header of spaces", Damaged, Header("        ")),
        new("a header with a zero byte after it", Damaged, Header("{}\0")),
        new("a header that is no UTF-8", "not valid UTF-8", HeaderBytes(() => [(byte)'{', (byte)'"', 0xC3, 0x28, .. "\":1}"u8])),
        new("a header in UTF-16", "", HeaderBytes(() => Encoding.BigEndianUnicode.GetBytes("{}"))),
        new("half of a surrogate pair in a name", "", Header("{\"\\udfff\":{}}")),
        new("half of a surrogate pair in a type", "not valid text", Header("{\"a\":{\"dtype\":\"\\ud834\",\"shape\":[],\"data_offsets\":[0,0]}}")),
        new("a tensor twice", Damaged, Entries(Entry("a", "[1]", "[0,4]"), Entry("a", "[1]", "[4,8]"))),
        new("a member twice", Damaged, Header("{\"a\":{\"dtype\":\"F32\",\"dtype\":\"F16\",\"shape\":[4],\"data_offsets\":[0,16]}}")),
        new("a shape nine levels deep", Damaged, Entries(Entry("a", "[[[[[[[[[1]]]]]]]]]", "[0,4]"))),
        new("a hundred thousand levels", Damaged, Header(new string('[', 100_000))),
        new("a million levels of objects", Damaged, Header(string.Concat(Enumerable.Repeat("{\"a\":", 800_000)))),
        new("as many numbers as fit", TooMany, Header($"{{\"a\":[{string.Concat(Enumerable.Repeat("1,", (Longest / 2) - 10))}1]}}")),
        new("as many tensors as fit", TooMany, Header(ManyTensors())),
        new("a name as long as fits", "bytes long", Entries(Entry(new string('n', Longest - 100), "[1]", "[0,4]"))),
        new("a type as long as fits", "bytes long", Entries(Entry("a", "[1]", "[0,4]", new string('F', Longest - 100)))),
        new("four names of a megabyte, and no type", "dtype", Header($"{{{string.Join(',', Enumerable.Range(0, 4).Select(LongName))}}}")),
        new("a tensor that is a number", "must be an object", Header("{\"a\":7}")),
        new("a tensor that is an array", "must be an object", Header("{\"a\":[\"F32\",[1],[0,4]]}")),
        new("a tensor without a type", "no member 'dtype'", Header("{\"a\":{\"shape\":[1],\"data_offsets\":[0,4]}}")),
        new("a tensor without a shape", "no member 'shape'", Header("{\"a\":{\"dtype\":\"F32\",\"data_offsets\":[0,4]}}")),
        new("a tensor without offsets", "no member 'data_offsets'", Header("{\"a\":{\"dtype\":\"F32\",\"shape\":[1]}}")),
        new("a tensor with a member too many", "unknown member 'strides'", Header(
            "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4],\"strides\":[1]}}")),
        new("metadata that is text", "must be an object", Header("{\"__metadata__\":\"pt\"}")),
        new("an unknown type", "dtype 'Q4_0'", Entries(Entry("a", "[1]", "[0,4]", "Q4_0"))),
        new("a type in small letters", "dtype 'f32'", Entries(Entry("a", "[1]", "[0,4]", "f32"))),
        new("a type by number", "must be text", Header("{\"a\":{\"dtype\":1,\"shape\":[1],\"data_offsets\":[0,4]}}")),
        new("a shape that is a number", "must be an array", Entries(Entry("a", "1", "[0,4]"))),
        new("a shape of text", "whole number of 64 bits", Entries(Entry("a", "[\"1\"]", "[0,4]"))),
        new("a shape with a fraction", "whole number of 64 bits", Entries(Entry("a", "[1.0]", "[0,4]"))),
        new("a dimension of more than 64 bits", "whole number of 64 bits", Entries(Entry("a", "[18446744073709551617]", "[0,4]"))),
        new("a dimension below zero", NoShape, Entries(Entry("a", "[-1]", "[0,4]"))),
        new("two dimensions below zero", NoShape, Entries(Entry("a", "[-1,-1]", "[0,4]"))),
        new("dimensions whose product is 4 in 64 bits", NoShape, Entries(Entry("a", "[4611686018427387905]", "[0,4]"))),
        new("dimensions whose product overflows to zero", NoShape, Entries(Entry("a", "[4294967296,4294967296]", "[0,0]"))),
        new("huge dimensions before a zero", NoShape, Entries(Entry("a", "[9223372036854775807,9223372036854775807,0]", "[0,0]"))),
        new("huge dimensions after a zero", "", Entries(Entry("a", "[0,9223372036854775807,9223372036854775807]", "[0,0]")))
        {
            Expected = LoadResult.Loaded,
        },
        new("a dimension of zero and bytes", NoShape, Entries(Entry("a", "[0]", "[0,4]"))),
        new("no dimension and no bytes", NoShape, Entries(Entry("a", "[]", "[0,0]"))),
        new("nine dimensions", "at most 8", Entries(Entry("a", "[1,1,1,1,1,1,1,1,1]", "[0,4]"))),
        new("one offset", Misplaced, Entries(Entry("a", "[1]", "[4]"))),
        new("three offsets", "at most 2", Entries(Entry("a", "[1]", "[0,4,8]"))),
        new("no offsets", Misplaced, Entries(Entry("a", "[1]", "[]"))),
        new("offsets that are null", "must be an array", Entries(Entry("a", "[1]", "null"))),
        new("an offset that is an object", "whole number of 64 bits", Entries(Entry("a", "[1]", "[{},4]"))),
        new("an offset below zero", Misplaced, Entries(Entry("a", "[2]", "[-4,4]"))),
        new("an end before the start", Misplaced, Entries(Entry("a", "[1]", "[8,4]"))),
        new("an end after the file", Misplaced, Entries(Entry("a", "[3]", "[8,20]"))),
        new("an end a terabyte after the file", Misplaced, Entries(Entry("a", "[274877906944]", "[0,1099511627776]"))),
        new("a start and an end after the file", Misplaced, Entries(Entry("a", "[1]", "[9223372036854775800,9223372036854775804]"))),
        new("an end that overflows with the header's length", Misplaced, Entries(Entry("a", "[1]", "[0,9223372036854775807]"))),
        new("a byte less than the shape", NoShape, Entries(Entry("a", "[4]", "[0,15]"))),
        new("half the bytes of the shape", NoShape, Entries(Entry("a", "[2]", "[0,8]", "F64"))),
        new("two tensors in one place", "overlap", Entries(Entry("a", "[2]", "[4,12]"), Entry("b", "[2]", "[4,12]"))),
        new("two tensors that overlap by a byte", "overlap", Entries(Entry("a", "[8]", "[0,8]", "U8"), Entry("b", "[8]", "[7,15]", "I8"))),
        new("a tensor within another", "overlap", Entries(Entry("a", "[4]", "[0,16]"), Entry("b", "[1]", "[4,8]"))),
        new("a gap between tensors", "", Entries(Entry("a", "[1]", "[0,4]"), Entry("b", "[1]", "[12,16]"))) { Expected = LoadResult.Loaded },
        new("no tensors", "", Entries()) { Expected = LoadResult.Loaded },
    ];

    private static Func<InputFiles> Raw(byte[] content) => () => InputFiles.File(Name, content);

    private static string LongName(int number) => $"\"{number}{new string('n', (1 << 20) - 100)}\":{{}}";

    private static string ManyTensors()
    {
        StringBuilder text = new("{");
        for (int i = 0; text.Length < Longest - 200; i++)
        {
            text.Append(Entry(i.ToString(CultureInfo.InvariantCulture), "[0]", "[0,0]")).Append(',');
        }

        return text.Append(Entry("z", "[0]", "[0,0]")).Append('}').ToString();
    }
}
