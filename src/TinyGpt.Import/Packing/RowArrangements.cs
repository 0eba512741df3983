using TinyGpt.Kernels;

namespace TinyGpt.Import;

/// <summary>The orders of rows that <see cref="ModelTensors"/> asks for, from the orders that checkpoints have.</summary>
internal static class RowArrangements
{
    /// <summary>All query heads, then all key heads, then all value heads, each padded with zeros to its stride.</summary>
    /// <param name="config">The shape.</param>
    /// <param name="joined">Whether one source has all three, one behind the other; otherwise each is a source of its own.</param>
    /// <param name="rotaryHalves">
    /// Whether the checkpoint rotates channel i together with channel i + dimensions/2, and not with its neighbour.
    /// </param>
    public static RowArrangement QueryKeyValue(ModelConfig config, bool joined, bool rotaryHalves)
    {
        int size = config.HeadSize;
        int heads = config.Heads;
        int keyHeads = config.KeyValueHeads;
        return row =>
        {
            (int head, int channel) = Math.DivRem(row, config.HeadStride);
            if (channel >= size)
            {
                return RowPlace.Zeros;
            }

            bool isValue = head >= heads + keyHeads;
            channel = rotaryHalves && !isValue ? RotaryChannel(config, channel) : channel;
            return joined ? new RowPlace(0, (head * size) + channel)
                : isValue ? new RowPlace(2, ((head - heads - keyHeads) * size) + channel)
                : head >= heads ? new RowPlace(1, ((head - heads) * size) + channel)
                : new RowPlace(0, (head * size) + channel);
        };
    }

    /// <summary>16 rows of the first source (the gate) and 16 rows of the second in turn, both padded with zeros to a multiple of 16.</summary>
    /// <param name="rows">The rows of each of the two.</param>
    public static RowArrangement Gated(int rows) => place =>
    {
        (int panel, int lane) = Math.DivRem(place, PanelLayout.RowsPerPanel);
        int row = (panel / 2 * PanelLayout.RowsPerPanel) + lane;
        return row < rows ? new RowPlace(panel % 2, row) : RowPlace.Zeros;
    };

    /// <summary>The rotated channels of one head, for a vector that all heads share, from a checkpoint that rotates by halves.</summary>
    public static RowArrangement RotaryHalves(ModelConfig config) => channel => new RowPlace(0, RotaryChannel(config, channel));

    /// <summary>Where a checkpoint that rotates by halves has the channel that belongs here: pairs come to lie side by side.</summary>
    private static int RotaryChannel(ModelConfig config, int channel)
    {
        int rotated = config.Rotary?.Dimensions ?? 0;
        return channel < rotated ? (channel / 2) + (channel % 2 * (rotated / 2)) : channel;
    }
}
