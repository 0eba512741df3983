using System.Xml.Linq;

namespace TinyGpt.Training.Tests;

public sealed class LossHistoryTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Rows_are_read_back_up_to_the_checkpoint()
    {
        LossHistory history = OfSteps(10);
        string file = _folder.At("losses.csv");
        history.Write(file);
        LossHistory read = LossHistory.Read(file, lastStep: 7);
        Assert.Equal(history.Rows.Take(8), read.Rows);
        Assert.Equal(3.5, read.ValidationLoss);
        Assert.Equal(0.25, read.ValidationAccuracy);
        Assert.Equal(["step", "0", "1"], File.ReadLines(file).Take(3).Select(line => line.Split(',')[0]));
    }

    [Fact]
    public void A_damaged_line_is_named()
    {
        string file = _folder.Write("losses.csv", "step,loss\n1,2,,x,0,0,0\n");
        Assert.Equal(2, Assert.Throws<TrainingDataException>(() => LossHistory.Read(file, 10)).Line);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2500)]
    public void The_chart_is_a_drawing_of_both_losses(int steps)
    {
        string file = _folder.At("losses.svg");
        LossChart.Write(file, OfSteps(steps));
        XElement[] lines = [.. XDocument.Load(file).Descendants().Where(element => element.Name.LocalName == "polyline")];
        Assert.Equal(steps == 0 ? 1 : 2, lines.Length);
        foreach (string point in lines.SelectMany(line => line.Attribute("points")!.Value.Split(' ')))
        {
            double[] place = [.. point.Split(',').Select(number => double.Parse(number, System.Globalization.CultureInfo.InvariantCulture))];
            Assert.InRange(place[0], 60, 740);
            Assert.InRange(place[1], 40, 370);
        }
    }

    private static LossHistory OfSteps(int steps)
    {
        LossHistory history = new();
        history.Add(new LossRow(0, null, 5, 0, 0, 0, 0));
        for (int step = 1; step <= steps; step++)
        {
            history.Add(new LossRow(step, 4.0 / (1 << (step % 8)), step % 5 == 0 ? 3.5 : null, 0.001f, 1.25, 100, 0.5)
            {
                ValidationAccuracy = step % 5 == 0 ? 0.25 : null,
            });
        }

        return history;
    }
}
