using TinyGpt.BadInput.Tests.Cases;
using TinyGpt.Import.Tests.Gguf;

namespace TinyGpt.BadInput.Tests.Gguf;

/// <summary>One GGUF file: its header, its metadata, its table of tensors.</summary>
internal static class GgufCases
{
    public const string Name = "model.gguf";

    private const string Damaged = "fetch it again";

    public static readonly InputFiles Valid = InputFiles.File(Name, Container().Build());

    public static readonly BadCase[] All =
    [
        new("an empty file", "too short", Raw([])),
        new("23 bytes", "too short", Raw(Container().Build()[..23])),
        new("other first bytes", "does not begin with 'GGUF'", Draft(draft => draft.Magic = "GGJT"u8.ToArray())),
        new("a safetensors file", "does not begin with 'GGUF'", Raw([2, 0, 0, 0, 0, 0, 0, 0, .. "{}"u8, .. new byte[32]])),
        new("version 0", "version 0 is not supported", Draft(draft => draft.Version = 0)),
        new("version 1", "version 1 is not supported (supported: 2, 3)", Draft(draft => draft.Version = 1)),
        new("version 4", "version 4 is not supported", Draft(draft => draft.Version = 4)),
        new("the greatest version", "version 4294967295", Draft(draft => draft.Version = uint.MaxValue)),
        new("big-endian", "big-endian", Draft(draft => draft.Version = 0x03000000)),
        new("2^64 - 1 tensors", "18446744073709551615 tensors", Draft(draft => draft.TensorCount = ulong.MaxValue)),
        new("2^63 tensors", "9223372036854775808 tensors", Draft(draft => draft.TensorCount = 1UL << 63)),
        new("more tensors than are accepted", "16385 tensors", Draft(draft => draft.TensorCount = 16385)),
        new("more tensors than there are bytes for", Damaged, Draft(draft => draft.TensorCount = 16384)),
        new("a tensor more than there is", "tensor 2 has an empty name", Draft(draft => draft.TensorCount = 3)),
        new("2^64 - 1 metadata entries", "18446744073709551615 metadata entries", Draft(draft => draft.EntryCount = ulong.MaxValue)),
        new("more metadata entries than are accepted", "16385 metadata entries", Draft(draft => draft.EntryCount = 16385)),
        new("more metadata entries than there are bytes for", Damaged, Draft(draft => draft.EntryCount = 16384)),
        new("a metadata entry less than there is", "tensor 'floats' has 9 dimensions", Draft(draft => draft.EntryCount = 2)),
        new("a metadata entry more than there is", "the name of tensor 0 says", Draft(draft => draft.EntryCount = 4)),
        new("a key twice", "metadata 'floats' is there twice", Draft(draft => draft.RepeatEntry())),
        new("an empty key", "empty key", Draft(draft => draft.UInt32("", 1))),
        new("a key longer than is accepted", "1025 bytes of text, and at most 1024", Draft(draft => draft.UInt32(new string('k', 1025), 1))),
        new("a key of 2^64 - 1 bytes", "18446744073709551615 bytes of text", Patch("name"u8, at => at - 8, ulong.MaxValue)),
        new("a key longer than the file", Damaged, Patch("name"u8, at => at - 8, 1000)),
        new("a key that is not UTF-8", "not valid UTF-8", PatchBytes("name"u8, [0xFF, 0xFE, 0x20, 0x20])),
        new("a text of 2^64 - 1 bytes", "18446744073709551615 bytes of text", Patch("tiny"u8, at => at - 8, ulong.MaxValue)),
        new("a text of 2^63 - 1 bytes", Damaged, Patch("tiny"u8, at => at - 8, long.MaxValue)),
        new("a text longer than the file", Damaged, Patch("tiny"u8, at => at - 8, 4096)),
        new("a type of value that does not exist", "a value of type 13", Draft(draft => draft.Set("x", 13, new byte[8]))),
        new("the greatest type of value", "a value of type 4294967295", Draft(draft => draft.Set("x", uint.MaxValue, new byte[8]))),
        new("an array of a type that does not exist", "a value of type 99", Draft(draft => draft.Array("x", 99, 1, new byte[8]))),
        new("an array of arrays", "array of arrays", Draft(draft => draft.Array("x", 9, 1, new byte[12]))),
        new("an array of 2^64 - 1 bytes", "18446744073709551615 elements", Draft(draft => draft.Array("x", 0, -1, new byte[8]))),
        new("an array of 2^63 - 1 numbers of eight bytes", Damaged, Draft(draft => draft.Array("x", 12, long.MaxValue, new byte[8]))),
        new("an array of 2^61 numbers of eight bytes", Damaged, Draft(draft => draft.Array("x", 12, 1L << 61, new byte[8]))),
        new("an array of a billion texts", Damaged, Draft(draft => draft.Array("x", 8, 1_000_000_000, new byte[80]))),
        new("an array of texts whose second is too long", Damaged, Draft(draft => draft.Array("x", 8, 2, [.. new byte[8], .. Word(1UL << 40)]))),
        new("an alignment of zero", "'general.alignment' is 0", Draft(draft => draft.UInt32("general.alignment", 0))),
        new("an alignment of 24", "'general.alignment' is 24", Draft(draft => draft.UInt32("general.alignment", 24))),
        new("an alignment of 2^31", "'general.alignment' has the number", Draft(draft => draft.UInt32("general.alignment", 1u << 31))),
        new("an alignment of 2^30", "'general.alignment' is", Draft(draft => draft.UInt32("general.alignment", 1u << 30))),
        new("an alignment that is text", "'general.alignment' must be a whole number", Draft(draft => draft.Text("general.alignment", "32"))),
        new("an alignment larger than the file", Damaged, Draft(draft =>
        {
            draft.UInt32("general.alignment", 1 << 20);
            draft.Tensors.RemoveAt(1);
        })),
        new("a name twice", "tensor 'a' is there twice", Tensor(tensor => tensor with { Name = "a" })),
        new("an empty name", "empty name", Tensor(tensor => tensor with { Name = "" })),
        new("a name longer than is accepted", "257 bytes of text", Tensor(tensor => tensor with { Name = new string('n', 257) })),
        new("no dimension", "has 0 dimensions", Tensor(tensor => tensor with { Sizes = [] })),
        new("five dimensions", "has 5 dimensions", Tensor(tensor => tensor with { Sizes = [32, 1, 1, 1, 1] })),
        new("a dimension of zero", "a size of 0 in dimension 1", Tensor(tensor => tensor with { Sizes = [32, 0] })),
        new("2^64 - 1 columns", "a size of 18446744073709551615", Tensor(tensor => tensor with { Sizes = [ulong.MaxValue] })),
        new("more columns than are accepted", "not 1 … 268435456", Tensor(tensor => tensor with { Sizes = [(1UL << 28) + 32] })),
        new("sizes whose product is 2^64", "in dimension", Tensor(tensor => tensor with { Sizes = [1UL << 16, 1UL << 16, 1UL << 16, 1UL << 16] })),
        new("sizes whose product is 2^96", "in dimension", Tensor(tensor => tensor with { Sizes = [1UL << 24, 1UL << 63, 1UL << 9] })),
        new("more rows than there are bytes", Damaged, Tensor(tensor => tensor with { Sizes = [32, 5] })),
        new("2^40 rows", Damaged, Tensor(tensor => tensor with { Sizes = [32, 1UL << 40] })),
        new("columns that are no whole blocks", "33 columns, no multiple of the 32", Tensor(tensor => tensor with { Sizes = [33] })),
        new("a type that was removed", "has type number 4", Tensor(tensor => tensor with { Type = 4 })),
        new("a type that is not supported", "has type IQ4_XS, which is not supported (supported: F32", Tensor(tensor => tensor with { Type = 23 })),
        new("a type that does not exist", "has type number 1000", Tensor(tensor => tensor with { Type = 1000 })),
        new("an offset that is not aligned", "no multiple of the alignment 32", Tensor(tensor => tensor with { Offset = 36 })),
        new("an offset after the data", Damaged, Tensor(tensor => tensor with { Offset = 4096 })),
        new("an offset of 2^63", Damaged, Tensor(tensor => tensor with { Offset = 1UL << 63 })),
        new("an offset of 2^64 - 32", Damaged, Tensor(tensor => tensor with { Offset = ulong.MaxValue - 31 })),
        new("two tensors in the same place", "tensors 'a' and 'b' overlap", Tensor(tensor => tensor with { Offset = 0 })),
        new("a file without its last byte", Damaged, Raw(Container().Build()[..^1])),
        new("a file without data", Damaged, Raw(Container().Build()[..^100])),
    ];

