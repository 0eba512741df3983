using System.Globalization;
using System.Text;
using TinyGpt.Format;

namespace TinyGpt.Training;

/// <summary>Draws a loss curve as an SVG file: the training loss, averaged over neighbouring steps, and the validation loss.</summary>
internal static class LossChart
{
    private const int Width = 760;
    private const int Height = 420;
    private const int Left = 60;
    private const int Right = 20;
    private const int Top = 40;
    private const int Bottom = 50;
    private const int MostPoints = 300;
    private const int Ticks = 6;

    /// <summary>Draws a history, by a temporary file that takes its name.</summary>
    /// <param name="file">The file.</param>
    /// <param name="history">The losses; nothing is drawn of an empty one.</param>
    public static void Write(string file, LossHistory history)
    {
        string image = Draw(history);
        AtomicFile.Write(file, stream => stream.Write(Encoding.UTF8.GetBytes(image)));
    }

    private static string Draw(LossHistory history)
    {
        List<(double Step, double Loss)> training = Averaged(history);
        List<(double Step, double Loss)> validation =
            [.. history.Rows.Where(row => row.ValidationLoss is not null).Select(row => ((double)row.Step, row.ValidationLoss!.Value))];
        double steps = Math.Max(1, history.Rows.Count > 0 ? history.Rows[^1].Step : 1);
        double highest = training.Concat(validation).Select(point => point.Loss).DefaultIfEmpty(1).Max();
        double stepTick = Tick(steps);
        double lossTick = Tick(highest);
        Plot plot = new(steps, Math.Ceiling(highest / lossTick) * lossTick);
        StringBuilder svg = new();
        svg.Append(CultureInfo.InvariantCulture, $"""
            <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {Width} {Height}" font-family="sans-serif" font-size="12">
            <rect width="{Width}" height="{Height}" fill="white"/>

            """);
        for (double loss = 0; loss <= plot.Loss * 1.0001; loss += lossTick)
        {
            svg.Append(CultureInfo.InvariantCulture, $"""
                <line x1="{Left}" x2="{Width - Right}" y1="{plot.Y(loss):0.0}" y2="{plot.Y(loss):0.0}" stroke="#ddd"/>
                <text x="{Left - 8}" y="{plot.Y(loss) + 4:0.0}" text-anchor="end">{loss:0.###}</text>

                """);
        }

        for (double step = 0; step <= steps * 1.0001; step += stepTick)
        {
            svg.Append(CultureInfo.InvariantCulture, $"""
                <text x="{plot.X(step):0.0}" y="{Height - Bottom + 18}" text-anchor="middle">{step:0}</text>

                """);
        }

        svg.Append(CultureInfo.InvariantCulture, $"""
            <path d="M{Left},{Top}V{Height - Bottom}H{Width - Right}" fill="none" stroke="black"/>
            <text x="{(Left + Width - Right) / 2}" y="{Height - 10}" text-anchor="middle">steps</text>
            <text x="{Left}" y="20">loss in nats a token:</text>

            """);
        Line(svg, plot, training, "#1f77b4", "training", 190);
        Line(svg, plot, validation, "#d62728", "validation", 270);
        svg.Append("</svg>\n");
        return svg.ToString();
    }

    private static void Line(StringBuilder svg, Plot plot, List<(double Step, double Loss)> points, string colour, string name, int x)
    {
        if (points.Count == 0)
        {
            return;
        }

        string path = string.Join(
            ' ', points.Select(point => string.Create(CultureInfo.InvariantCulture, $"{plot.X(point.Step):0.0},{plot.Y(point.Loss):0.0}")));
        svg.Append(CultureInfo.InvariantCulture, $"""
            <polyline points="{path}" fill="none" stroke="{colour}" stroke-width="1.5"/>
            <text x="{x}" y="20" fill="{colour}">{name} {points[^1].Loss:0.000}</text>

            """);
    }

    private static List<(double Step, double Loss)> Averaged(LossHistory history)
    {
        List<LossRow> rows = [.. history.Rows.Where(row => row.Loss is not null)];
        int size = Math.Max(1, (rows.Count + MostPoints - 1) / MostPoints);
        return [.. rows.Chunk(size).Select(chunk => (chunk.Average(row => (double)row.Step), chunk.Average(row => row.Loss!.Value)))];
    }

    /// <summary>The distance of about <see cref="Ticks"/> round numbers up to a value: 1, 2 or 5 times a power of ten.</summary>
    private static double Tick(double highest)
    {
        double rough = Math.Max(highest, 1e-3) / Ticks;
        double power = Math.Pow(10, Math.Floor(Math.Log10(rough)));
        double digit = rough / power;
        return power * (digit <= 1 ? 1 : digit <= 2 ? 2 : digit <= 5 ? 5 : 10);
    }

    private readonly record struct Plot(double Steps, double Loss)
    {
        public double X(double step) => Left + (step / Steps * (Width - Left - Right));

        public double Y(double loss) => Height - Bottom - (loss / Loss * (Height - Top - Bottom));
    }
}
