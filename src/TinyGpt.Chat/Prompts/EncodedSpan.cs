namespace TinyGpt.Chat.Prompts;

/// <summary>A special token, or none, and the text up to the next one, which is encoded as a whole.</summary>
/// <param name="Special">The token's id, or -1 for the beginning of a prompt.</param>
/// <param name="Text">The text in UTF-8.</param>
/// <param name="Ids">The text's ids.</param>
internal sealed record EncodedSpan(int Special, byte[] Text, int[] Ids)
{
    internal const int NoToken = -1;

    internal IEnumerable<int> AllIds => Special == NoToken ? Ids : Ids.Prepend(Special);
}
