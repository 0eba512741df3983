using System.Diagnostics;
using System.Globalization;
using Spectre.Console;
using Spectre.Console.Rendering;
using TinyGpt.Training;
using Label = Spectre.Console.Text;

namespace TinyGpt.Cli.Output;

/// <summary>Shows where a training is: a view that is drawn anew on a terminal, a line from time to time elsewhere.</summary>
/// <param name="measurePeak">
/// Measures the multiply-adds a second that the machine could do, or gives null where that cannot be known. The highest of several
/// measurements counts, because others may be busy during any of them.
/// </param>
internal sealed class TrainingDisplay(Func<double?> measurePeak)
{
    private const int LinesInAll = 100;
    private const int BarWidth = 40;

    private static readonly TimeSpan RefreshInterval = TimeSpan.FromSeconds(0.25);

    private double? _peak;

    /// <summary>Trains with a view or lines on standard output.</summary>
    /// <param name="training">The training, which is given whom to tell of its progress.</param>
    public bool Run(Func<IProgress<TrainingProgress>, bool> training)
    {
        _peak = measurePeak();
        return Terminal.ShowsOutput ? Draw(training) : training(new Lines(this));
    }

    private bool Draw(Func<IProgress<TrainingProgress>, bool> training)
    {
        long last = 0;
        string saved = "";
        return Terminal.CreateOutputConsole().Live(new Label("first steps …")).AutoClear(false).Start(live => training(new Watcher(progress =>
        {
            saved = progress.IsSaved ? Step(progress.Report.Step) : saved;
            if (Stopwatch.GetElapsedTime(last) >= RefreshInterval || progress.Report.Step == progress.TotalSteps)
            {
                last = Stopwatch.GetTimestamp();
                live.UpdateTarget(View(progress, saved));
            }
        })));
    }

    private Grid View(TrainingProgress progress, string saved)
    {
        double share = (double)progress.Report.Step / progress.TotalSteps;
        int full = (int)(share * BarWidth);
        string bar = new string('━', full) + new string('─', BarWidth - full);
        Grid grid = new();
        grid.AddColumn(new GridColumn { NoWrap = true });
        grid.AddColumn();
        Add("step", $"{Step(progress.Report.Step)} of {Step(progress.TotalSteps)}  {bar} {(int)(share * 100)} %");
        Add("loss", Loss(progress.MeanLoss));
        Add("validation loss", progress.ValidationLoss is { } validation ? Loss(validation) : "-");
        if (progress.ValidationAccuracy is { } accuracy)
        {
            Add("accuracy", Percent(accuracy));
        }

        Add("learning rate", Rate(progress.Report.LearningRate));
        Add("speed", Speed(progress));
        Add("time left", Time(progress.TimeLeft));
        Add("last saved", saved.Length > 0 ? $"step {saved}; Ctrl-C saves and stops" : "Ctrl-C saves and stops");
        return grid;

        void Add(string name, string value) =>
            grid.AddRow(new IRenderable[] { new Label(name, new Style(decoration: Decoration.Dim)), new Label(value) });
    }

    private string Speed(TrainingProgress progress)
    {
        if (progress.IsSaved && _peak is not null)
        {
            _peak = Math.Max(_peak.Value, measurePeak() ?? 0);
        }

        string speed = string.Create(CultureInfo.InvariantCulture, $"{progress.PositionsPerSecond:0} tokens/s");
        return _peak is { } peak
            ? speed + string.Create(CultureInfo.InvariantCulture, $", {progress.MultiplyAddsPerSecond / peak:0 %} of the FMA peak")
            : speed;
    }

    private static string Step(long step) => step.ToString("#,0", CultureInfo.InvariantCulture);

    private static string Loss(double loss) => loss.ToString("0.0000", CultureInfo.InvariantCulture);

    private static string Percent(double share) => (100 * share).ToString("0.0", CultureInfo.InvariantCulture) + " %";

    private static string Rate(float rate) => rate.ToString("0.00e0", CultureInfo.InvariantCulture);

    private static string Time(TimeSpan time) => string.Create(
        CultureInfo.InvariantCulture, $"{(int)time.TotalHours}:{time.Minutes:00}:{time.Seconds:00}");

    private sealed class Watcher(Action<TrainingProgress> report) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value) => report(value);
    }

    private sealed class Lines(TrainingDisplay display) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value)
        {
            int interval = Math.Max(1, value.TotalSteps / LinesInAll);
            if (value.Report.Step % interval != 0 && !value.IsValidated)
            {
                return;
            }

            string validation = value is { IsValidated: true, ValidationLoss: { } loss } ? $"  validation {Loss(loss)}" : "";
            validation += value is { IsValidated: true, ValidationAccuracy: { } accuracy } ? $"  accuracy {Percent(accuracy)}" : "";
            Console.Out.WriteLine(
                $"step {value.Report.Step}/{value.TotalSteps}  loss {Loss(value.MeanLoss)}{validation}  rate {Rate(value.Report.LearningRate)}  "
                + $"{display.Speed(value)}  left {Time(value.TimeLeft)}{(value.IsSaved ? "  saved" : "")}");
            Console.Out.Flush();
        }
    }
}
