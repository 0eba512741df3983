namespace TinyGpt.Text.Chat;

/// <summary>The marks around the turns of a family of chat templates. Special tokens are written as text, <c>&lt;|im_end|&gt;</c>.</summary>
internal sealed class ChatMarks
{
    private static readonly string[] ChatMlMarks = ["<|im_start|>", "<|im_end|>"];
    private static readonly string[] Llama3Marks = ["<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>"];
    private static readonly string[] ZephyrMarks = ["<|system|>", "<|user|>", "<|assistant|>"];

    private readonly Dictionary<TurnRole, (string Before, string After)> _turns;
    private readonly string? _firstBefore;

    private ChatMarks(Dictionary<TurnRole, (string Before, string After)> turns, string? firstBefore = null)
    {
        _turns = turns;
        _firstBefore = firstBefore;
    }

    /// <summary>Every mark of every family that is a token in models which have it.</summary>
    internal static IReadOnlySet<string> AllMarks { get; } =
        new HashSet<string>([.. ChatMlMarks, .. Llama3Marks, .. ZephyrMarks], StringComparer.Ordinal);

    /// <summary>What ends the model's turn.</summary>
    internal required string TurnEnd { get; init; }

    /// <summary>What opens the model's turn.</summary>
    internal required string AnswerStart { get; init; }

    /// <summary>What only marks may look like.</summary>
    internal required IReadOnlyList<string> All { get; init; }

    /// <summary>The mark before the system's text if that is within the user's turn; else nothing.</summary>
    internal string SystemStart { get; init; } = "";

    /// <summary>Whether the system's turn is within the user's turn that follows it.</summary>
    internal bool SystemIsInUserTurn => SystemStart.Length > 0;

    /// <summary>Whether white space around a turn's text is dropped.</summary>
    internal bool TrimsTurns { get; init; }

    /// <summary>Whether a line end ends a turn.</summary>
    internal bool TurnsAreLines { get; init; }

    /// <summary>The marks of a family.</summary>
    /// <param name="family">The family.</param>
    /// <param name="beginOfText">How the token is written that the model wants before every text; nothing where it wants none.</param>
    /// <param name="endOfText">How the model's end-of-text token is written, or null where it has none.</param>
    /// <returns>Null where there are none for the family, or none without an end of text.</returns>
    internal static ChatMarks? Of(ChatFamily family, string beginOfText, string? endOfText) => family switch
    {
        ChatFamily.Plain => Plain(),
        ChatFamily.ChatMl => ChatMl(),
        ChatFamily.Llama2 when endOfText is not null => Llama2(beginOfText, endOfText),
        ChatFamily.Llama3 => Llama3(),
        ChatFamily.Zephyr when endOfText is not null => Zephyr(endOfText),
        _ => null,
    };

    /// <summary>The marks of a family that are tokens in models which have them.</summary>
    internal static IReadOnlyList<string> TokensOf(ChatFamily family) => family switch
    {
        ChatFamily.ChatMl => ChatMlMarks,
        ChatFamily.Llama3 => Llama3Marks,
        ChatFamily.Zephyr => ZephyrMarks,
        _ => [],
    };

    /// <summary>The mark before a turn's text.</summary>
    internal string Before(TurnRole role) => _turns[role].Before;

    /// <summary>The mark before the text of a talk's first turn.</summary>
    internal string FirstBefore(TurnRole role) => role == TurnRole.Assistant ? Before(role) : _firstBefore ?? Before(role);

    /// <summary>The mark after a turn's text.</summary>
    internal string After(TurnRole role) => _turns[role].After;

    private static ChatMarks Plain() => new(new()
    {
        [TurnRole.System] = ("", ""),
        [TurnRole.User] = ("", "\n"),
        [TurnRole.Assistant] = ("", "\n"),
    })
    {
        TurnEnd = "\n",
        AnswerStart = "",
        All = [],
        TurnsAreLines = true,
    };

    private static ChatMarks ChatMl() => new(new()
    {
        [TurnRole.System] = ("<|im_start|>system\n", "<|im_end|>\n"),
        [TurnRole.User] = ("<|im_start|>user\n", "<|im_end|>\n"),
        [TurnRole.Assistant] = ("<|im_start|>assistant\n", "<|im_end|>\n"),
    })
    {
        TurnEnd = "<|im_end|>",
        AnswerStart = "<|im_start|>assistant\n",
        All = ChatMlMarks,
    };

    /// <summary>Every pair of turns is a separate text for the model, which starts with the begin-of-text token.</summary>
    private static ChatMarks Llama2(string beginOfText, string endOfText) => new(
        new()
        {
            [TurnRole.System] = (beginOfText + "[INST] ", "\n<</SYS>>\n\n"),
            [TurnRole.User] = (beginOfText + "[INST] ", " [/INST]"),
            [TurnRole.Assistant] = (" ", " " + endOfText),
        },
        firstBefore: "[INST] ")
    {
        TurnEnd = endOfText,
        AnswerStart = "",
        All = ["[INST]", "[/INST]", "<<SYS>>", "<</SYS>>"],
        SystemStart = "<<SYS>>\n",
        TrimsTurns = true,
    };

    private static ChatMarks Llama3() => new(new()
    {
        [TurnRole.System] = ("<|start_header_id|>system<|end_header_id|>\n\n", "<|eot_id|>"),
        [TurnRole.User] = ("<|start_header_id|>user<|end_header_id|>\n\n", "<|eot_id|>"),
        [TurnRole.Assistant] = ("<|start_header_id|>assistant<|end_header_id|>\n\n", "<|eot_id|>"),
    })
    {
        TurnEnd = "<|eot_id|>",
        AnswerStart = "<|start_header_id|>assistant<|end_header_id|>\n\n",
        All = Llama3Marks,
        TrimsTurns = true,
    };

    private static ChatMarks Zephyr(string endOfText) => new(new()
    {
        [TurnRole.System] = ("<|system|>\n", endOfText + "\n"),
        [TurnRole.User] = ("<|user|>\n", endOfText + "\n"),
        [TurnRole.Assistant] = ("<|assistant|>\n", endOfText + "\n"),
    })
    {
        TurnEnd = endOfText,
        AnswerStart = "<|assistant|>\n",
        All = ZephyrMarks,
    };
}
