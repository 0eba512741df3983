using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace TinyGpt.Training.Numerics;

/// <summary>
/// Copies a part of a matrix into panels: for each k, the <c>lines</c> floats that a register tile takes at once. Lines that the matrix
/// has not are zeros, so that tiles have one size.
/// </summary>
internal static unsafe class MatrixPacking
{
    /// <summary>Packs one panel.</summary>
    /// <param name="source">The panel's first element.</param>
    /// <param name="lineStride">Floats from line to line; 1 if lines are contiguous.</param>
    /// <param name="depthStride">Floats from k to k; 1 unless <paramref name="lineStride"/> is.</param>
    /// <param name="present">Lines that the matrix has.</param>
    /// <param name="lines">Lines of the panel, a multiple of 4.</param>
    /// <param name="depth">How many k.</param>
    /// <param name="panel">depth × lines floats.</param>
    public static void Pack(float* source, nint lineStride, nint depthStride, int present, int lines, int depth, float* panel)
    {
        if (present < lines)
        {
            new Span<float>(panel, lines * depth).Clear();
        }

        if (lineStride == 1)
        {
            CopyLines(source, depthStride, present, lines, depth, panel);
        }
        else
        {
            Transpose(source, lineStride, present, lines, depth, panel);
        }
    }

    private static void CopyLines(float* source, nint depthStride, int present, int lines, int depth, float* panel)
    {
        int fours = present & ~3;
        for (int k = 0; k < depth; k++)
        {
            int line = 0;
            for (; line < fours; line += 4)
            {
                Vector128.Load(source + line).Store(panel + line);
            }

            for (; line < present; line++)
            {
                panel[line] = source[line];
            }

            source += depthStride;
            panel += lines;
        }
    }

    /// <summary>In squares of 4 × 4.</summary>
    private static void Transpose(float* source, nint lineStride, int present, int lines, int depth, float* panel)
    {
        int squares = depth & ~3;
        int line = 0;
        for (; line + 4 <= present; line += 4)
        {
            float* row = source + (line * lineStride);
            float* to = panel + line;
            int k = 0;
            for (; k < squares; k += 4)
            {
                Transpose(
                    Vector128.Load(row), Vector128.Load(row + lineStride), Vector128.Load(row + (2 * lineStride)), Vector128.Load(row + (3 * lineStride)),
                    to, lines);
                row += 4;
                to += 4 * lines;
            }

            for (; k < depth; k++)
            {
                Vector128.Create(row[0], row[lineStride], row[2 * lineStride], row[3 * lineStride]).Store(to);
                row++;
                to += lines;
            }
        }

        for (; line < present; line++)
        {
            for (int k = 0; k < depth; k++)
            {
                panel[(k * lines) + line] = source[(line * lineStride) + k];
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Transpose(Vector128<float> a, Vector128<float> b, Vector128<float> c, Vector128<float> d, float* to, int stride)
    {
        if (Sse.IsSupported)
        {
            Vector128<float> abLow = Sse.UnpackLow(a, b);
            Vector128<float> cdLow = Sse.UnpackLow(c, d);
            Vector128<float> abHigh = Sse.UnpackHigh(a, b);
            Vector128<float> cdHigh = Sse.UnpackHigh(c, d);
            Sse.MoveLowToHigh(abLow, cdLow).Store(to);
            Sse.MoveHighToLow(cdLow, abLow).Store(to + stride);
            Sse.MoveLowToHigh(abHigh, cdHigh).Store(to + (2 * stride));
            Sse.MoveHighToLow(cdHigh, abHigh).Store(to + (3 * stride));
        }
        else
        {
            Vector128<double> abLow = AdvSimd.Arm64.ZipLow(a, b).AsDouble();
            Vector128<double> cdLow = AdvSimd.Arm64.ZipLow(c, d).AsDouble();
            Vector128<double> abHigh = AdvSimd.Arm64.ZipHigh(a, b).AsDouble();
            Vector128<double> cdHigh = AdvSimd.Arm64.ZipHigh(c, d).AsDouble();
            AdvSimd.Arm64.ZipLow(abLow, cdLow).AsSingle().Store(to);
            AdvSimd.Arm64.ZipHigh(abLow, cdLow).AsSingle().Store(to + stride);
            AdvSimd.Arm64.ZipLow(abHigh, cdHigh).AsSingle().Store(to + (2 * stride));
            AdvSimd.Arm64.ZipHigh(abHigh, cdHigh).AsSingle().Store(to + (3 * stride));
        }
    }
}
