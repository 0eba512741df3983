using System.Text.Json;
using Microsoft.Extensions.AI;
using TinyGpt.Dialogue.Tests;
using Xunit;

namespace TinyGpt.Extensions.AI.Tests;

/// <summary>Answers in JSON are JSON of the schema for a parser that knows nothing of grammars, and other schemas are refused by place.</summary>
public sealed class ResponseFormatTests : IDisposable
{
    private const string Deed = """
        {
          "$schema": "https://json-schema.org/draft/2020-12/schema",
          "title": "A deed", "type": "object", "additionalProperties": false, "required": ["action", "target"],
          "properties": {
            "action": { "type": "string", "enum": ["greet", "sell \"it\"", "löst Rätsel"], "description": "what to do" },
            "kind": { "const": "deed" },
            "price": { "type": "integer", "minimum": -5, "maximum": 120 },
            "sure": { "type": "boolean" },
            "say": { "type": "string", "maxLength": 12 },
            "target": {
              "type": "object",
              "properties": { "x": { "type": "integer", "minimum": 0, "maximum": 9 }, "nothing": { "type": "object" } }
            },
            "path": { "type": "array", "minItems": 2, "maxItems": 2, "items": { "type": "integer", "minimum": 1, "maximum": 3 } },
            "wares": {
              "type": "array", "maxItems": 3,
              "items": { "type": "object", "properties": { "name": { "enum": ["ale", "stew"] } }, "required": ["name"] }
            }
          }
        }
        """;

    private readonly GptModel _model = DialogueModels.Bytes();

