namespace TinyGpt.Import.Packing;

/// <summary>
/// A model in files, whatever their kind: where the rows of each packed tensor come from. All that reads a checkpoint reads it through this:
/// packing, running and fine-tuning. Reading is thread-safe; disposing is not.
/// </summary>
/// <param name="files">The open files, which the model owns.</param>
internal abstract unsafe class CheckpointModel(IDisposable files) : ITensorSource
{
    private readonly Dictionary<string, IRowSource> _rows = new(StringComparer.Ordinal);

    public abstract ModelConfig Config { get; }

    public abstract long SourceBytes { get; }

    public abstract IEnumerable<SourceTensor> Stored { get; }

    public abstract TokenizerContent? Tokenizer { get; }

    public virtual IReadOnlyList<ModelPart> Parts => [];

    /// <summary>The float32 rows of a tensor of <see cref="ModelTensors.Of"/>, before they are packed.</summary>
    /// <param name="tensor">The tensor's name in the packed model.</param>
    public IRowSource RowsOf(string tensor) => _rows[tensor];

    public virtual QuantizationError Fill(TensorShape tensor, byte* target, Action<double>? share, CancellationToken cancellation)
    {
        IRowSource source = RowsOf(tensor.Name);
        if (tensor.IsQuantized)
        {
            return PanelPacker.Pack(source, tensor.Precision, target, cancellation, share);
        }

        PanelPacker.Copy(source, (float*)target, cancellation, share);
        return default;
    }

    public void Dispose() => files.Dispose();

    /// <summary>Makes a model of open files, which are closed if that fails.</summary>
    protected static TModel Own<TFiles, TModel>(TFiles files, Func<TFiles, TModel> make)
        where TFiles : IDisposable
        where TModel : CheckpointModel
    {
        try
        {
            return make(files);
        }
        catch
        {
            files.Dispose();
            throw;
        }
    }

    /// <summary>Says where a tensor's rows come from.</summary>
    protected void Add(string tensor, IRowSource rows) => _rows.Add(tensor, rows);
}
