namespace TinyGpt.Training;

/// <summary>GPT-1's recipe for classes: the loss is that of the classes plus <see cref="LanguageWeight"/> times that of the language.</summary>
public sealed record ClassifierOptions
{
    /// <summary>How many classes; 2 or more.</summary>
    public required int Classes { get; init; }

    /// <summary>λ, what the language loss counts; 0 or more. GPT-1 used 0.5.</summary>
    public float LanguageWeight { get; init; } = 0.5f;

    /// <summary>Whether every value is in its documented range.</summary>
    internal bool IsValid => Classes >= 2 && LanguageWeight >= 0 && float.IsFinite(LanguageWeight);

    /// <summary>Checks every value.</summary>
    /// <exception cref="ArgumentException">A value is outside its documented range.</exception>
    internal void Validate()
    {
        if (!IsValid)
        {
            throw new ArgumentException(
                $"Classes is {Classes}, which must be 2 or more, and LanguageWeight is {LanguageWeight}, which must be 0 or more.");
        }
    }
}
