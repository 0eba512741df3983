namespace TinyGpt.Training.Network;

/// <summary>Tokens of the residual stream after the last block that a head reads: gathered and normalized, and their gradients put back.</summary>
internal static unsafe class FinalRows
{
    /// <summary>Gathers and normalizes rows into <see cref="Activations.Normalized"/>.</summary>
    public static float* Normalize(Gpt2Network network, int width, int[] rows)
    {
        Activations buffers = network.Activations;
        for (int i = 0; i < rows.Length; i++)
        {
            new ReadOnlySpan<float>(buffers.Output + ((long)rows[i] * width), width)
                .CopyTo(new Span<float>(buffers.Gathered + ((long)i * width), width));
        }

        network.Norm(buffers.Gathered, rows.Length, network.Parameters.FinalNorm, buffers.Normalized, buffers.Head);
        return buffers.Normalized;
    }

    /// <summary>Takes the gradients of the normalized rows through the norm and adds them to <see cref="Activations.Gradient"/>.</summary>
    /// <param name="network">The network whose rows were normalized last.</param>
    /// <param name="width">Features of a row.</param>
    /// <param name="rows">The rows that were normalized.</param>
    /// <param name="gradient">rows × width; not <see cref="Activations.Branch"/>.</param>
    public static void AddGradient(Gpt2Network network, int width, int[] rows, float* gradient)
    {
        Activations buffers = network.Activations;
        float* inputGradient = buffers.Branch;
        new Span<float>(inputGradient, rows.Length * width).Clear();
        network.NormBackward(gradient, buffers.Gathered, rows.Length, network.Parameters.FinalNorm, buffers.Head, inputGradient);
        for (int i = 0; i < rows.Length; i++)
        {
            float* to = buffers.Gradient + ((long)rows[i] * width);
            network.Operations.Add(to, inputGradient + ((long)i * width), to, width);
        }
    }
}
