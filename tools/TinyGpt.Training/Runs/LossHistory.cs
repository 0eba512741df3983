using System.Globalization;
using System.Text;
using TinyGpt.Format;

namespace TinyGpt.Training;

/// <summary>The losses of a training, step by step. Not thread-safe.</summary>
public sealed class LossHistory
{
    private const string Header = "step,loss,validation_loss,learning_rate,gradient_norm,positions,seconds,validation_accuracy";

    private readonly List<LossRow> _rows = [];

    /// <summary>The rows, by step; row 0, if there is one, has the validation loss before the first step.</summary>
    public IReadOnlyList<LossRow> Rows => _rows;

    /// <summary>Positions computed so far.</summary>
    public long Positions => _rows.Sum(row => row.Positions);

    /// <summary>Seconds that all steps took.</summary>
    public double Seconds => _rows.Sum(row => row.Seconds);

    /// <summary>The last validation loss, or null.</summary>
    public double? ValidationLoss => _rows.FindLast(row => row.ValidationLoss is not null)?.ValidationLoss;

    /// <summary>The last share of held-out texts whose class was found, or null without a classifier.</summary>
    public double? ValidationAccuracy => _rows.FindLast(row => row.ValidationAccuracy is not null)?.ValidationAccuracy;

    /// <summary>Adds a row.</summary>
    public void Add(LossRow row) => _rows.Add(row);

    /// <summary>Gives the last row what was measured on the held-out text after it.</summary>
    public void SetValidation(double loss, double? accuracy) =>
        _rows[^1] = _rows[^1] with { ValidationLoss = loss, ValidationAccuracy = accuracy };

    /// <summary>The mean loss of the last steps, or null before the first.</summary>
    /// <param name="steps">How many, 1 or more.</param>
    public double? MeanLoss(int steps) =>
        _rows.Skip(_rows.Count - steps).Where(row => row.Loss is not null).Average(row => row.Loss);

    /// <summary>Reads a file that <see cref="Write"/> made, up to a step; an absent one is empty.</summary>
    /// <param name="file">The file.</param>
    /// <param name="lastStep">Rows after this step are left out.</param>
    /// <exception cref="TrainingDataException">The file is damaged.</exception>
    public static LossHistory Read(string file, long lastStep)
    {
        LossHistory history = new();
        if (!File.Exists(file))
        {
            return history;
        }

        string[] lines = File.ReadAllLines(file);
        for (int line = 1; line < lines.Length; line++)
        {
            if (!LossRow.TryParse(lines[line], out LossRow? row))
            {
                throw new TrainingDataException(file, $"the line does not have the columns {Header}", line + 1);
            }

            if (row.Step <= lastStep)
            {
                history.Add(row);
            }
        }

        return history;
    }

    /// <summary>Writes all rows as comma-separated values, by a temporary file that takes its name.</summary>
    /// <param name="file">The file.</param>
    public void Write(string file) => AtomicFile.Write(file, stream =>
    {
        using StreamWriter writer = new(stream, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false), leaveOpen: true) { NewLine = "\n" };
        writer.WriteLine(Header);
        foreach (LossRow row in _rows)
        {
            writer.WriteLine(row.ToText());
        }
    });
}

/// <summary>What one step did.</summary>
/// <param name="Step">Steps done, this one included.</param>
/// <param name="Loss">The mean loss of its positions in nats, or null before the first step.</param>
/// <param name="ValidationLoss">The validation loss after it, or null where it was not measured.</param>
/// <param name="LearningRate">Its learning rate.</param>
/// <param name="GradientNorm">The norm of its gradients before clipping.</param>
/// <param name="Positions">How many positions it computed.</param>
/// <param name="Seconds">How long it took.</param>
public sealed record LossRow(
    long Step, double? Loss, double? ValidationLoss, float LearningRate, double GradientNorm, long Positions, double Seconds)
{
    private const int Columns = 8;

    /// <summary>The share of held-out texts whose class was found, or null where it was not measured.</summary>
    public double? ValidationAccuracy { get; init; }

    internal string ToText() => string.Create(
        CultureInfo.InvariantCulture,
        $"{Step},{Loss:0.00000},{ValidationLoss:0.00000},{LearningRate:0.00000e+00},{GradientNorm:0.0000},{Positions},{Seconds:0.0000},"
        + $"{ValidationAccuracy:0.00000}");

    internal static bool TryParse(string line, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out LossRow? row)
    {
        row = null;
        string[] cells = line.Split(',');
        CultureInfo culture = CultureInfo.InvariantCulture;
        double? accuracy = null;
        if (cells.Length is not (Columns or Columns - 1)
            || !long.TryParse(cells[0], culture, out long step)
            || !TryParseLoss(cells[1], out double? loss)
            || !TryParseLoss(cells[2], out double? validation)
            || !float.TryParse(cells[3], culture, out float rate)
            || !double.TryParse(cells[4], culture, out double norm)
            || !long.TryParse(cells[5], culture, out long positions)
            || !double.TryParse(cells[6], culture, out double seconds)
            || (cells.Length == Columns && !TryParseLoss(cells[7], out accuracy))
            || step < 0 || positions < 0 || !(seconds >= 0 && double.IsFinite(seconds)) || !float.IsFinite(rate) || !double.IsFinite(norm))
        {
            return false;
        }

        row = new LossRow(step, loss, validation, rate, norm, positions, seconds) { ValidationAccuracy = accuracy };
        return true;
    }

    private static bool TryParseLoss(string cell, out double? loss)
    {
        bool isNumber = double.TryParse(cell, CultureInfo.InvariantCulture, out double value);
        loss = isNumber ? value : null;
        return cell.Length == 0 || (isNumber && double.IsFinite(value));
    }
}
