using System.Text.Json;
using Xunit;

namespace TinyGpt.Chat.Tests.Templates;

/// <summary>Templates from strangers: typed errors, bounded work, nothing else.</summary>
public sealed class HostileTemplateTests
{
    private const string Characters = "{}[]()|.:,'\"%#-+*~<>=!\\ \n09afnÀ\ud83e\udd9c\0";

    private static readonly TemplateLimits Small = new() { MaxSteps = 200_000, MaxTextLength = 1_000_000, MaxOutputLength = 100_000 };

    [Theory]
    [InlineData("{% for a in range(100000) %}{% for b in range(100000) %}{{ a }}{% endfor %}{% endfor %}")]
    [InlineData("{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}")]
    [InlineData("{% macro m(n) %}{{ m(n) }}{{ m(n) }}{% endmacro %}{{ m(1) }}")]
    [InlineData("{% for x in [1] recursive %}{{ loop([x]) }}{% endfor %}")]
    [InlineData("{{ 'x' * 100000000 }}")]
    [InlineData("{{ 'x' * 9999999999999999999 }}")]
    [InlineData("{{ [0] * 100000000 }}")]
    [InlineData("{% set ns = namespace(x='ab') %}{% for i in range(100) %}{% set ns.x = ns.x + ns.x %}{% endfor %}")]
    [InlineData("{% set ns = namespace(x=[1]) %}{% for i in range(100) %}{% set ns.x = [ns.x, ns.x] %}{% endfor %}{{ ns.x }}")]
    [InlineData("{% set ns = namespace(x=[1]) %}{% for i in range(60) %}{% set ns.x = [ns.x, ns.x] %}{% endfor %}{{ ns.x | tojson }}")]
    [InlineData("{% set a = namespace(x=[1]) %}{% set b = namespace(x=[1]) %}{% for i in range(60) %}{% set a.x = [a.x, a.x] %}{% set b.x = [b.x, b.x] %}{% endfor %}{{ a.x == b.x }}")]
    [InlineData("{% set ns = namespace(x=[]) %}{% for i in range(3000) %}{% set ns.x = [ns.x] %}{% endfor %}{{ ns.x }}")]
    [InlineData("{{ '%1000000000d' % 1 }}")]
    [InlineData("{{ '{:1000000000}'.format(1) }}")]
    [InlineData("{{ ''.center(1000000000) }}")]
    [InlineData("{{ range(1000000000) | list }}")]
    [InlineData("{{ 10 ** 1000 }}")]
    [InlineData("{{ '%.1000f' % 1 }}")]
    [InlineData("{{ [1] | tojson(indent=100000) * 100000 }}")]
    [InlineData("{{ range(100000) | slice(2000000000) | list }}")]
    [InlineData("{{ [1] | batch(2000000000, 0) | list }}")]
    [InlineData("{{ 'a' | indent(2000000000) }}")]
    [InlineData("{{ '\t'.expandtabs(2000000000) }}")]
    public void Too_much_work_memory_or_depth_is_a_limit(string source)
    {
        TemplateException exception = Assert.Throws<TemplateException>(() => JinjaTemplate.Parse(source, Small).Render(new TemplateVariables()));
        Assert.Equal(TemplateErrorKind.Limit, exception.Kind);
    }

    [Theory]
    [InlineData("(", ")")]
    [InlineData("[", "]")]
    [InlineData("{1:", "}")]
    [InlineData("-", "")]
    [InlineData("not ", "")]
    [InlineData("a if b else ", "")]
    [InlineData("x(", ")")]
    [InlineData("x[", "]")]
    [InlineData("x|default(", ")")]
    public void Deep_expressions_are_refused(string open, string close)
    {
        string source = $"{{{{ {string.Concat(Enumerable.Repeat(open, 20_000))}1{string.Concat(Enumerable.Repeat(close, 20_000))} }}}}";
        Assert.Throws<TemplateException>(() => JinjaTemplate.Parse(source));
    }

    [Theory]
    [InlineData("+1")]
    [InlineData(".a")]
    [InlineData("|string")]
    [InlineData(" and 1")]
    [InlineData(" if 1")]
    [InlineData("**1")]
    [InlineData(" is defined")]
    public void Long_chains_are_refused(string link) =>
        Assert.Throws<TemplateException>(() => JinjaTemplate.Parse($"{{{{ 1{string.Concat(Enumerable.Repeat(link, 50_000))} }}}}").Render(new TemplateVariables()));

    [Theory]
    [InlineData("{% if a %}")]
    [InlineData("{% for a in b %}")]
    [InlineData("{% set x %}")]
    [InlineData("{% macro m() %}")]
    [InlineData("{% call m() %}")]
    [InlineData("{% filter trim %}")]
    [InlineData("{% with %}")]
    [InlineData("{% generation %}")]
    public void Deep_statements_are_refused(string open) =>
        Assert.Throws<TemplateException>(() => JinjaTemplate.Parse(string.Concat(Enumerable.Repeat(open, 20_000))));

    [Fact]
    public void A_template_of_more_than_a_million_characters_is_refused() =>
        Assert.Equal(TemplateErrorKind.Limit, Assert.Throws<TemplateException>(() => JinjaTemplate.Parse(new string('x', JinjaTemplate.MaxSourceLength + 1))).Kind);

    [Fact]
    public void Changed_templates_give_a_text_or_a_typed_error()
    {
        using Stream stream = typeof(HostileTemplateTests).Assembly.GetManifestResourceStream("goldens.json")!;
        using JsonDocument document = JsonDocument.Parse(stream);
        string[] sources = [.. document.RootElement.GetProperty("cases").EnumerateArray().Select(entry => entry.GetProperty("template").GetString()!)];
        TemplateVariables variables = new();
        foreach (JsonProperty property in document.RootElement.GetProperty("variables").EnumerateObject())
        {
            variables.Set(property.Name, property.Value);
        }

        Random random = new(16);
        int rendered = 0;
        for (int i = 0; i < 6_000; i++)
        {
            string source = Changed(sources, random);
            try
            {
                JinjaTemplate.Parse(source, Small).Render(variables);
                rendered++;
            }
            catch (TemplateException exception)
            {
                Assert.NotEqual(0, exception.Line + (exception.Kind == TemplateErrorKind.Limit ? 1 : 0));
            }
            catch (Exception exception)
            {
                Assert.Fail($"{exception.GetType().Name}: {exception.Message}\n{source}\n{exception.StackTrace}");
            }
        }

        Assert.InRange(rendered, 100, 6_000);
    }

    private static string Changed(string[] sources, Random random)
    {
        string source = sources[random.Next(sources.Length)];
        for (int changes = random.Next(1, 4); changes > 0 && source.Length > 0; changes--)
        {
            int at = random.Next(source.Length);
            int length = random.Next(1, Math.Min(12, source.Length - at) + 1);
            string other = sources[random.Next(sources.Length)];
            int otherAt = random.Next(other.Length);
            string part = other.Substring(otherAt, random.Next(1, Math.Min(20, other.Length - otherAt) + 1));
            source = random.Next(5) switch
            {
                0 => source.Remove(at, length),
                1 => source.Insert(at, part),
                2 => source.Remove(at, length).Insert(at, part),
                3 => source.Insert(at, source.Substring(at, length)),
                _ => source.Insert(at, Characters[random.Next(Characters.Length)].ToString()),
            };
        }

        return source;
    }
}
