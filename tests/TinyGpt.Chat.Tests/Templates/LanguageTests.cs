using System.Text.Json;
using Xunit;

namespace TinyGpt.Chat.Tests.Templates;

/// <summary>
/// Small templates, each for a property of the language, with what Jinja2 3.1.6 gives in the environment that transformers makes
/// (<c>ImmutableSandboxedEnvironment</c>, <c>trim_blocks</c>, <c>lstrip_blocks</c>, loop controls, its own <c>tojson</c>).
/// </summary>
public sealed class LanguageTests
{
    private static readonly DateTimeOffset Now = new(2026, 3, 7, 9, 5, 4, TimeSpan.Zero);

    [Fact]
    public void Templates_give_what_Jinja2_gives()
    {
        using Stream stream = typeof(LanguageTests).Assembly.GetManifestResourceStream("goldens.json")!;
        using JsonDocument document = JsonDocument.Parse(stream);
        TemplateVariables variables = Variables(document.RootElement.GetProperty("variables"));
        List<string> differences = [];
        foreach (JsonElement entry in document.RootElement.GetProperty("cases").EnumerateArray())
        {
            string source = entry.GetProperty("template").GetString()!;
            string? expected = entry.TryGetProperty("text", out JsonElement text) ? text.GetString() : null;
            string? actual;
            string problem = "";
            try
            {
                actual = JinjaTemplate.Parse(source).Render(variables, Now).Text;
            }
            catch (TemplateException exception)
            {
                (actual, problem) = (null, exception.Message);
            }

            if (actual != expected)
            {
                differences.Add($"{source}\n  expected {expected ?? "an error"}\n  was      {actual ?? problem}");
            }
        }

        Assert.True(differences.Count == 0, string.Join('\n', differences));
    }

    [Theory]
    [InlineData("{{ a }}\n  {{ missing + 1 }}", 2, 14, TemplateErrorKind.Value)]
    [InlineData("{% set x = 1 %}\n{{ 1 | nothing }}", 2, 8, TemplateErrorKind.Syntax)]
    [InlineData("\n\n{{ raise_exception('bad turn') }}", 3, 19, TemplateErrorKind.Raised)]
    [InlineData("{{ [].append(1) }}", 1, 13, TemplateErrorKind.Forbidden)]
    [InlineData("{{ 'abc }}", 1, 4, TemplateErrorKind.Syntax)]
    public void Errors_say_where(string source, int line, int column, TemplateErrorKind kind)
    {
        TemplateException exception = Assert.Throws<TemplateException>(() => JinjaTemplate.Parse(source).Render(new TemplateVariables()));
        Assert.Equal((line, column, kind), (exception.Line, exception.Column, exception.Kind));
        Assert.DoesNotContain('\n', exception.Message);
    }

    [Theory]
    [InlineData("{{ missing | lower }}|{{ missing | upper | title }}")]
    [InlineData("{{ ('' ~ '') | capitalize }}|{{ ('x' * 0)[1:] | trim }}")]
    public void The_empty_text_has_every_filter(string source) =>
        Assert.Equal("|", JinjaTemplate.Parse(source).Render(new TemplateVariables()).Text);

    private static TemplateVariables Variables(JsonElement values)
    {
        TemplateVariables variables = new();
        foreach (JsonProperty property in values.EnumerateObject())
        {
            variables.Set(property.Name, property.Value);
        }

        return variables;
    }
}
