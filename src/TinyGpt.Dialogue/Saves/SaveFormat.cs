using TinyGpt.Dialogue.Answers;

namespace TinyGpt.Dialogue.Saves;

/// <summary>
/// The layout of a saved stage, little-endian: magic <c>TGST</c>, version 2 where there are actions or an answer has a constraint and 1 elsewhere, the model's content hash (32 bytes), the seed, the ticks, the number of
/// opened talks; the characters as personas with what the game changed, and their actions in version 2; the exchanges; the talks; and the SHA-256 of everything before it. Texts and
/// blocks begin with their length.
/// </summary>
internal static class SaveFormat
{
    public const int Magic = 0x54534754;
    public const int Version = 2;
    public const int MaxTextBytes = 1 << 16;

    /// <summary>What is asked of a character.</summary>
    public enum RequestKind
    {
        None,
        Free,
        Grammar,
        Choice,
        Constraint,
        Actions,
    }

    /// <summary>Whether a session is saved with a talk in any case: an answer under way cannot be made again.</summary>
    public static bool NeedsSession(TalkState state, in AnswerRequest request) =>
        state is TalkState.Answering or TalkState.Suspended && request.Choice is null;
}
