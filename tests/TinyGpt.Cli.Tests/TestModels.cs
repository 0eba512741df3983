using TinyGpt.Tests;

namespace TinyGpt.Cli.Tests;

/// <summary>The models and vocabularies that the tests run on; where one is absent, its tests are skipped.</summary>
internal static class TestModels
{
    /// <summary>A GPT-2 of 54 characters that has learned a page of questions and answers.</summary>
    public static string Slm4096 => SharedData.RequireOrSkip("models/slm4096");

    /// <summary>A GPT-2 that sorts six digits, without a tokenizer.</summary>
    public static string NanoSort => SharedData.RequireOrSkip("models/gpt-nano-sort");

    /// <summary>A Llama of 260,000 parameters in a GGUF file.</summary>
    public static string Stories => SharedData.RequireOrSkip("models/stories260K/stories260K.gguf");

    /// <summary>GPT-2's vocabulary, without a model.</summary>
    public static string Gpt2Vocabulary => SharedData.RequireOrSkip("tokenizers/gpt2");
}
