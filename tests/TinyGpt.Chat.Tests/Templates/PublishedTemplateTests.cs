using System.Text.Json;
using TinyGpt.Tests;
using Xunit;

namespace TinyGpt.Chat.Tests.Templates;

/// <summary>Templates that models were published with, rendered by another program on the day <see cref="Day"/>.</summary>
public sealed class PublishedTemplateTests
{
    private static readonly DateTimeOffset Day = new(2026, 11, 30, 12, 0, 0, TimeSpan.Zero);

    /// <summary>
    /// Where the other renderer differs from transformers, which the models were trained with: its <c>lstrip</c> takes no characters, and it
    /// refuses the length of an undefined value. Jinja2 with the settings of transformers gives what TinyGpt gives.
    /// </summary>
    private static readonly HashSet<string> OracleIsWrong =
    [
        "HuggingFaceTB-SmolLM3-3B.jinja #4",
        "unsloth-Apriel-1.5.jinja #1",
        "unsloth-Apriel-1.5.jinja #2",
        "unsloth-Apriel-1.5.jinja #3",
        "unsloth-Apriel-1.5.jinja #4",
    ];

    [Fact]
    public void Published_templates_give_the_text_that_another_renderer_gives()
    {
        List<string> differences = [];
        int templates = 0;
        int dialogues = 0;
        foreach (string line in File.ReadLines(SharedData.RequireOrSkip("chat-templates/templates.jsonl")))
        {
            using JsonDocument document = JsonDocument.Parse(line);
            JsonElement entry = document.RootElement;
            templates++;
            int number = 0;
            foreach (JsonElement dialogue in entry.GetProperty("dialogues").EnumerateArray())
            {
                dialogues++;
                number++;
                string? expected = dialogue.TryGetProperty("text", out JsonElement text) ? text.GetString() : null;
                string? actual = Render(entry, dialogue, out string problem);
                string name = $"{entry.GetProperty("name")} #{number}";
                if (OracleIsWrong.Contains(name) ? actual is null || actual == expected : actual != expected)
                {
                    differences.Add($"{name}: {Difference(expected, actual, problem)}");
                }
            }
        }

        Assert.True(differences.Count == 0, $"{differences.Count} of {dialogues} dialogues of {templates} templates differ:\n{string.Join('\n', differences)}");
        Assert.True(dialogues > 0);
    }

    private static string? Render(JsonElement entry, JsonElement dialogue, out string problem)
    {
        TemplateVariables variables = new();
        variables.Set("messages", dialogue.GetProperty("messages"));
        variables.Set("bos_token", entry.GetProperty("bos_token").GetString()!, isTemplate: true);
        variables.Set("eos_token", entry.GetProperty("eos_token").GetString()!, isTemplate: true);
        variables.SetNone("tools"); // as transformers does where there are none
        variables.SetNone("documents");
        variables.Set("add_generation_prompt", entry.GetProperty("add_generation_prompt"));
        problem = "";
        try
        {
            return JinjaTemplate.Parse(entry.GetProperty("template").GetString()!).Render(variables, Day).Text;
        }
        catch (TemplateException exception)
        {
            problem = exception.Message;
            return null;
        }
    }

    private static string Difference(string? expected, string? actual, string problem)
    {
        if (expected is null || actual is null)
        {
            return expected is null ? $"no error where one is due: {JsonSerializer.Serialize(actual)}" : problem;
        }

        int at = expected.AsSpan().CommonPrefixLength(actual);
        string Part(string value) => JsonSerializer.Serialize(value.Substring(Math.Max(0, at - 20), Math.Min(60, value.Length - Math.Max(0, at - 20))));
        return $"at {at}: expected {Part(expected)}, was {Part(actual)}";
    }
}
