namespace TinyGpt.Import.Gguf;

/// <summary>Reads the rotary positions of a GGUF model.</summary>
internal static class GgufRotary
{
    private const float UsualBase = 10000;
    private const double Tolerance = 1e-4;

    /// <summary>Reads them.</summary>
    /// <param name="file">The file.</param>
    /// <param name="headSize">The head size, which is how many channels are rotated unless the metadata says otherwise.</param>
    /// <param name="key">Puts the architecture before a key.</param>
    public static RotaryPositions Read(GgufFile file, int headSize, Func<string, string> key)
    {
        GgufMetadata metadata = file.Metadata;
        float rotaryBase = metadata.Has(key("rope.freq_base")) ? metadata.Single(key("rope.freq_base")) : UsualBase;
        int dimensions = metadata.Has(key("rope.dimension_count")) ? metadata.Int32(key("rope.dimension_count")) : headSize;
        RotaryPositions rotary = new(rotaryBase, dimensions);
        if (rotary.Problem(headSize) is { } problem)
        {
            throw new ModelFormatException(file.File, $"the metadata is not valid: {problem}");
        }

        RotaryScaling? scaling = LinearScaling(metadata, key);
        if (!file.Tensors.TryGetValue(GgufNames.RotaryFactors, out GgufTensor? factors))
        {
            return rotary with { Scaling = scaling };
        }

        return scaling is null ? rotary with { Scaling = Llama3Scaling(factors, rotary, metadata, key) }
            : throw Refusal(factors, "is there beside a linear rope scaling, and both together are not supported");
    }

    private static RotaryScaling? LinearScaling(GgufMetadata metadata, Func<string, string> key)
    {
        string type = metadata.Has(key("rope.scaling.type")) ? metadata.Text(key("rope.scaling.type")) : "";
        string factor = key(metadata.Has(key("rope.scaling.factor")) ? "rope.scaling.factor" : "rope.scale_linear");
        if (type is not ("" or "none" or "linear"))
        {
            throw metadata.Failure(
                key("rope.scaling.type"), $"asks for rope scaling '{type}', which is not supported (supported: none, linear, llama3)");
        }

        // 0 means "not set"; older files have a factor and no type.
        return type != "none" && metadata.Has(factor) && metadata.Single(factor) is var value and not (0 or 1)
            ? new RotaryScaling(RotaryScalingKind.Linear, value)
            : null;
    }

    /// <summary>
    /// Llama 3's scaling comes as a tensor of what each frequency is divided by. The highest frequencies stay, the lowest are divided by the
    /// whole factor, and those between must be those of the published constants; other factors are another scaling.
    /// </summary>
    private static RotaryScaling? Llama3Scaling(GgufTensor tensor, RotaryPositions rotary, GgufMetadata metadata, Func<string, string> key)
    {
        if (tensor.Shape.Count != 1 || tensor.Columns != rotary.Dimensions / 2)
        {
            string shape = string.Join(", ", tensor.Shape);
            throw Refusal(tensor, $"has shape [{shape}], and {rotary.Dimensions} rotated channels call for [{rotary.Dimensions / 2}]");
        }

        float[] factors = new float[tensor.Columns];
        tensor.ReadRow(0, factors);
        if (Array.TrueForAll(factors, factor => factor == 1))
        {
            return null;
        }

        string context = key("rope.scaling.original_context_length");
        RotaryScaling scaling = new(RotaryScalingKind.Llama3, factors.Max());
        scaling = metadata.Has(context) ? scaling with { OriginalContext = metadata.Int32(context) } : scaling;
        for (int i = 0; i < factors.Length; i++)
        {
            double expected = Llama3Factor(scaling, Math.Pow(rotary.Base, -2.0 * i / rotary.Dimensions));
            if (!(Math.Abs(factors[i] - expected) <= Tolerance * expected))
            {
                throw Refusal(
                    tensor,
                    $"has the factor {factors[i]} for frequency {i}, and llama3, the only such scaling that is supported, calls for {expected:G6}");
            }
        }

        return scaling;
    }

    private static double Llama3Factor(RotaryScaling scaling, double frequency)
    {
        double turns = scaling.OriginalContext * frequency / (2 * Math.PI);
        double smooth = (turns - scaling.LowFrequencyFactor) / (scaling.HighFrequencyFactor - scaling.LowFrequencyFactor);
        return 1 / double.Lerp(1 / (double)scaling.Factor, 1, Math.Clamp(smooth, 0, 1));
    }

    private static ModelFormatException Refusal(GgufTensor tensor, string reason) => new(tensor.File, $"tensor '{tensor.Name}' {reason}");
}
