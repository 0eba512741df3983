using System.Diagnostics.CodeAnalysis;
using TinyGpt.Format;
using TinyGpt.Kernels.Contract;

namespace TinyGpt.Import;

/// <summary>
/// A model that is packed already, to be packed again: what has the wanted precision is copied as it is, int8 matrices become 4-bit ones
/// from the numbers that they stand for.
/// </summary>
internal sealed unsafe class PackedModel : ITensorSource
{
    private readonly TgptFile _file;
    private readonly Dictionary<string, TensorShape> _shapes;

    private PackedModel(TgptFile file)
    {
        _file = file;
        _shapes = file.Info.Tensors.ToDictionary(shape => shape.Name, StringComparer.Ordinal);
        Tokenizer = file.TokenizerKind is { } kind ? new TokenizerContent(kind, file.TokenizerData.ToArray()) { Chat = file.Info.Chat } : null;
        Parts = [.. file.Info.Parts.Select(part => new ModelPart(part.Kind, file.PartData(part.Kind).ToArray()))];
    }

    public ModelConfig Config => _file.Config;

    public long SourceBytes => _file.Info.Tensors.Sum(shape => shape.Bytes);

    public IEnumerable<SourceTensor> Stored => [];

    public TokenizerContent? Tokenizer { get; }

    public IReadOnlyList<ModelPart> Parts { get; }

    /// <summary>Opens a model.</summary>
    /// <param name="path">A <c>.tgpt</c> file.</param>
    [SuppressMessage("Reliability", "CA2000", Justification = "Owned by the result, or disposed where opening fails.")]
    public static PackedModel Open(string path)
    {
        TgptFile file = TgptFile.Open(path, new TgptReadOptions { VerifyChecksums = true });
        try
        {
            return new PackedModel(file);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <exception cref="ModelFormatException">4-bit weights are to become int8 ones.</exception>
    public QuantizationError Fill(TensorShape tensor, byte* target, Action<double>? share, CancellationToken cancellation)
    {
        TensorShape stored = _shapes[tensor.Name];
        if (stored.Kind == tensor.Kind)
        {
            Buffer.MemoryCopy(_file.Tensor(tensor.Name), target, tensor.Bytes, tensor.Bytes);
            return default;
        }

        return stored.Kind == TensorKind.Panels
            ? PanelPacker.Pack(new PanelRows(_file, stored), tensor.Precision, target, cancellation, share)
            : throw new ModelFormatException(
                _file.Info.File,
                "the weights have 4 bits, and 8 would not bring back what is lost: ask for --bits 4, or pack the checkpoint that it was made from");
    }

    public void Dispose() => _file.Dispose();

    /// <summary>The rows of an int8 matrix as the numbers that they stand for.</summary>
    private sealed class PanelRows(TgptFile file, TensorShape shape) : IRowSource
    {
        public string File => file.Info.File;

        public string Name => shape.Name;

        public int Rows => shape.Rows;

        public int Columns => shape.Columns;

        public void CopyRows(int first, int count, Span<float> target, int stride)
        {
            PackedMatrix matrix = new(file.Tensor(shape.Name), shape.Rows, shape.Columns);
            for (int row = first; row < first + count; row++)
            {
                (int panel, int lane) = Math.DivRem(row, PanelLayout.OutputsPerPanel);
                Span<float> values = target.Slice((row - first) * stride, Columns);
                for (int column = 0; column < values.Length; column++)
                {
                    (int group, int input) = Math.DivRem(column, PanelLayout.InputsPerGroup);
                    byte* packed = matrix.Panel(panel) + ((nint)group * matrix.GroupBytes);
                    int at = (input / PanelLayout.InputsPerKBlock * PanelLayout.KBlockBytes) + (lane * PanelLayout.InputsPerKBlock)
                        + (input % PanelLayout.InputsPerKBlock);
                    values[column] = (sbyte)packed[at] * ((float*)(packed + PanelLayout.GroupWeightBytes))[lane];
                }
            }
        }
    }
}
