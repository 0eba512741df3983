using Xunit;

namespace TinyGpt.Constraints.Tests.Schemas;

/// <summary>One schema a line, with values that it allows and values that it does not.</summary>
public sealed class SchemaKeywordTests
{
    public static TheoryData<string, string[], string[]> Cases => new()
    {
        { "true", ["null", "1", "\"x\"", "[1, {}]", "{\"a\": [true]}"], ["", "nul", "[1,]", "{\"a\"}"] },
        { """{"type":"integer"}""", ["0", "-1", "12345678901234567890"], ["1.5", "01", "\"1\"", "1e2", "--1"] },
        { """{"type":["string","null"]}""", ["null", "\"\"", "\"é\\u00e9\\n\""], ["1", "\"\n\"", "\"\\x\"", "\"\\ud800\""] },
        { """{"type":"boolean"}""", ["true", "false"], ["null", "0"] },
        { """{"enum":["a",1,null,{"x":[1,2]}]}""", ["\"a\"", "1", "null", "{\"x\": [1, 2]}"], ["2", "\"b\"", "{\"x\":[1]}"] },
        { """{"const":1.0}""", ["1", "1.0"], ["1.5", "2", "\"1\""] },
        { """{"type":"string","minLength":2,"maxLength":3}""", ["\"ab\"", "\"äöü\"", "\"\\\"\\\\\"", "\"\\ud83d\\ude00x\"", "\"😀😀😀\""], ["\"a\"", "\"abcd\""] },
        { """{"type":"string","pattern":"^a.c$"}""", ["\"abc\"", "\"a\\u00e9c\""], ["\"ac\"", "\"xabc\"", "\"a\\nc\""] },
        { """{"type":"string","pattern":"b"}""", ["\"b\"", "\"abc\""], ["\"ac\""] },
        { """{"pattern":"^a"}""", ["\"ab\"", "1", "[]"], ["\"ba\""] },
        { """{"type":"array","items":{"type":"integer"},"minItems":1,"maxItems":2}""", ["[1]", "[1, 2]"], ["[]", "[1, 2, 3]", "[\"a\"]"] },
        { """{"prefixItems":[{"type":"integer"},{"type":"string"}],"items":false}""", ["[]", "[1]", "[1, \"a\"]", "{}"], ["[\"a\"]", "[1, \"a\", 2]"] },
        { """{"items":[{"type":"integer"}],"additionalItems":{"type":"string"}}""", ["[1, \"a\", \"b\"]"], ["[1, 2]"] },
        { """{"type":"array","contains":{"const":1}}""", ["[1]", "[0, 1, 2]"], ["[]", "[2]"] },
        { """{"type":"array","contains":{"const":1},"minContains":2,"maxContains":3}""", ["[1, 1]", "[1, 0, 1, 1]"], ["[1]", "[1, 1, 1, 1]"] },
        { """{"type":"array","not":{"contains":{"const":1}},"minItems":1}""", ["[2]", "[0, \"1\"]"], ["[]", "[2, 1]"] },
        { """{"type":"array","contains":{"const":1},"minContains":0,"maxContains":0}""", ["[2]", "[]"], ["[1]", "[2, 1]"] },
        { """{"type":"array","allOf":[{"not":{"contains":{"const":1}}},{"contains":{"type":"string"}}]}""", ["[2, \"a\"]"], ["[1, \"a\"]", "[2]"] },
        { """{"type":"string","format":"idn-email"}""", ["\"ä.b@münchen.de\"", "\"a@b.com\""], ["\"a\"", "\"a@-b\""] },
        { """{"type":"string","format":"date-time"}""", ["\"2024-02-29T23:59:59Z\"", "\"2024-12-31T00:00:00.123+05:30\""], ["\"2023-02-29T00:00:00Z\"", "\"2024-12-31T24:00:00Z\"", "\"2024-12-31T00:00:00\"", "\"2024-12-31 00:00:00Z\""] },
        { """{"type":"string","format":"uri"}""", ["\"https://a.b/c?d=e#f\"", "\"irc://server/channel\"", "\"urn:a:b\"", "\"http://[::1]:80/\""], ["\"a b\"", "\"example.com/x\"", "\"http://a b\""] },
        { """{"type":"string","format":"uri-reference"}""", ["\"Core\"", "\"/a/b?c\"", "\"#x\"", "\"//h/p\""], ["\"://\"", "\"a b\""] },
        { """{"type":"string","format":"ipv6"}""", ["\"::\"", "\"::1\"", "\"1:2:3:4:5:6:7:8\"", "\"::ffff:10.0.0.1\""], ["\"1:2\"", "\":::\"", "\"localhost\""] },
        { """{"type":"string","format":"hostname"}""", ["\"localhost\"", "\"a-b.example\""], ["\"-a\"", "\"a..b\"", "\"\""] },
        { """{"type":"string","format":"a-format-of-nobody"}""", ["\"anything\""], ["1"] },
        { """{"type":"array","items":{"enum":["a","b"]},"uniqueItems":true}""", ["[]", "[\"a\"]", "[\"b\", \"a\"]"], ["[\"a\", \"a\"]", "[\"c\"]"] },
        { """{"type":"array","uniqueItems":true,"maxItems":1}""", ["[]", "[1]"], ["[1, 1]"] },
        { """{"not":{"type":"string"}}""", ["1", "[\"a\"]"], ["\"a\""] },
        { """{"type":"string","not":{"enum":["a","b"]}}""", ["\"c\"", "\"ab\""], ["\"a\"", "\"b\""] },
        { """{"oneOf":[{"type":"integer"},{"minimum":2}]}""", ["1", "2.5", "\"x\""], ["3", "1.5"] },
        { """{"anyOf":[{"type":"string","maxLength":2},{"type":"string","pattern":"^x"}]}""", ["\"ab\"", "\"xyz\""], ["\"abc\""] },
        { """{"allOf":[{"minimum":2},{"maximum":5}],"type":"integer"}""", ["2", "5"], ["1", "6"] },
        { """{"if":{"type":"string"},"then":{"minLength":2},"else":{"type":"integer"}}""", ["\"ab\"", "3"], ["\"a\"", "null"] },
        { """{"$ref":"#/$defs/a~1b%25","$defs":{"a/b%":{"type":"null"}}}""", ["null"], ["1"] },
        { """{"$ref":"#node","$defs":{"n":{"$anchor":"node","type":"array","items":{"$ref":"#node"}}}}""", ["[]", "[[], [[]]]"], ["[1]"] },
        { """{"$id":"http://x.org/root","$ref":"item","$defs":{"i":{"$id":"/item","type":"null"}}}""", ["null"], ["1"] },
        { """{"type":"object","properties":{"next":{"$ref":"#"}},"additionalProperties":false}""", ["{}", "{\"next\": {\"next\": {}}}"], ["{\"next\": 1}"] },
        { """{"$schema":"http://json-schema.org/draft-07/schema#","$ref":"#/definitions/a","maximum":1,"definitions":{"a":{"type":"integer"}}}""", ["5"], ["\"a\""] },
        { """{"$ref":"#/definitions/a","maximum":1,"definitions":{"a":{"type":"integer"}}}""", ["1"], ["5"] },
        { """{"$schema":"http://json-schema.org/draft-04/schema#","type":"integer","minimum":1,"exclusiveMinimum":true}""", ["2"], ["1"] },
        { """{"unknown":1,"type":"null"}""", ["null"], ["1"] },
    };

