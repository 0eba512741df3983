using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;

namespace TinyGpt.Cli.Options;

/// <summary>The options of every command that generates text: how tokens are chosen, and when an answer ends.</summary>
internal sealed class SamplingArguments
{
    private readonly Option<int> _count;
    private readonly Option<float> _temperature;

    private readonly Option<int> _topK = NumberOption.Create(
        "--top-k", "Choose among the N likeliest tokens; 0 for all.", 0, value => value >= 0, "a whole number, 0 or more");

    private readonly Option<float> _topP = NumberOption.Create(
        "--top-p", "Choose among the fewest tokens whose probabilities sum to N.", 1f,
        value => value is > 0 and <= 1, "a number above 0, at most 1");

    private readonly Option<float> _minP = NumberOption.Create(
        "--min-p", "Choose among tokens at least N times as likely as the likeliest.", 0f,
        value => value is >= 0 and <= 1, "a number from 0 to 1");

    private readonly Option<float> _repetitionPenalty = NumberOption.Create(
        "--repeat-penalty", "Divide the logits of tokens that already occurred; 1 for no penalty.", 1f,
        value => value is > 0 and <= 100, "a number above 0, at most 100");

    private readonly Option<float> _presencePenalty = NumberOption.Create(
        "--presence-penalty", "Subtract N from the logits of tokens that already occurred.", 0f,
        value => value is >= -100 and <= 100, "a number from -100 to 100");

    private readonly Option<float> _frequencyPenalty = NumberOption.Create(
        "--frequency-penalty", "Subtract N from a token's logit for each time it occurred.", 0f,
        value => value is >= -100 and <= 100, "a number from -100 to 100");

    private readonly Option<Dictionary<int, float>?> _logitBias = new("--logit-bias")
    {
        Description = "Add to the logits of tokens; -inf forbids one. Can be repeated.",
        HelpName = "ID=VALUE",
        Arity = ArgumentArity.OneOrMore,
        AllowMultipleArgumentsPerToken = true,
        CustomParser = ParseLogitBias,
    };

    private readonly Option<ulong> _seed = NumberOption.Create(
        "--seed", "The seed of the random choices: the same seed, the same text.", 0UL, _ => true, "a whole number, 0 or more");

    private readonly Option<string[]> _stops = new("--stop")
    {
        Description = "End the answer before this text, too. Can be repeated.",
        HelpName = "TEXT",
        Arity = ArgumentArity.OneOrMore,
    };

    private readonly Option<int> _lookup = NumberOption.Create(
        "--lookup",
        "Draft up to N tokens from what followed the same words before (prompt lookup). The text stays the same. It comes sooner if "
            + "it repeats names and phrases. 4 is a good number.",
        0,
        value => value is >= 0 and <= SessionOptions.MostLookupTokens,
        $"a whole number from 0 to {SessionOptions.MostLookupTokens}");

    private readonly Option<string> _contextPolicy = new("--context-policy")
    {
        Description = "When the context is full: 'stop' ends the answer, 'slide' drops the oldest half of the text.",
        HelpName = "stop|slide",
    };

    /// <summary>Makes the options.</summary>
    /// <param name="count">The most tokens in an answer, unless <c>-n</c> says otherwise.</param>
    /// <param name="temperature">The temperature, unless given.</param>
    /// <param name="contextPolicy">What happens when the context is full, unless given.</param>
    public SamplingArguments(int count, float temperature, ContextPolicy contextPolicy)
    {
        _count = NumberOption.Create(
            "--max-tokens", "The maximum number of tokens in an answer.", count, value => value >= 1, "a whole number, 1 or more");
        _count.Aliases.Add("-n");
        _temperature = NumberOption.Create(
            "--temperature", "0 always takes the most likely token; higher values are more random.", temperature,
            value => value is >= 0 and <= 100, "a number from 0 to 100");
        _contextPolicy.DefaultValueFactory = _ => contextPolicy == ContextPolicy.Stop ? "stop" : "slide";
        _contextPolicy.AcceptOnlyFromAmong("stop", "slide");
        _stops.Validators.Add(RefuseEmptyStops);
    }

