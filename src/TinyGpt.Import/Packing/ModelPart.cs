using TinyGpt.Format;

namespace TinyGpt.Import;

/// <summary>What a model file holds beside tensors and tokenizer.</summary>
/// <param name="Kind">Such as <c>classifier</c>.</param>
/// <param name="Data">Its bytes, 1 … 256 MiB; the format is the kind's own.</param>
public sealed record ModelPart(string Kind, ReadOnlyMemory<byte> Data)
{
    /// <summary>The part that holds a classifier.</summary>
    /// <param name="weights">Its weights.</param>
    public static ModelPart Of(ClassifierWeights weights)
    {
        ArgumentNullException.ThrowIfNull(weights);
        return new ModelPart(TgptPart.Classifier, ClassifierFormat.ToBytes(weights));
    }
}
