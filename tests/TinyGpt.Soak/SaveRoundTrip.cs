using System.Text;
using TinyGpt.Dialogue;

namespace TinyGpt.Soak;

/// <summary>Restores a session and a stage, saves both, restores them again, and prints what they say.</summary>
internal static class SaveRoundTrip
{
    public static int Run(string folder)
    {
        using GptModel model = GptModel.Load(Path.Combine(folder, "first-lz4.tgpt"));
        Console.Out.WriteLine(SessionTokens(model, File.ReadAllBytes(Path.Combine(folder, "first-lz4-float32.session"))));
        Console.Out.WriteLine(StageLine(model, File.ReadAllBytes(Path.Combine(folder, "first-lz4.stage"))));

        string facts = string.Join(',', Enumerable.Range(1, 40).Select(number => $"\"Fact {number}\":\"{number}\""));
        Persona persona = Persona.Read(Encoding.UTF8.GetBytes("{\"name\":\"Mira\",\"facts\":{" + facts + "}}"), "persona");
        Console.Out.WriteLine(persona.Facts.Count);
        return 0;
    }

    private static string SessionTokens(GptModel model, byte[] save)
    {
        SamplingOptions sampling = new() { Temperature = 0.9f, Seed = 11 };
        SessionOptions options = new() { MaxNewTokens = 40 };
        using GptEngine engine = new(model);
        using MemoryStream second = new();
        using (GptSession session = engine.Restore(new MemoryStream(save), sampling, options))
        {
            engine.Step(StepBudget.OnePass);
            session.Save(second, keysAndValues: true);
        }

        second.Position = 0;
        using GptSession again = engine.Restore(second, sampling, options);
        engine.Step(StepBudget.Unlimited);
        return string.Join(' ', again.AnswerTokens.ToArray());
    }

    private static string StageLine(GptModel model, byte[] save)
    {
        StageOptions options = new() { Seed = 7 };
        using MemoryStream second = new();
        using (DialogueStage stage = DialogueStage.Restore(new MemoryStream(save), model, options))
        {
            stage.Tick(StepBudget.OnePass);
            stage.Save(second, keysAndValues: true);
        }

        second.Position = 0;
        using DialogueStage again = DialogueStage.Restore(second, model, options);
        while (again.Tick(StepBudget.Unlimited) == StepStatus.Working)
        {
        }

        return Convert.ToHexString(Encoding.UTF8.GetBytes(again.Talks[0].Transcript()[^1].Text));
    }
}
