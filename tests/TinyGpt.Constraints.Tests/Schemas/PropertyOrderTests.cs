using System.Text;
using TinyGpt.Constraints.Languages;
using TinyGpt.Constraints.Matching;
using Xunit;

namespace TinyGpt.Constraints.Tests.Schemas;

public sealed class PropertyOrderTests
{
    private static readonly JsonSchemaOptions Any = new() { PropertyOrder = PropertyOrder.Any };

    public static TheoryData<string, string[], string[]> Cases => new()
    {
        { """{"type":"object","properties":{"b":{"type":"integer"},"a":{"type":"string"}},"required":["a"],"additionalProperties":false}""", ["{\"a\":\"\"}", "{\"a\":\"\",\"b\":1}", "{\"b\":1,\"a\":\"\"}"], ["{}", "{\"b\":1}", "{\"a\":\"\",\"a\":\"\"}", "{\"b\":1,\"a\":\"\",\"b\":1}", "{,\"a\":\"\"}", "{\"a\":\"\",}"] },
        { """{"type":"object","properties":{"a":{},"b":{}},"required":["a","b"]}""", ["{\"x\":1,\"b\":1,\"y\":1,\"a\":1,\"z\":{}}", "{\"b\":1,\"a\":1}"], ["{\"x\":1,\"b\":1}", "{\"a\":1,\"b\":1,\"a\":1}"] },
        { """{"type":"object","properties":{"a":{},"b":{},"c":{}},"minProperties":2,"maxProperties":3,"required":["b"]}""", ["{\"c\":1,\"b\":1}", "{\"b\":1,\"x\":1,\"y\":1}", "{\"c\":1,\"a\":1,\"b\":1}"], ["{\"b\":1}", "{\"a\":1,\"c\":1,\"x\":1}", "{\"a\":1,\"b\":1,\"c\":1,\"x\":1}"] },
        { """{"type":"object","properties":{"a":{"$ref":"#"}},"additionalProperties":false,"maxProperties":1}""", ["{}", "{\"a\":{\"a\":{}}}"], ["{\"a\":{},\"a\":{}}"] },
        { """{"type":"object","properties":{"a":false,"b":{}},"required":["b"]}""", ["{\"b\":1}", "{\"c\":1,\"b\":1}"], ["{\"a\":1,\"b\":1}"] },
        { """{"type":"object"}""", ["{}", "{\"a\":1}"], ["{\"a\"}"] },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void PropertiesComeInAnyOrderIfAskedFor(string schema, string[] valid, string[] invalid)
    {
        Constraint constraint = Constraint.FromJsonSchema(schema, Any);
        GrammarParser parser = new(64);
        parser.Use(constraint.Grammar, ByteSet.All);
        foreach (string text in valid)
        {
            Assert.True(GrammarRecognizer.Accepts(constraint, text), text);
            Assert.True(Accepts(parser, text), text);
        }

        foreach (string text in invalid)
        {
            Assert.False(GrammarRecognizer.Accepts(constraint, text), text);
            Assert.False(Accepts(parser, text), text);
        }
    }

    [Theory]
    [InlineData("", "{\"a\":0,\"long\":0,\"x\":0}")]
    [InlineData("{", "\"a\":0,\"long\":0,\"x\":0}")]
    [InlineData("{\"long\":0", ",\"a\":0,\"x\":0}")]
    [InlineData("{\"x\":0,\"y\":[", "],\"a\":0,\"long\":0}")]
    [InlineData("{\"long\":0,\"a\":0,\"bb\":0", "}")]
    public void TheShortestEndIsKnown(string begun, string shortest)
    {
        const string Schema = """{"type":"object","properties":{"long":{"type":"integer"},"a":{"type":"integer"},"bb":{}},"required":["a","long"],"minProperties":3}""";
        GrammarParser parser = new(64);
        parser.Use(Constraint.FromJsonSchema(Schema, Any).Grammar, ByteSet.All);
        int state = parser.Step(parser.Start, Encoding.UTF8.GetBytes(begun));
        int whole = parser.Step(state, Encoding.UTF8.GetBytes(shortest));
        Assert.True(parser.IsAccepting(whole));

        // A name of an unlisted property may be empty, so where one is missing it is a byte shorter than what is written here.
        int nameless = shortest.Contains("\"x\"", StringComparison.Ordinal) ? 1 : 0;
        Assert.Equal(shortest.Length - nameless, parser.Distance(state));
    }

    [Fact]
    public void MembersThatEndWhereAnotherWayGoesOnAreNotLost()
    {
        // The ways of "not" end on the stack that the properties of another way are entered with.
        const string Schema = """
            {"type":"object","required":["b"],"additionalProperties":{"type":"array"},"not":{"type":"object","required":["a","c"],"additionalProperties":{"type":"object"}}}
            """;
        GrammarParser parser = new(64);
        parser.Use(Constraint.FromJsonSchema(Schema, Any).Grammar, ByteSet.All);
        Assert.True(Accepts(parser, "{\"b\":[]}"));
        Assert.True(Accepts(parser, "{\"b\":[],\"a\":[]}"));
        Assert.False(Accepts(parser, "{\"b\":{}}"));
    }

    private static bool Accepts(GrammarParser parser, string text) => parser.IsAccepting(parser.Step(parser.Start, Encoding.UTF8.GetBytes(text)));
}
