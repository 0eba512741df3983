using TinyGpt.Kernels.Contract;

namespace TinyGpt.Kernels.Tests;

/// <summary>The cut of rows into tiles and the places of quantized groups.</summary>
public sealed unsafe class LayoutTests
{
    [Fact]
    public void Tiles_cover_all_rows_in_order_and_differ_by_at_most_one_row()
    {
        for (int rows = 1; rows <= 200; rows++)
        {
            TokenTiles tiles = new(rows);
            int next = 0;
            for (int tile = 0; tile < tiles.Count; tile++)
            {
                Assert.Equal(next, tiles.Start(tile));
                Assert.InRange(tiles.Size(tile), 1, TokenTiles.MaxTokensPerTile);
                Assert.InRange(tiles.Size(0) - tiles.Size(tile), 0, 1);
                for (int row = next; row < next + tiles.Size(tile); row++)
                {
                    Assert.Equal(tile, tiles.TileOf(row));
                }

                next += tiles.Size(tile);
            }

            Assert.Equal(rows, next);
            Assert.Equal((rows + 5) / 6, tiles.Count);
        }
    }

    [Fact]
    public void Every_quantized_value_and_scale_has_its_own_place()
    {
        for (int rows = 1; rows <= 14; rows++)
        {
            for (int groups = 1; groups <= 4; groups++)
            {
                using NativeBuffer<sbyte> values = new(rows * groups * 64);
                using NativeBuffer<float> scales = new(rows * groups);
                QuantizedActivations view = new(values.Pointer, scales.Pointer, null, rows, groups);
                for (int row = 0; row < rows; row++)
                {
                    for (int group = 0; group < groups; group++)
                    {
                        sbyte* quads = view.Locate(row, group, out int quadStride, out nint scaleIndex);
                        scales.Span[(int)scaleIndex]++;
                        for (int i = 0; i < 64; i++)
                        {
                            values.Span[(int)(quads - values.Pointer) + (i / 4 * quadStride) + (i % 4)]++;
                        }
                    }
                }

                Assert.Equal(-1, values.Span.IndexOfAnyExcept((sbyte)1));
                Assert.Equal(-1, scales.Span.IndexOfAnyExcept(1f));
            }
        }
    }

    [Fact]
    public void A_4_bit_matrix_takes_576_bytes_a_group_and_has_its_panels_accordingly()
    {
        byte* start = (byte*)4096;
        PackedMatrix matrix = new(start, 40, 768, WeightPrecision.Int4);
        Assert.Equal(3 * 12 * 576, PanelLayout.PackedBytes(40, 768, WeightPrecision.Int4));
        Assert.Equal(576, matrix.GroupBytes);
        Assert.Equal(2 * 12 * 576, matrix.Panel(2) - start);
        Assert.Equal(2 * 12 * 1088, new PackedMatrix(start, 40, 768).Panel(2) - start);
    }

    [Fact]
    public void A_single_row_is_contiguous()
    {
        sbyte* start = (sbyte*)4096;
        QuantizedActivations view = new(start, null, null, 1, 3);
        for (int group = 0; group < 3; group++)
        {
            sbyte* quads = view.Locate(0, group, out int quadStride, out nint scaleIndex);
            Assert.Equal(group * 64, quads - start);
            Assert.Equal(4, quadStride);
            Assert.Equal(group, scaleIndex);
        }
    }
}