    /// <summary>Adds the options to a command.</summary>
    public void AddTo(Command command)
    {
        ReadOnlySpan<Option> options =
        [
            _count, _temperature, _topK, _topP, _minP, _repetitionPenalty, _presencePenalty, _frequencyPenalty, _logitBias, _seed, _stops,
            _contextPolicy, _lookup,
        ];
        foreach (Option option in options)
        {
            command.Add(option);
        }
    }

    /// <summary>How tokens are chosen.</summary>
    /// <exception cref="CommandFailedException">A token of <c>--logit-bias</c> is not in the vocabulary.</exception>
    public SamplingOptions ReadSampling(ParseResult arguments, ModelConfig config)
    {
        Dictionary<int, float>? bias = arguments.GetValue(_logitBias);
        TokenIdList.RequireInVocabulary(bias?.Keys ?? Enumerable.Empty<int>(), config.VocabularySize);
        return new SamplingOptions
        {
            Temperature = arguments.GetValue(_temperature),
            TopK = arguments.GetValue(_topK),
            TopP = arguments.GetValue(_topP),
            MinP = arguments.GetValue(_minP),
            RepetitionPenalty = arguments.GetValue(_repetitionPenalty),
            PresencePenalty = arguments.GetValue(_presencePenalty),
            FrequencyPenalty = arguments.GetValue(_frequencyPenalty),
            LogitBias = bias,
            Seed = arguments.GetValue(_seed),
        };
    }

    /// <summary>Whether a command's arguments let a full context slide.</summary>
    public bool SlidesIn(CommandResult result) => result.GetValue(_contextPolicy) == "slide";

    /// <summary>An engine with room for the requested draft tokens.</summary>
    public GptEngineOptions WithLookup(GptEngineOptions options, ParseResult arguments) =>
        options with { MaxLookupTokens = arguments.GetValue(_lookup) };

    /// <summary>When an answer ends.</summary>
    /// <param name="arguments">What was parsed.</param>
    /// <param name="template">What ends a turn of a talk, or null where there is none. Texts of <c>--stop</c> end it too.</param>
    public SessionOptions ReadSession(ParseResult arguments, ChatTemplate? template = null) => new()
    {
        MaxNewTokens = arguments.GetValue(_count),
        StopStrings = [.. template?.StopStrings ?? [], .. arguments.GetValue(_stops) ?? []],
        StopTokens = template?.StopTokens ?? [],
        LookupTokens = arguments.GetValue(_lookup),
        ContextPolicy = arguments.GetValue(_contextPolicy) == "slide" ? ContextPolicy.SlidingWindow : ContextPolicy.Stop,
    };

    private static Dictionary<int, float>? ParseLogitBias(ArgumentResult result)
    {
        Dictionary<int, float> biases = [];
        foreach (Token token in result.Tokens)
        {
            int equals = token.Value.IndexOf('=', StringComparison.Ordinal);
            float value = 0;
            if (equals < 0
                || !int.TryParse(token.Value.AsSpan(0, equals), NumberStyles.None, CultureInfo.InvariantCulture, out int id)
                || !TryParseBias(token.Value.AsSpan(equals + 1), out value))
            {
                result.AddError($"--logit-bias takes ID=VALUE, such as 50256=-inf, not '{token.Value}'.");
                return null;
            }

            biases[id] = value;
        }

        return biases;
    }

    private static bool TryParseBias(ReadOnlySpan<char> text, out float value)
    {
        if (text is "-inf")
        {
            value = float.NegativeInfinity;
            return true;
        }

        return float.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out value) && float.IsFinite(value);
    }

    private static void RefuseEmptyStops(OptionResult result)
    {
        if (result.Tokens.Any(token => token.Value.Length == 0))
        {
            result.AddError("--stop is empty.");
        }
    }
}
