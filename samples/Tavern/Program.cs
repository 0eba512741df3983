using System.Globalization;
using TinyGpt;
using TinyGpt.Samples.Tavern;
using TinyGpt.Tavern;

const string Usage = """
    A tavern in 80 x 24 characters. Without arguments and in a terminal it is played.

      --demo N         play N frames by a script of its own, and print the last one and a line of figures
      --script FILE    the same with another script: lines such as '30 right 12' and '200 say Hello!'
      --frames N       how many frames of the script (600)
      --budget MS      milliseconds a frame for talk; without it, 2 in a terminal, and one pass with a script,
                       which has every word come in the same frame on every machine
    """;

int frames = 600;
string? script = Console.IsInputRedirected || Console.IsOutputRedirected ? Script.Demo : null;
double? milliseconds = null;
try
{
    for (int i = 0; i < args.Length; i += 2)
    {
        string value = i + 1 < args.Length ? args[i + 1] : throw new FormatException($"{args[i]} has no value.");
        switch (args[i])
        {
            case "--demo":
                script = Script.Demo;
                frames = int.Parse(value, CultureInfo.InvariantCulture);
                break;
            case "--script":
                script = File.ReadAllText(value);
                break;
            case "--frames":
                script ??= Script.Demo;
                frames = int.Parse(value, CultureInfo.InvariantCulture);
                break;
            case "--budget":
                milliseconds = double.Parse(value, CultureInfo.InvariantCulture);
                break;
            default:
                throw new FormatException($"There is no option {args[i]}.");
        }
    }

    using GptModel model = TavernModel.Load();
    StepBudget budget = milliseconds is { } limit ? StepBudget.Milliseconds(limit)
        : script is null ? StepBudget.Milliseconds(2) : StepBudget.OnePass;
    using TavernGame game = new(model, budget);
    if (script is null)
    {
        new GameLoop(game).Run();
        return 0;
    }

    Rehearsal rehearsal = new(game, Script.Parse(script), frames);
    Console.OutputEncoding = System.Text.Encoding.UTF8;
    Console.Write(rehearsal.LastFrame);
    Console.WriteLine(rehearsal.Figures);
    return 0;
}
catch (Exception exception) when (exception is FormatException or ArgumentOutOfRangeException or OverflowException or IOException)
{
    Console.Error.WriteLine(exception.Message);
    Console.Error.WriteLine(Usage);
    return 1;
}
