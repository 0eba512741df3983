namespace TinyGpt.Soak;

/// <summary>
/// Restores the session that the file holds, if there is one, and saves it again and again, one token longer each time. Killed at any
/// moment, it leaves a file that can be restored.
/// </summary>
internal static class SaveLoop
{
    public static int Run(string path)
    {
        using GptModel model = SoakModel.Make();
        using GptEngine engine = new(model);
        GptSession session = File.Exists(path) ? engine.Restore(path) : engine.CreateSession();
        for (int saves = 0; ; saves++)
        {
            if (session.Tokens.Length >= model.Config.ContextLength)
            {
                session.Rewind(0);
            }

            session.Append([session.Tokens.Length], answer: false);
            engine.Step(StepBudget.Unlimited);
            session.Save(path, keysAndValues: true);
            if (saves == 2)
            {
                Console.Out.WriteLine("saving"); // everything is compiled: from here on a kill falls into a save
            }
        }
    }
}
