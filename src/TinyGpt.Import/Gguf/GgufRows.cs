namespace TinyGpt.Import;

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
