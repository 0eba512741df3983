namespace TinyGpt.Kernels.Contract;

/// <summary>
/// A view of a quantized weight matrix in the layout of <see cref="PanelLayout"/>. It owns nothing. Its maker checked that
/// <see cref="Data"/> holds <see cref="PanelLayout.PackedBytes"/> readable bytes for as long as the view is used.
/// </summary>
internal readonly unsafe struct PackedMatrix
{
    /// <summary>Makes a view of packed weights.</summary>
    /// <param name="data">The first panel; aligned to 64 bytes.</param>
    /// <param name="outputs">Outputs, 1 or more, before padding.</param>
    /// <param name="inputs">Inputs, 1 or more, before padding.</param>
    /// <param name="precision">How the weights are held.</param>
    public PackedMatrix(byte* data, int outputs, int inputs, WeightPrecision precision = WeightPrecision.Int8)
    {
        Data = data;
        Outputs = outputs;
        Inputs = inputs;
        Panels = PanelLayout.Panels(outputs);
        Groups = PanelLayout.Groups(inputs);
        Precision = precision;
        GroupBytes = PanelLayout.GroupBytesOf(precision);
    }

    /// <summary>The first byte of panel 0.</summary>
    public byte* Data { get; }

    /// <summary>Outputs, before padding to 16.</summary>
    public int Outputs { get; }

    /// <summary>Inputs, before padding to 64.</summary>
    public int Inputs { get; }

    /// <summary>Panels of 16 outputs.</summary>
    public int Panels { get; }

    /// <summary>Groups of 64 inputs in each panel.</summary>
    public int Groups { get; }

    /// <summary>How the weights are held.</summary>
    public WeightPrecision Precision { get; }

    /// <summary>Bytes of one group of a panel, weights and scales.</summary>
    public int GroupBytes { get; }

    /// <summary>The first byte of a panel.</summary>
    /// <param name="panel">0 … <see cref="Panels"/> - 1.</param>
    public byte* Panel(int panel) => Data + ((nint)panel * Groups * GroupBytes);
}
