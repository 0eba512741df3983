namespace TinyGpt;

/// <summary>
/// How the next token is chosen from the logits. Applied in this order: logit bias, repetition, frequency and presence penalty,
/// temperature, top-k, top-p, min-p. The defaults are greedy. Immutable and thread-safe.
/// </summary>
public sealed record SamplingOptions
{
    /// <summary>Greedy choice: always the token with the largest logit, the lowest id among equals.</summary>
    public static SamplingOptions Greedy { get; } = new();

    /// <summary>Divides the logits before softmax; 0 (the default) chooses greedily; at most 100.</summary>
    public float Temperature { get; init; }

    /// <summary>Keeps the k tokens with the largest logits; 0 (the default) keeps all.</summary>
    public int TopK { get; init; }

    /// <summary>Keeps the fewest of the likeliest tokens whose probabilities sum to at least this (Holtzman et al., 2020); 1 (the default) keeps all. In (0, 1].</summary>
    public float TopP { get; init; } = 1;

    /// <summary>Keeps tokens at least this share as likely as the likeliest; 0 (the default) keeps all. In [0, 1].</summary>
    public float MinP { get; init; }

    /// <summary>Divides positive and multiplies negative logits of tokens already in the sequence (Keskar et al., 2019); 1 (the default) does nothing. In (0, 100].</summary>
    public float RepetitionPenalty { get; init; } = 1;

    /// <summary>Subtracted from the logit of every token already in the sequence; 0 by default. In [-100, 100].</summary>
    public float PresencePenalty { get; init; }

    /// <summary>Subtracted from a token's logit for each time it is already in the sequence; 0 by default. In [-100, 100].</summary>
    public float FrequencyPenalty { get; init; }

    /// <summary>Added to the logits of single tokens, by id; negative infinity forbids a token. Null (the default) adds nothing.</summary>
    public IReadOnlyDictionary<int, float>? LogitBias { get; init; }

    /// <summary>The seed of the random choices: the same seed, model, options and text give the same answer on every machine. 0 by default.</summary>
    public ulong Seed { get; init; }

    /// <summary>Whether <see cref="Temperature"/> is zero.</summary>
    internal bool IsGreedy => Temperature == 0;

    /// <summary>Whether the history changes the logits.</summary>
    internal bool HasPenalties => RepetitionPenalty != 1 || PresencePenalty != 0 || FrequencyPenalty != 0;

    /// <summary>A copy that the caller cannot change through the dictionary it passed.</summary>
    internal SamplingOptions Frozen() => LogitBias is null ? this : this with { LogitBias = new Dictionary<int, float>(LogitBias) };

    /// <summary>Checks every value's range, as making a session does.</summary>
    /// <param name="vocabularySize">The tokens of the model: <see cref="ModelConfig.VocabularySize"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">Names the property, its value and its range.</exception>
    public void Validate(int vocabularySize)
    {
        Require(Temperature is >= 0 and <= 100, nameof(Temperature), Temperature, "0 … 100");
        Require(TopK >= 0, nameof(TopK), TopK, "0 or more");
        Require(TopP is > 0 and <= 1, nameof(TopP), TopP, "above 0 and at most 1");
        Require(MinP is >= 0 and <= 1, nameof(MinP), MinP, "0 … 1");
        Require(RepetitionPenalty is > 0 and <= 100, nameof(RepetitionPenalty), RepetitionPenalty, "above 0 and at most 100");
        Require(PresencePenalty is >= -100 and <= 100, nameof(PresencePenalty), PresencePenalty, "-100 … 100");
        Require(FrequencyPenalty is >= -100 and <= 100, nameof(FrequencyPenalty), FrequencyPenalty, "-100 … 100");
        if (LogitBias is null)
        {
            return;
        }

        foreach ((int token, float bias) in LogitBias)
        {
            Require((uint)token < (uint)vocabularySize, nameof(LogitBias), token, $"a token id, 0 … {vocabularySize - 1}");
            Require(bias < float.PositiveInfinity, nameof(LogitBias), bias, "finite or negative infinity");
        }
    }

    private static void Require<T>(bool valid, string name, T value, string range)
    {
        if (!valid)
        {
            throw new ArgumentOutOfRangeException(name, value, $"{name} is {value} and must be {range}.");
        }
    }
}
