namespace TinyGpt.Import;

/// <summary>A tensor as a checkpoint stores it.</summary>
/// <param name="Name">Its name there.</param>
/// <param name="Type">The type of its numbers as the checkpoint spells it, such as <c>F16</c> or <c>Q4_K</c>.</param>
/// <param name="Shape">Its sizes in the order of the checkpoint: rows first in safetensors, columns first in GGUF.</param>
/// <param name="Bytes">Its size in the file, in bytes.</param>
public sealed record SourceTensor(string Name, string Type, IReadOnlyList<long> Shape, long Bytes);

/// <summary>What can be said of a checkpoint without packing it. Immutable and thread-safe.</summary>
/// <param name="Config">The configuration of the model that it packs to.</param>
/// <param name="Tokenizer">Its tokenizer, or null if it has none.</param>
/// <param name="Tensors">Its tensors, in the order of their names.</param>
public sealed record SourceInfo(ModelConfig Config, TokenizerContent? Tokenizer, IReadOnlyList<SourceTensor> Tensors);
