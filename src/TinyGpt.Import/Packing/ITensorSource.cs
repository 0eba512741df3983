namespace TinyGpt.Import.Packing;

/// <summary>A model that can be packed: gives every tensor of its configuration in the form of the file.</summary>
internal unsafe interface ITensorSource : IDisposable
{
    /// <summary>The configuration, valid.</summary>
    ModelConfig Config { get; }

    /// <summary>The size of the weights before packing, in bytes.</summary>
    long SourceBytes { get; }

    /// <summary>The tensors before packing; empty where there are none.</summary>
    IEnumerable<SourceTensor> Stored { get; }

    /// <summary>The tokenizer that belongs to the model, or null if there is none.</summary>
    TokenizerContent? Tokenizer { get; }

    /// <summary>What else belongs to the model.</summary>
    IReadOnlyList<ModelPart> Parts { get; }

    /// <summary>Writes one tensor.</summary>
    /// <param name="tensor">One of <see cref="ModelTensors.Of"/>, of either precision.</param>
    /// <param name="target">Takes <see cref="TensorShape.Bytes"/> bytes, all of which are written.</param>
    /// <param name="share">Told now and then what share of the tensor is done, 0 … 1, by any thread; or null.</param>
    /// <param name="cancellation">Stops early.</param>
    /// <returns>The error of quantization; nothing for float32 tensors.</returns>
    QuantizationError Fill(TensorShape tensor, byte* target, Action<double>? share, CancellationToken cancellation);
}
