namespace TinyGpt.Import;

/// <summary>How far packing is.</summary>
/// <param name="Tensor">The tensor that is being packed or was packed last.</param>
/// <param name="TensorsDone">Tensors that are packed.</param>
/// <param name="Tensors">All tensors.</param>
/// <param name="BytesDone">Bytes that are packed, before compression.</param>
/// <param name="Bytes">Bytes of all packed tensors, before compression.</param>
public readonly record struct PackProgress(string Tensor, int TensorsDone, int Tensors, long BytesDone, long Bytes);

/// <summary>What packing did to one tensor.</summary>
/// <param name="Shape">Its name, kind and size.</param>
/// <param name="Chunk">How and where it is stored.</param>
/// <param name="Error">The error of quantization; nothing for float32 tensors.</param>
public sealed record PackedTensor(TensorShape Shape, TgptChunk Chunk, QuantizationError Error);

/// <summary>What packing a model did. Immutable and thread-safe.</summary>
/// <param name="Config">The model's configuration.</param>
/// <param name="SourceBytes">Bytes of the weights as the source holds them.</param>
/// <param name="FileBytes">Bytes of the whole <c>.tgpt</c> file.</param>
/// <param name="Tensors">Every tensor in the order of the file.</param>
public sealed record PackReport(ModelConfig Config, long SourceBytes, long FileBytes, IReadOnlyList<PackedTensor> Tensors)
{
    /// <summary>How many times smaller the file is than the source's weights.</summary>
    public double Ratio => (double)SourceBytes / FileBytes;

    /// <summary>The error of quantization over all tensors together.</summary>
    public QuantizationError Error => Tensors.Select(tensor => tensor.Error).Aggregate(QuantizationError.Add);
}
