using System.Runtime.CompilerServices;
using TinyGpt.Kernels.Contract;

namespace TinyGpt.Kernels.Tiles;

/// <summary>A tier's matrix kernel for one panel and one tile.</summary>
internal interface ITileKernel
{
    /// <summary>Adds the panel times the tile to the output, groups ascending, one fused multiply-add a group and output.</summary>
    static abstract void Multiply<TRows>(in TileOperands tile)
        where TRows : struct, ICount;
}

/// <summary>
/// Walks panels and tiles in the order that reads weights from memory once: each panel meets all tiles while it is in the cache. The
/// order never changes a result, because an output belongs to one panel and one tile.
/// </summary>
/// <remarks>
/// This and the other kernels ask for full optimization at once: tiered compilation would run the first frames' tokens through
/// unoptimized vector code, tens of times slower, and profiles have nothing to teach loops without branches.
/// </remarks>
internal static unsafe class TiledMultiply
{
    /// <summary>Multiplies by the kernel of the weights' precision: the one place where it is asked for.</summary>
    public static void Run<TInt8, TInt4>(
        in PackedMatrix weights,
        in QuantizedActivations activations,
        float* bias,
        float* output,
        nint outputStride,
        int firstPanel,
        int panelCount)
        where TInt8 : struct, ITileKernel
        where TInt4 : struct, ITileKernel
    {
        if (weights.Precision == WeightPrecision.Int4)
        {
            Walk<TInt4>(weights, activations, bias, output, outputStride, firstPanel, panelCount);
        }
        else
        {
            Walk<TInt8>(weights, activations, bias, output, outputStride, firstPanel, panelCount);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Walk<TKernel>(
        in PackedMatrix weights,
        in QuantizedActivations activations,
        float* bias,
        float* output,
        nint outputStride,
        int firstPanel,
        int panelCount)
        where TKernel : struct, ITileKernel
    {
        TokenTiles tiles = activations.Tiles;
        for (int panel = firstPanel; panel < firstPanel + panelCount; panel++)
        {
            int firstOutput = panel * PanelLayout.OutputsPerPanel;
            for (int tile = 0; tile < tiles.Count; tile++)
            {
                int firstToken = tiles.Start(tile);
                int tokens = tiles.Size(tile);
                nint firstGroup = (nint)firstToken * activations.Groups;
                TileOperands operands = new()
                {
                    Panel = weights.Panel(panel),
                    Values = activations.Values + (firstGroup * PanelLayout.InputsPerGroup),
                    Scales = activations.Scales + firstGroup,
                    Sums = activations.Sums + firstGroup,
                    Groups = weights.Groups,
                    Output = output + (firstToken * outputStride) + firstOutput,
                    OutputStride = outputStride,
                    Ahead = WeightPrefetch.Start(weights, panel, tile, tiles.Count),
                    AheadBytes = WeightPrefetch.BytesInGroup(weights, tiles.Count),
                };
                Begin(operands, tokens, bias == null ? null : bias + firstOutput);
                Multiply<TKernel>(operands, tokens);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Begin(in TileOperands tile, int tokens, float* bias)
    {
        for (int token = 0; token < tokens; token++)
        {
            Span<float> outputs = new(tile.Output + (token * tile.OutputStride), PanelLayout.OutputsPerPanel);
            if (bias == null)
            {
                outputs.Clear();
            }
            else
            {
                new ReadOnlySpan<float>(bias, PanelLayout.OutputsPerPanel).CopyTo(outputs);
            }
        }
    }

    private static void Multiply<TKernel>(in TileOperands tile, int tokens)
        where TKernel : struct, ITileKernel
    {
        switch (tokens)
        {
            case 1:
                TKernel.Multiply<One>(tile);
                break;
            case 2:
                TKernel.Multiply<Two>(tile);
                break;
            case 3:
                TKernel.Multiply<Three>(tile);
                break;
            case 4:
                TKernel.Multiply<Four>(tile);
                break;
            case 5:
                TKernel.Multiply<Five>(tile);
                break;
            default:
                TKernel.Multiply<Six>(tile);
                break;
        }
    }
}