    public void Dispose() => _model.Dispose();

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Random_models_give_json_of_the_schema(int modelSeed)
    {
        using GptModel model = DialogueModels.Bytes((ulong)modelSeed);
        using TinyGptChatClient client = ChatModels.Client(model);
        ChatResponseFormat format = Format(Deed);
        ChatResponse[] responses = await Task.WhenAll(Enumerable.Range(0, 25).Select(
            seed => client.GetResponseAsync("hello", new ChatOptions { Temperature = 1.5f, Seed = seed, ResponseFormat = format })));
        HashSet<int> wareCounts = [];
        foreach (ChatResponse response in responses)
        {
            Assert.Equal(ChatFinishReason.Stop, response.FinishReason);
            using JsonDocument document = JsonDocument.Parse(response.Text);
            JsonElement root = document.RootElement;
            Assert.Equal(
                ["action", "kind", "price", "sure", "say", "target", "path", "wares"], root.EnumerateObject().Select(member => member.Name));
            Assert.Contains(root.GetProperty("action").GetString(), (string[])["greet", "sell \"it\"", "löst Rätsel"]);
            Assert.Equal("deed", root.GetProperty("kind").GetString());
            Assert.InRange(root.GetProperty("price").GetInt32(), -5, 120);
            Assert.True(root.GetProperty("sure").ValueKind is JsonValueKind.True or JsonValueKind.False);
            Assert.InRange(root.GetProperty("say").GetString()!.EnumerateRunes().Count(), 1, 12);
            Assert.InRange(root.GetProperty("target").GetProperty("x").GetInt32(), 0, 9);
            Assert.Empty(root.GetProperty("target").GetProperty("nothing").EnumerateObject());
            Assert.Equal(2, root.GetProperty("path").GetArrayLength());
            Assert.All(root.GetProperty("path").EnumerateArray(), step => Assert.InRange(step.GetInt32(), 1, 3));
            Assert.All(
                root.GetProperty("wares").EnumerateArray(), ware => Assert.Contains(ware.GetProperty("name").GetString(), (string[])["ale", "stew"]));
            wareCounts.Add(root.GetProperty("wares").GetArrayLength());
        }

        Assert.All(wareCounts, count => Assert.InRange(count, 0, 3));
        Assert.True(wareCounts.Count > 1);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Json_without_a_schema_is_an_object(int modelSeed)
    {
        using GptModel model = DialogueModels.Bytes(DialogueModels.Config with { ContextLength = 2048 }, (ulong)modelSeed);
        using TinyGptChatClient client = ChatModels.Client(model);
        ChatResponse[] responses = await Task.WhenAll(Enumerable.Range(0, 16).Select(
            seed => client.GetResponseAsync("hello", new ChatOptions { Temperature = 1, Seed = seed, ResponseFormat = ChatResponseFormat.Json })));
        foreach (ChatResponse response in responses)
        {
            Assert.Equal(ChatFinishReason.Stop, response.FinishReason);
            using JsonDocument document = JsonDocument.Parse(response.Text);
            Assert.Equal(JsonValueKind.Object, document.RootElement.ValueKind);
            Assert.InRange(document.RootElement.EnumerateObject().Count(), 0, 6);
        }

        Assert.Contains(responses, response => response.Text.Length > 2);
    }

    [Fact]
    public async Task A_large_vocabulary_writes_the_same_formats()
    {
        using GptModel model = DialogueModels.Gpt2Vocabulary();
        using TinyGptChatClient client = ChatModels.Client(model);
        foreach (ChatResponseFormat format in new[] { Format(Deed), ChatResponseFormat.Json })
        {
            for (long seed = 0; seed < 5; seed++)
            {
                ChatResponse response = await client.GetResponseAsync(
                    "hello", new ChatOptions { Temperature = 1, Seed = seed, ResponseFormat = format });
                Assert.Equal(ChatFinishReason.Stop, response.FinishReason);
                Assert.Equal(JsonValueKind.Object, JsonDocument.Parse(response.Text).RootElement.ValueKind);
            }
        }
    }

    [Theory]
    [InlineData("""{"type": "array", "maxItems": 2, "items": {"type": "boolean"}}""", JsonValueKind.Array)]
    [InlineData("""{"enum": ["yes", "no"]}""", JsonValueKind.String)]
    [InlineData("""{"type": "integer", "minimum": 3, "maximum": 1.2e1}""", JsonValueKind.Number)]
    [InlineData("""{"type": "object"}""", JsonValueKind.Object)]
    public async Task A_schema_need_not_be_an_object(string schema, JsonValueKind kind)
    {
        using TinyGptChatClient client = ChatModels.Client(_model);
        for (long seed = 0; seed < 6; seed++)
        {
            ChatResponse response = await client.GetResponseAsync(
                "hello", new ChatOptions { Temperature = 1, Seed = seed, ResponseFormat = Format(schema) });
            using JsonDocument document = JsonDocument.Parse(response.Text);
            Assert.Equal(kind, document.RootElement.ValueKind);
        }
    }

    [Fact]
    public async Task A_stream_of_json_is_the_same_json_and_plain_text_asks_for_nothing()
    {
        using TinyGptChatClient client = ChatModels.Client(_model);
        ChatOptions options = new() { Temperature = 1, Seed = 5, ResponseFormat = Format(Deed) };
        ChatResponse whole = await client.GetResponseAsync("hello", options);
        ChatResponse parts = await client.GetStreamingResponseAsync("hello", options).ToChatResponseAsync();
        Assert.Equal(whole.Text, parts.Text);
        options = ChatModels.Wild(5);
        string free = (await client.GetResponseAsync("hello", options)).Text;
        options.ResponseFormat = ChatResponseFormat.Text;
        Assert.Equal(free, (await client.GetResponseAsync("hello", options)).Text);
    }

    [Fact]
    public async Task Too_few_tokens_cut_json_short_and_say_so()
    {
        using TinyGptChatClient client = ChatModels.Client(_model);
        ChatResponse response = await client.GetResponseAsync("hello", new ChatOptions { MaxOutputTokens = 3, ResponseFormat = Format(Deed) });
        Assert.Equal(ChatFinishReason.Length, response.FinishReason);
    }

    [Fact]
    public async Task Json_ends_whole_when_its_tokens_run_out_and_says_so()
    {
        using TinyGptChatClient client = ChatModels.Client(_model);
        ChatOptions options = ChatModels.Wild(3, tokens: 40);
        options.ResponseFormat = Format("""{"type": "array", "items": {"type": "string", "minLength": 2}, "minItems": 1}""");
        ChatResponse response = await client.GetResponseAsync("hello", options);
        using JsonDocument answer = JsonDocument.Parse(response.Text);
        Assert.Equal(ChatFinishReason.Length, response.FinishReason);
        Assert.Equal(FinishReason.Shortened, response.AdditionalProperties![TinyGptChatClient.FinishProperty]);
    }

    [Theory]
    [InlineData("""{"type": "string", "enum": []}""", "$.enum")]
    [InlineData("""{"type": "string", "enum": ["a", "\ud800"]}""", "$.enum[1]")]
    [InlineData("""{"type": "integer", "minimum": 3, "maximum": 2}""", "$.maximum")]
    [InlineData("""{"type": "array", "items": {"type": "boolean"}, "maxItems": 2, "minItems": 3}""", "$.minItems")]
    public async Task Schemas_that_nothing_keeps_are_refused_and_the_place_is_named(string schema, string path)
    {
        using TinyGptChatClient client = ChatModels.Client(_model);
        ResponseFormatException error = await Assert.ThrowsAsync<ResponseFormatException>(
            () => client.GetResponseAsync("hello", new ChatOptions { ResponseFormat = Format(schema) }));
        Assert.Equal(path, error.JsonPath);
        Assert.Contains($"schema at {path}:", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"type": "null"}""", "null")]
    [InlineData("""{"type": ["string", "null"], "enum": ["a"]}""", "\"a\"")]
    [InlineData("""{"const": 1}""", "1")]
    [InlineData("""{"type": "string", "pattern": "^b{3}$"}""", "\"bbb\"")]
    [InlineData("""{"type": "object", "properties": {"a": {"$ref": "#/$defs/t"}}, "required": ["a"], "additionalProperties": false, "$defs": {"t": {"const": true}}}""", """{"a":true}""")]
    public async Task Schemas_beyond_the_finite_ones_are_kept(string schema, string expected)
    {
        using TinyGptChatClient client = ChatModels.Client(_model);
        ChatResponse response = await client.GetResponseAsync(
            "hello", new ChatOptions { MaxOutputTokens = 300, ResponseFormat = Format(schema) });
        Assert.Equal(expected, string.Concat(response.Text.Where(c => !char.IsWhiteSpace(c))));
    }

    private static ChatResponseFormatJson Format(string schema) => ChatResponseFormat.ForJsonSchema(JsonDocument.Parse(schema).RootElement.Clone());
}
