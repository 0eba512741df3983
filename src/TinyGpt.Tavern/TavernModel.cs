namespace TinyGpt.Tavern;

/// <summary>
/// The built-in model: the people of a tavern and its road, who answer from a card of facts. It is part of this assembly. Nothing is
/// downloaded. Thread-safe.
/// </summary>
public static class TavernModel
{
    /// <summary>The name that commands and errors call it.</summary>
    public const string Name = "tavern";

    /// <summary>Loads the model. It copies its weights into memory. Dispose of it after its engines.</summary>
    public static GptModel Load()
    {
        using Stream model = OpenResource("tavern.tgpt");
        return GptModel.Load(model, Name);
    }

    internal static Stream OpenResource(string name) => typeof(TavernModel).Assembly.GetManifestResourceStream(name)
        ?? throw new InvalidOperationException($"The assembly was built without its resource '{name}'.");
}
