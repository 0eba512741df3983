using System.Text;
using System.Text.Json;
using Xunit;

namespace TinyGpt.Cli.Tests;

/// <summary>Answers of a given form.</summary>
public sealed class ConstraintTests
{
    private const string Schema = """
        {"type": "object", "properties": {"name": {"type": "string", "maxLength": 8}, "rooms": {"type": "integer", "minimum": 1, "maximum": 99}},
        "required": ["name", "rooms"], "additionalProperties": false}
        """;

    [Fact]
    public async Task An_answer_is_json_of_the_schema()
    {
        using TemporaryFolder folder = new();
        string file = folder.Write("inn.json", Encoding.UTF8.GetBytes(Schema));
        JsonElement json = (await CommandLineRun.Of(
            "generate", "-m", TestModels.Stories, "-p", "An inn:", "-n", "60", "--temperature", "2", "--seed", "4", "--json-schema", file, "--json")).Json();
        using JsonDocument answer = JsonDocument.Parse(json.GetProperty("text").GetString()!);
        Assert.Equal(["name", "rooms"], answer.RootElement.EnumerateObject().Select(member => member.Name));
        Assert.InRange(answer.RootElement.GetProperty("rooms").GetInt32(), 1, 99);
        Assert.Contains(json.GetProperty("finish").GetString(), (string[])["complete", "shortened"]);
    }

    [Fact]
    public async Task An_answer_is_shortened_when_its_tokens_run_out()
    {
        JsonElement json = (await CommandLineRun.Of(
            "generate", "-m", TestModels.Stories, "-p", "Once", "-n", "12", "--regex", "[a-z ]{8,}[.]", "--json")).Json();
        Assert.Matches("^[a-z ]{8,}[.]$", json.GetProperty("text").GetString());
        Assert.InRange(json.GetProperty("ids").GetArrayLength(), 1, 12);
        Assert.Equal("shortened", json.GetProperty("finish").GetString());
    }

    [Fact]
    public async Task An_answer_is_a_text_of_the_grammar()
    {
        using TemporaryFolder folder = new();
        string file = folder.Write("answer.gbnf", Encoding.UTF8.GetBytes("root ::= (\"yes\" | \"no\") \", \" [a-z]{3} \"\\n\"\n"));
        JsonElement json = (await CommandLineRun.Of("generate", "-m", TestModels.Stories, "-p", "Is it open?", "--grammar", file, "--json")).Json();
        Assert.Matches("^(yes|no), [a-z]{3}\n$", json.GetProperty("text").GetString());
        Assert.Equal("complete", json.GetProperty("finish").GetString());
    }

    [Fact]
    public async Task What_cannot_be_used_is_named_with_its_place()
    {
        using TemporaryFolder folder = new();
        string schema = folder.Write("bad.json", Encoding.UTF8.GetBytes("""{"properties": {"a": {"pattern": "(?=b)"}}}"""));
        string grammar = folder.Write("bad.gbnf", Encoding.UTF8.GetBytes("root ::= \"a"));
        (await CommandLineRun.Of("generate", "-m", "none", "--json-schema", schema)).FailedWith($"{schema}: #/properties/a");
        (await CommandLineRun.Of("generate", "-m", "none", "--grammar", grammar)).FailedWith($"{grammar}: line 1, column 12");
        (await CommandLineRun.Of("generate", "-m", "none", "--regex", "(")).FailedWith("--regex: ");
        (await CommandLineRun.Of("generate", "-m", "none", "--json-schema", folder.Path)).FailedWith("this is a folder");
        (await CommandLineRun.Of("generate", "-m", "none", "--grammar", "none.gbnf")).FailedWith("none.gbnf: there is no such file");
        (await CommandLineRun.Of("generate", "-m", TestModels.NanoSort, "--ids", "1", "--regex", "a")).FailedWith("has no tokenizer");
    }
}
