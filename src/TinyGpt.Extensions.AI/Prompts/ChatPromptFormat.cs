using System.Text;
using Microsoft.Extensions.AI;

namespace TinyGpt.Extensions.AI;

/// <summary>
/// How messages become the tokens that a model continues, and the texts with which it leaves its turn. Immutable and thread-safe, if the
/// function that it was made with is. Each prompt allocates.
/// </summary>
public sealed class ChatPromptFormat
{
    private readonly Func<Tokenizer, IReadOnlyList<ChatMessage>, int[]> _encode;

    /// <summary>Makes a format.</summary>
    /// <param name="encode">
    /// Gives the tokens of a talk up to where the answer begins, at least one and each an id of the model's vocabulary; not null. It gets the
    /// model's tokenizer and messages with text only, at least one of them, and is called on the callers' threads, several at a time. What it
    /// throws reaches the caller.
    /// </param>
    /// <param name="stopSequences">Texts that end an answer and are not part of it, such as the beginning of the user's next turn.</param>
    /// <exception cref="ArgumentNullException">The function or the sequences are null.</exception>
    /// <exception cref="ArgumentException">A stop sequence is empty or has a surrogate without its partner.</exception>
    public ChatPromptFormat(Func<Tokenizer, IReadOnlyList<ChatMessage>, int[]> encode, params IEnumerable<string> stopSequences)
    {
        ArgumentNullException.ThrowIfNull(encode);
        ArgumentNullException.ThrowIfNull(stopSequences);
        _encode = encode;
        StopSequences = new SessionOptions { StopStrings = [.. stopSequences] }.StopStrings;
    }

    /// <summary>
    /// A line for each message, <c>System: …</c>, <c>User: …</c> or <c>Assistant: …</c>, and <c>Assistant:</c> at the end; for models that
    /// were trained on text and know no other form. Other roles are refused with <see cref="ArgumentException"/>. A text that has such a line in it
    /// looks like another turn. If you do not trust users with that, use a model and a format with special tokens.
    /// </summary>
    public static ChatPromptFormat Plain { get; } = new(
        (tokenizer, messages) => tokenizer.EncodeDocument(Encoding.UTF8.GetBytes(PlainText(messages))), "\nUser:", "\nSystem:", "\nAssistant:");

    /// <summary>
    /// The model's own chat template, which also knows tools and thinking; <see cref="Plain"/> where the model has none. What a message says
    /// never becomes a special token.
    /// </summary>
    public static ChatPromptFormat Template { get; } = new(Plain._encode, Plain.StopSequences);

    /// <summary>
    /// Texts that end an answer and are not part of it; a copy of those that were given. Not used for answers in JSON, which end by themselves.
    /// </summary>
    public IReadOnlyList<string> StopSequences { get; }

    internal int[] Encode(Tokenizer tokenizer, IReadOnlyList<ChatMessage> messages) => _encode(tokenizer, messages)
        ?? throw new InvalidOperationException("The function of the ChatPromptFormat returned null instead of tokens.");

    private static string PlainText(IReadOnlyList<ChatMessage> messages)
    {
        StringBuilder text = new();
        foreach (ChatMessage message in messages)
        {
            text.Append(PlainName(message.Role)).Append(": ").Append(message.Text).Append('\n');
        }

        return text.Append("Assistant:").ToString();
    }

    private static string PlainName(ChatRole role) =>
        role == ChatRole.System ? "System"
        : role == ChatRole.User ? "User"
        : role == ChatRole.Assistant ? "Assistant"
        : throw new ArgumentException($"The plain format has no line for messages of the role '{role}': use system, user or assistant.");
}
