using Microsoft.Extensions.Options;

namespace TinyGpt.Extensions.AI.Configuration;

/// <summary>Finds everything that is wrong with options, and names each option.</summary>
internal sealed class TinyGptChatClientOptionsValidator : IValidateOptions<TinyGptChatClientOptions>
{
    public ValidateOptionsResult Validate(string? name, TinyGptChatClientOptions options)
    {
        List<string> failures = Failures(options, options.Model);
        return failures.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(failures);
    }

    /// <summary>Checks options, as far as that is possible without the model where it is not loaded yet.</summary>
    /// <exception cref="OptionsValidationException">Something is wrong.</exception>
    public static void Require(TinyGptChatClientOptions options, GptModel? model)
    {
        List<string> failures = Failures(options, model);
        if (failures.Count > 0)
        {
            throw new OptionsValidationException(Options.DefaultName, typeof(TinyGptChatClientOptions), failures);
        }
    }

    private static List<string> Failures(TinyGptChatClientOptions options, GptModel? model)
    {
        List<string> failures = [];
        void Check(bool valid, string failure)
        {
            if (!valid)
            {
                failures.Add(failure);
            }
        }

        Check(options.Model is null != options.ModelPath is null, "Model, ModelPath: set one of them and leave the other null.");
        Check(options.ModelPath is null || File.Exists(options.ModelPath), $"ModelPath: there is no file '{options.ModelPath}'.");
        Check(options.ModelId is null || !string.IsNullOrWhiteSpace(options.ModelId), "ModelId: is empty; give a name or leave it null.");
        Check(options.MaxOutputTokens >= 1, $"MaxOutputTokens: is {options.MaxOutputTokens} and must be 1 or more.");
        Check(options.PromptFormat is not null, "PromptFormat: is null.");
        Check(model is null || model.Tokenizer is not null, "Model, ModelPath: the model has no tokenizer, so it cannot read or write texts.");
        CheckRanges(failures, "Engine", options.Engine, engine => engine.Validate());
        int vocabulary = model?.Config.VocabularySize ?? ModelConfig.LargestVocabulary;
        CheckRanges(failures, "Sampling", options.Sampling, sampling => sampling.Validate(vocabulary));
        return failures;
    }

    private static void CheckRanges<T>(List<string> failures, string option, T? value, Action<T> validate)
        where T : class
    {
        if (value is null)
        {
            failures.Add($"{option}: is null.");
            return;
        }

        try
        {
            validate(value);
        }
        catch (ArgumentOutOfRangeException exception)
        {
            failures.Add($"{option}.{exception.ParamName}: {exception.ActualValue} is out of range. {exception.Message.Split('\n')[0].Trim()}");
        }
    }
}