    /// <summary>A file of two tensors, of 16 numbers and of one block of 32.</summary>
    private static GgufDraft Container() => new GgufDraft().Text("name", "tiny").Texts("texts", "a", "bc").Float32s("floats", 1, 2)
        .Tensor("a", new float[16], 8, 2).Tensor("b", GgufDraft.Q80, new byte[34], 32);

    private static Func<InputFiles> Raw(byte[] content) => () => InputFiles.File(Name, content);

    private static Func<InputFiles> Draft(Action<GgufDraft> change) => () =>
    {
        GgufDraft draft = Container();
        change(draft);
        return InputFiles.File(Name, draft.Build());
    };

    /// <summary>The second tensor is another.</summary>
    private static Func<InputFiles> Tensor(Func<GgufDraftTensor, GgufDraftTensor> change) => Draft(draft => draft.Change("b", change));

    /// <summary>A number of eight bytes somewhere near some text.</summary>
    private static Func<InputFiles> Patch(ReadOnlySpan<byte> text, Func<int, int> at, ulong number)
    {
        byte[] content = Container().Build();
        Word(number).CopyTo(content, at(content.AsSpan().IndexOf(text)));
        return Raw(content);
    }

    private static Func<InputFiles> PatchBytes(ReadOnlySpan<byte> text, byte[] replacement)
    {
        byte[] content = Container().Build();
        replacement.CopyTo(content, content.AsSpan().IndexOf(text));
        return Raw(content);
    }

    private static byte[] Word(ulong number) => BitConverter.GetBytes(number);
}
