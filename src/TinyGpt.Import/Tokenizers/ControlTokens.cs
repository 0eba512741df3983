using TinyGpt.Text.Chat;

namespace TinyGpt.Import.Tokenizers;

/// <summary>
/// Tokens of a GGUF file that are known by the way they are written. Converters have often left such tokens without their type or without
/// the key that names them, and llama.cpp looks for them by the same texts.
/// </summary>
internal sealed class ControlTokens
{
    /// <summary>What ends a text, a turn or a message in the models that there are.</summary>
    private static readonly HashSet<string> EndTexts = new(StringComparer.Ordinal)
    {
        "<|endoftext|>", "<|end_of_text|>", "<|eot_id|>", "<|eom_id|>", "<|im_end|>", "<|end|>", "<end_of_turn>", "<EOT>", "_<EOT>",
        "[EOT]", "[EOS]", "<|return|>", "<|call|>", "<end_of_utterance>", "<\uFF5Cend\u2581of\u2581sentence\uFF5C>",
    };

    private readonly Dictionary<string, int> _ids = new(StringComparer.Ordinal);
    private readonly List<int> _endTokens = [];

    /// <summary>Looks for them.</summary>
    /// <param name="tokens">The tokens, by id.</param>
    public ControlTokens(IReadOnlyList<string> tokens)
    {
        for (int id = 0; id < tokens.Count; id++)
        {
            if (EndTexts.Contains(tokens[id]) || ChatMarks.AllMarks.Contains(tokens[id]))
            {
                _ids.TryAdd(tokens[id], id);
            }
        }

        // Where there are channels, <|end|> closes one of them and the answer goes on.
        bool hasChannels = _ids.ContainsKey("<|return|>") && _ids.ContainsKey("<|call|>");
        _endTokens.AddRange(_ids.Where(token => EndTexts.Contains(token.Key) && !(hasChannels && token.Key == "<|end|>")).Select(token => token.Value).Order());
    }

    /// <summary>The tokens that end a text, ids ascending.</summary>
    public IReadOnlyList<int> EndTokens => _endTokens;

    /// <summary>The tokens that are marks of a family of chat templates.</summary>
    public IEnumerable<int> MarksOf(ChatFamily family) =>
        ChatMarks.TokensOf(family).Where(_ids.ContainsKey).Select(mark => _ids[mark]);
}
