using TinyGpt.Sampling;

namespace TinyGpt.Training.Network;

/// <summary>
/// GPT-2's first weights: normal numbers with deviation 0.02; the two projections of a block that end in the residual stream have
/// 0.02/√(2·layers); norms are 1 and biases 0. Numbers are drawn in the order of the tensors by the polar method (Marsaglia, 1964).
/// </summary>
internal static class FirstWeights
{
    private const double Deviation = 0.02;

    public static void Write(ModelConfig config, IReadOnlyList<NamedParameter> parameters, ulong seed)
    {
        DeterministicRandom random = new(seed);
        foreach (NamedParameter parameter in parameters)
        {
            if (parameter.Shape.Count == 1)
            {
                parameter.Values.Fill(parameter.Name.EndsWith(".weight", StringComparison.Ordinal) ? 1f : 0f);
            }
            else
            {
                bool residual = parameter.Name.EndsWith("c_proj.weight", StringComparison.Ordinal);
                FillNormal(parameter.Values, residual ? Deviation / Math.Sqrt(2.0 * config.Layers) : Deviation, ref random);
            }
        }
    }

    /// <summary>Fills with normal numbers of mean 0.</summary>
    internal static void FillNormal(Span<float> values, double deviation, ref DeterministicRandom random)
    {
        for (int i = 0; i < values.Length; i += 2)
        {
            double x, y, square;
            do
            {
                x = (2 * random.NextDouble()) - 1;
                y = (2 * random.NextDouble()) - 1;
                square = (x * x) + (y * y);
            }
            while (square is >= 1 or 0);

            double factor = deviation * Math.Sqrt(-2 * Math.Log(square) / square);
            values[i] = (float)(x * factor);
            if (i + 1 < values.Length)
            {
                values[i + 1] = (float)(y * factor);
            }
        }
    }
}
