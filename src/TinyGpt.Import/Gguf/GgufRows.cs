using TinyGpt.Import.Packing;

namespace TinyGpt.Import.Gguf;

/// <summary>The rows of a GGUF tensor as they are.</summary>
internal sealed class GgufRows(GgufTensor tensor) : IRowSource
{
    public string File => tensor.File;

    public string Name => tensor.Name;

    public int Rows => (int)tensor.Rows;

    public int Columns => (int)tensor.Columns;

    public void CopyRows(int first, int count, Span<float> target, int stride)
    {
        for (int i = 0; i < count; i++)
        {
            tensor.ReadRow(first + i, target.Slice(i * stride, Columns));
        }
    }
}

/// <summary>
/// A vector of a GGUF file as rows of one number, to be put into the order of a matrix's rows. It is read once, when it is needed.
/// </summary>
internal sealed class GgufVector(GgufTensor tensor) : IRowSource
{
    private readonly Lazy<float[]> _numbers = new(() =>
    {
        float[] numbers = new float[tensor.Columns];
        tensor.ReadRow(0, numbers);
        return numbers;
    });

    public string File => tensor.File;

    public string Name => tensor.Name;

    public int Rows => (int)tensor.Columns;

    public int Columns => 1;

    public void CopyRows(int first, int count, Span<float> target, int stride)
    {
        for (int i = 0; i < count; i++)
        {
            target[i * stride] = _numbers.Value[first + i];
        }
    }
}
