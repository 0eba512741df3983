using TinyGpt.Kernels.Contract;

namespace TinyGpt.Import.Packing;

/// <summary>
/// For each row of a packed tensor the row of the checkpoint that it is, or <see cref="Zeros"/>: the orders that
/// <see cref="ModelTensors"/> asks for.
/// </summary>
internal static class RowOrder
{
    /// <summary>A row of zeros.</summary>
    public const int Zeros = -1;

    /// <summary>Rows as they are.</summary>
    public static int[] AsStored(int rows) => [.. Enumerable.Range(0, rows)];

    /// <summary>All queries, all keys, all values, each head padded, and what is rotated in pairs of neighbours.</summary>
    /// <param name="config">The configuration.</param>
    /// <param name="pairsAreHalves">
    /// Whether the checkpoint rotates channel i together with i + dimensions/2, as Hugging Face's library does, instead of neighbours.
    /// </param>
    /// <param name="headsOutermost">Whether it has query, key and value of each head one after the other, instead of all queries first.</param>
    public static int[] QueryKeyValue(ModelConfig config, bool pairsAreHalves, bool headsOutermost = false)
    {
        int[] rotated = Head(config, pairsAreHalves);
        int[] asStored = AsStored(config.HeadSize);
        int[] rows = new int[config.QueryKeyValueWidth];
        int row = 0;
        int firstOfPart = 0;
        for (int part = 0; part < 3; part++)
        {
            int heads = part == 0 ? config.Heads : config.KeyValueHeads;
            int[] channels = part == 2 ? asStored : rotated;
            for (int head = 0; head < heads; head++)
            {
                int firstOfHead = headsOutermost ? ((3 * head) + part) * config.HeadSize : firstOfPart + (head * config.HeadSize);
                for (int channel = 0; channel < config.HeadStride; channel++)
                {
                    rows[row++] = channel < config.HeadSize ? firstOfHead + channels[channel] : Zeros;
                }
            }

            firstOfPart += heads * config.HeadSize;
        }

        return rows;
    }

    /// <summary>The channels of one query or key, without padding; see <see cref="QueryKeyValue"/>.</summary>
    public static int[] Head(ModelConfig config, bool pairsAreHalves)
    {
        int[] channels = AsStored(config.HeadSize);
        int half = pairsAreHalves && config.Rotary is { } rotary ? rotary.Dimensions / 2 : 0;
        for (int pair = 0; pair < half; pair++)
        {
            channels[2 * pair] = pair;
            channels[(2 * pair) + 1] = half + pair;
        }

        return channels;
    }

    /// <summary>The feed-forward layer's first matrix; where it is gated, stored as all gates and then what they open.</summary>
    public static int[] FeedForwardIn(ModelConfig config)
    {
        if (!config.Gated)
        {
            return AsStored(config.FeedForwardWidth);
        }

        int[] rows = new int[config.FeedForwardInWidth];
        for (int row = 0; row < rows.Length; row++)
        {
            (int panel, int lane) = Math.DivRem(row, PanelLayout.OutputsPerPanel);
            int output = (panel / 2 * PanelLayout.OutputsPerPanel) + lane;
            rows[row] = output >= config.FeedForwardWidth ? Zeros : output + (panel % 2 * config.FeedForwardWidth);
        }

        return rows;
    }
}
