namespace TinyGpt;

/// <summary>
/// Layers whose queries attend to their latest positions only: <paramref name="FirstLayer"/> and every
/// <paramref name="LayerStep"/>th after it. GPT-3 and GPT-Neo alternate (1, 2); a sliding window in every layer is (0, 1).
/// </summary>
/// <param name="Length">How many positions a query attends to, its own included; 1 or more.</param>
/// <param name="FirstLayer">The first such layer, from 0.</param>
/// <param name="LayerStep">Layers from one such layer to the next, 1 or more.</param>
public sealed record AttentionWindow(int Length, int FirstLayer = 0, int LayerStep = 1)
{
    /// <summary>Whether a layer's attention ends at the window.</summary>
    /// <param name="layer">The layer, from 0.</param>
    public bool Includes(int layer) => layer >= FirstLayer && (layer - FirstLayer) % LayerStep == 0;

    internal string? Problem() =>
        Length < 1 ? $"attentionWindow.length {Length} is not 1 or more"
        : FirstLayer < 0 ? $"attentionWindow.firstLayer {FirstLayer} is below 0"
        : LayerStep < 1 ? $"attentionWindow.layerStep {LayerStep} is not 1 or more"
        : null;
}
