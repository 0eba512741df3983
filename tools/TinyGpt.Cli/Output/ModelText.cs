using System.Globalization;
using System.Text.Json;
using TinyGpt.Cli.Options;

namespace TinyGpt.Cli.Output;

/// <summary>What 'inspect' says of every model, packed or not.</summary>
internal static class ModelText
{
    /// <summary>Lines about the configuration.</summary>
    public static void Write(TextWriter output, ModelConfig config)
    {
        string head = config.TiedHead ? "tied" : "untied";
        string end = config.EndOfTextToken is not { } token ? "none"
            : config.OtherEndTokens.Count == 0 ? $"token {token}"
            : $"tokens {token}, {string.Join(", ", config.OtherEndTokens)}";
        string epsilon = config.NormEpsilon.ToString(CultureInfo.InvariantCulture);
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"parameters   {config.ParameterCount:N0}"));
        output.WriteLine($"architecture {config.Architecture}: {config.Layers} layers, hidden size {config.Width}, feed-forward {config.FeedForwardWidth}");
        foreach (string line in ConfigText.Lines(config))
        {
            output.WriteLine($"             {line}");
        }

        output.WriteLine($"             {head} head, norm epsilon {epsilon}");
        output.WriteLine($"vocabulary   {config.VocabularySize} tokens, end of text: {end}");
        output.WriteLine($"context      {config.ContextLength} tokens");
    }

    /// <summary>A line about the memory that one sequence would take.</summary>
    public static void Write(TextWriter output, ModelConfig config, MemoryPlan plan) => output.WriteLine(
        $"memory       {ByteSize.Format(plan)}, for {Math.Min(config.ContextLength, EngineArguments.MostDefaultContext)} tokens");

    /// <summary>The memory plan as a member.</summary>
    public static void WriteJson(Utf8JsonWriter json, MemoryPlan plan)
    {
        json.WriteStartObject("memory");
        json.WriteNumber("weights", plan.Weights);
        json.WriteNumber("kvCache", plan.KvCache);
        json.WriteNumber("scratch", plan.Scratch);
        json.WriteNumber("runtime", plan.Runtime);
        json.WriteNumber("total", plan.Total);
        json.WriteEndObject();
    }
}
