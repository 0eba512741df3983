using System.Text;

namespace TinyGpt.Dialogue.Tests.Stage;

/// <summary>Personas, stages and ways to run them for the tests of stages.</summary>
internal static class StageScript
{
    public static readonly Persona Mira = new()
    {
        Name = "Mira",
        Mood = "cheerful",
        Facts =
        [
            new("Trade", "innkeeper"), new("Home", "the Gilded Goose"), new("Sells", "ale 2, stew 5"), new("Rumour", "wolves prowl near the mill"),
        ],
        Sampling = new SamplingOptions { Temperature = 1.5f },
        MaxAnswerTokens = 24,
    };

    public static readonly Persona Tom = Mira with { Name = "Tom", Mood = "gruff", Facts = [new("Trade", "smith"), new("Home", "the forge")] };

    public static StageOptions Options(int sequences = 9, int? pages = null, ulong seed = 5, int threads = 1, string world = "", int lookup = 0) => new()
    {
        Engine = new GptEngineOptions { MaxSequences = sequences, KvPages = pages, Threads = threads, MaxLookupTokens = lookup },
        Seed = seed,
        World = world,
    };

    /// <summary>Ticks until nothing is left to do, or nothing that does not wait for a reader.</summary>
    public static void Finish(DialogueStage stage, StepBudget? budget = null)
    {
        while (stage.Tick(budget ?? StepBudget.Unlimited) == StepStatus.Working)
        {
        }
    }

    public static string Read(Talk talk)
    {
        StringBuilder text = new();
        byte[] buffer = new byte[64];
        while (talk.TryRead(buffer, out int written))
        {
            text.Append(Encoding.UTF8.GetString(buffer, 0, written));
        }

        return text.ToString();
    }

    /// <summary>Says a line and reads the whole answer.</summary>
    public static string Ask(DialogueStage stage, Talk talk, string line, StepBudget? budget = null)
    {
        talk.Say(line);
        Finish(stage, budget);
        return Read(talk);
    }

    /// <summary>The whole transcript, one line a turn.</summary>
    public static string Lines(Talk talk) =>
        string.Join('\n', talk.Transcript().Select(line => $"{line.Speaker}: {line.Text}"));

    /// <summary>A line as the other hears it: a random model says control characters as well.</summary>
    public static string Heard(string line) => string.Concat(line.Trim().Select(character => char.IsControl(character) ? ' ' : character));
}