    public static TheoryData<string, string[], string[]> Objects => new()
    {
        { """{"type":"object","properties":{"a":{"type":"integer"},"b":{"type":"string"}},"required":["b"],"additionalProperties":false}""", ["{\"a\": 1, \"b\": \"x\"}", "{\"b\":\"x\"}"], ["{\"a\": 1}", "{}", "{\"b\": \"x\", \"c\": 1}"] },
        { """{"type":"object","properties":{"a":{"type":"integer"}}}""", ["{}", "{\"a\": 1}", "{\"x\": [], \"y\": 1}", "{\"a\": 1, \"ab\": null}"], ["{\"a\": \"x\"}", "{\"a\": 1,}"] },
        { """{"type":"object","additionalProperties":{"type":"integer"}}""", ["{}", "{\"x\": 1}"], ["{\"x\": \"1\"}"] },
        { """{"type":"object","patternProperties":{"^n_":{"type":"integer"}},"additionalProperties":{"type":"string"}}""", ["{\"n_a\": 1, \"b\": \"x\"}"], ["{\"n_a\": \"x\"}", "{\"b\": 1}"] },
        { """{"type":"object","patternProperties":{"^a":{"type":"integer"},"b$":{"minimum":5}}}""", ["{\"ab\": 5}", "{\"a\": 1}"], ["{\"ab\": 1}", "{\"xb\": 1}"] },
        { """{"type":"object","propertyNames":{"pattern":"^[a-z]$"}}""", ["{\"a\": 1}"], ["{\"A\": 1}", "{\"ab\": 1}"] },
        { """{"type":"object","minProperties":1,"maxProperties":2}""", ["{\"a\": 1}", "{\"a\": 1, \"b\": 2}"], ["{}", "{\"a\": 1, \"b\": 2, \"c\": 3}"] },
        { """{"type":"object","properties":{"a":{},"b":{},"c":{}},"additionalProperties":false,"minProperties":2,"maxProperties":2}""", ["{\"a\": 1, \"c\": 1}"], ["{\"a\": 1}", "{\"a\": 1, \"b\": 1, \"c\": 1}"] },
        { """{"type":"object","properties":{"a":{},"b":{}},"additionalProperties":false,"dependentRequired":{"a":["b"]}}""", ["{}", "{\"b\": 1}", "{\"a\": 1, \"b\": 1}"], ["{\"a\": 1}"] },
        { """{"type":"object","properties":{"a":{},"b":{}},"dependencies":{"a":{"properties":{"b":{"type":"null"}}}}}""", ["{\"b\": 1}", "{\"a\": 1, \"b\": null}"], ["{\"a\": 1, \"b\": 1}"] },
        { """{"type":"object","properties":{"a":{},"b":{}},"oneOf":[{"required":["a"]},{"required":["b"]}]}""", ["{\"a\": 1}", "{\"b\": 1}"], ["{}", "{\"a\": 1, \"b\": 1}"] },
        { """{"type":"object","properties":{"a":{}},"not":{"required":["a"]}}""", ["{}", "{\"b\": 1}"], ["{\"a\": 1}"] },
        { """{"type":"object","not":{"additionalProperties":{"type":"integer"}}}""", ["{\"a\": \"x\"}", "{\"a\": 1, \"b\": null}"], ["{}", "{\"a\": 1}"] },
        { """{"type":"object","not":{"patternProperties":{"^a":{"type":"integer"}}}}""", ["{\"ab\": \"x\"}"], ["{\"b\": \"x\"}", "{\"a\": 1}"] },
        { """{"allOf":[{"type":"object","properties":{"a":{"type":"integer"}},"required":["a"]},{"properties":{"b":{"type":"string"}},"required":["b"]}]}""", ["{\"a\": 1, \"b\": \"x\"}"], ["{\"a\": 1}", "{\"b\": \"x\"}"] },
        { """{"allOf":[{"properties":{"a":{"type":"integer"}}}],"type":"object","unevaluatedProperties":false}""", ["{\"a\": 1}", "{}"], ["{\"b\": 1}"] },
        { """{"type":"object","anyOf":[{"properties":{"a":{"type":"integer"}},"required":["a"]},{"properties":{"b":{}},"required":["b"]}],"unevaluatedProperties":false}""", ["{\"a\": 1}", "{\"b\": 1}", "{\"a\": 1, \"b\": 1}"], ["{\"c\": 1}", "{\"a\": \"x\", \"b\": 1}"] },
        { """{"if":{"properties":{"k":{"const":"x"}},"required":["k"]},"then":{"required":["v"]},"type":"object","properties":{"k":{"type":"string"},"v":{}},"additionalProperties":false}""", ["{\"k\": \"x\", \"v\": 1}", "{\"k\": \"y\"}", "{}"], ["{\"k\": \"x\"}"] },
        { """{"type":"object","properties":{"a":false,"b":true}}""", ["{\"b\": 1}", "{}"], ["{\"a\": 1}"] },
        { """{"const":{"a":1,"b":[true]}}""", ["{\"a\": 1, \"b\": [true]}"], ["{\"a\": 1}", "{}"] },
        { """{"type":"object","not":{"const":{}}}""", ["{\"a\": 1}"], ["{}"] },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    [MemberData(nameof(Objects))]
    public void AllowsWhatTheSchemaAllows(string schema, string[] valid, string[] invalid)
    {
        Constraint constraint = Constraint.FromJsonSchema(schema);
        foreach (string text in valid) Assert.True(GrammarRecognizer.Accepts(constraint, text), $"{schema} refuses {text}");
        foreach (string text in invalid) Assert.False(GrammarRecognizer.Accepts(constraint, text), $"{schema} allows {text}");
    }

    [Fact]
    public void PropertiesComeInTheSchemasOrderAndOthersLast()
    {
        Constraint constraint = Constraint.FromJsonSchema("""{"type":"object","properties":{"b":{},"a":{}}}""");
        Assert.True(GrammarRecognizer.Accepts(constraint, """{"b":1,"a":1,"c":1}"""));
        Assert.False(GrammarRecognizer.Accepts(constraint, """{"a":1,"b":1}"""));
        Assert.False(GrammarRecognizer.Accepts(constraint, """{"c":1,"b":1}"""));
    }

    [Fact]
    public void WhiteSpaceIsFreeUnlessCompact()
    {
        const string Schema = """{"type":"object","properties":{"a":{"type":"array"}}}""";
        Constraint free = Constraint.FromJsonSchema(Schema);
        Constraint compact = Constraint.FromJsonSchema(Schema, new JsonSchemaOptions { IsCompact = true });
        Assert.True(GrammarRecognizer.Accepts(free, "{\n  \"a\" : [ 1 ,\t2 ]\r\n}"));
        Assert.False(GrammarRecognizer.Accepts(compact, "{ \"a\":[1,2]}"));
        Assert.True(GrammarRecognizer.Accepts(compact, "{\"a\":[1,2]}"));
    }

    [Theory]
    [InlineData("""{"properties":{"a":{"pattern":"^(?=x)"}}}""", "#/properties/a/pattern", "look-ahead")]
    [InlineData("""{"pattern":"(a)\\1"}""", "#/pattern", "back-reference")]
    [InlineData("""{"format":"regex"}""", "#/format", "format 'regex'")]
    [InlineData("""{"items":{"$ref":"http://example.org/x"}}""", "#/items/$ref", "leads nowhere")]
    [InlineData("""{"type":"array","items":{"type":"string"},"uniqueItems":true}""", "#", "uniqueItems")]
    [InlineData("""{"type":"strin"}""", "#/type", "strin")]
    [InlineData("""{"required":[1]}""", "#/required", "array of strings")]
    [InlineData("""{"type":"object","required":["a"],"properties":{"a":false}}""", "", "No text")]
    [InlineData("""{"type":"string"} x""", "#", "no JSON")]
    public void RefusesByNameWithAPointer(string schema, string location, string message)
    {
        ConstraintException error = Assert.Throws<ConstraintException>(() => Constraint.FromJsonSchema(schema));
        Assert.Equal(location, error.Location);
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', error.Message);
    }
}
