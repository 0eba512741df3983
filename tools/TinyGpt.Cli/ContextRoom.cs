namespace TinyGpt.Cli;

/// <summary>Refuses texts that are longer than the context, which nothing may cut silently.</summary>
internal static class ContextRoom
{
    /// <summary>Refuses more tokens than a sequence can have.</summary>
    /// <param name="engine">The engine that is to read them.</param>
    /// <param name="tokens">How many there are.</param>
    /// <param name="what">What has them, with its verb: "the prompt has".</param>
    /// <exception cref="CommandFailedException">They are more.</exception>
    public static void Require(GptEngine engine, int tokens, string what)
    {
        if (tokens <= engine.ContextLength)
        {
            return;
        }

        int most = engine.Model.Config.ContextLength;
        string fix = engine.ContextLength < most ? $"give fewer, or raise --context (up to {most})" : "give fewer";
        throw new CommandFailedException($"{what} {tokens} tokens, and the context has {engine.ContextLength}: {fix}");
    }
}
