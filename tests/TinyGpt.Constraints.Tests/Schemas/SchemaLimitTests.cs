using System.Text;
using Xunit;

namespace TinyGpt.Constraints.Tests.Schemas;

/// <summary>Schemas from strangers: each ends in a constraint or a <see cref="ConstraintException"/>, whatever it asks for.</summary>
public sealed class SchemaLimitTests
{
    public static TheoryData<string, string> Hostile => new()
    {
        { "nested", "{\"x\":" + string.Concat(Enumerable.Repeat("{\"a\":", 1000)) + "1" + new string('}', 1001) },
        { "nested items", string.Concat(Enumerable.Repeat("{\"items\":", 120)) + "true" + new string('}', 120) },
        { "refers to itself", """{"$ref":"#"}""" },
        { "refers in a circle", """{"$defs":{"a":{"$ref":"#/$defs/b"},"b":{"$ref":"#/$defs/a"}},"$ref":"#/$defs/a"}""" },
        { "is not itself", """{"not":{"$ref":"#"}}""" },
        { "all of itself", """{"allOf":[{"$ref":"#"},{"type":"string"}]}""" },
        { "one of itself", """{"oneOf":[{"$ref":"#"},{"type":"object"}]}""" },
        { "no value", """{"type":"object","properties":{"a":{"$ref":"#"}},"required":["a"]}""" },
        { "alternatives", Schema(30, i => $$"""{"anyOf":[{"required":["a{{i}}"]},{"required":["b{{i}}"]}]}""") },
        { "exclusive alternatives", "{\"oneOf\":[" + string.Join(',', Enumerable.Range(0, 40).Select(i => $$"""{"properties":{"p{{i}}":{"type":"integer"} } }""")) + "]}" },
        { "dependencies", "{\"type\":\"object\",\"dependentRequired\":{" + string.Join(',', Enumerable.Range(0, 60).Select(i => $"\"a{i}\":[\"b{i}\"]")) + "}}" },
        { "lengths", """{"type":"string","minLength":1000000000,"maxLength":2000000000,"pattern":"^(a{1000}){1000}$"}""" },
        { "counts", """{"type":"array","minItems":1000000000,"items":{"type":"array","minItems":1000000000}}""" },
        { "divisors", Schema(40, i => $$"""{"multipleOf":{{(2 * i) + 3}} }""") },
        { "a large divisor", """{"type":"integer","multipleOf":1999999973}""" },
        { "digits", "{\"minimum\":1" + new string('0', 1000) + "}" },
        { "exponents", """{"minimum":1e999999999,"maximum":-1e-99999}""" },
        { "patterns", Schema(60, i => "{\"pattern\":\"(a|b)*a(a|b){" + (i + 5) + "}\"}") },
        { "negated patterns", Schema(20, i => "{\"type\":\"string\",\"not\":{\"pattern\":\"(a|b)*a(a|b){" + (i + 9) + "}$\"}}") },
        { "names", "{\"type\":\"object\",\"patternProperties\":{" + string.Join(',', Enumerable.Range(0, 100).Select(i => "\"a{" + i + "}\":true")) + "}}" },
        { "counted properties", "{\"type\":\"object\",\"minProperties\":500,\"properties\":{" + string.Join(',', Enumerable.Range(0, 1000).Select(i => $"\"a{i}\":true")) + "}}" },
        { "values", "{\"enum\":[" + string.Join(',', Enumerable.Range(0, 5000).Select(i => "{\"a\":[" + i + "]}")) + "],\"not\":{\"enum\":[" + string.Join(',', Enumerable.Range(5000, 5000).Select(i => "{\"a\":[" + i + "]}")) + "]}}" },
        { "definitions", "{\"$defs\":{" + string.Join(',', Enumerable.Range(0, 2000).Select(i => $$"""
            "d{{i}}":{"anyOf":[{"$ref":"#/$defs/d{{(i + 1) % 2000}}"},{"type":"array","items":{"$ref":"#/$defs/d{{i * 7 % 2000}}"} }]}
            """)) + "},\"$ref\":\"#/$defs/d0\"}" },
        { "groups", "{\"pattern\":\"" + new string('(', 5000) + new string(')', 5000) + "\"}" },
    };

    [Theory]
    [MemberData(nameof(Hostile))]
    public void HostileSchemasAreRefusedOrCompiled(string name, string schema)
    {
        Exception? error = Record.Exception(() => Constraint.FromJsonSchema(schema));
        Assert.True(error is null or ConstraintException, $"{name}: {error}");
    }

    [Fact]
    public void DamagedSchemasAreRefusedOrCompiled()
    {
        byte[] schema = Encoding.UTF8.GetBytes("""{"$defs":{"a":{"type":["string","null"],"pattern":"^[a-c]+$","maxLength":7}},"type":"object","properties":{"x":{"$ref":"#/$defs/a"},"y":{"type":"integer","minimum":-1.5e2,"multipleOf":3}},"required":["x"],"oneOf":[{"required":["y"]},{"not":{"required":["y"]}}]}""");
        Random random = new(3);
        for (int i = 0; i < 3000; i++)
        {
            byte[] damaged = [.. schema];
            for (int j = random.Next(1, 4); j > 0; j--)
            {
                int at = random.Next(damaged.Length);
                switch (random.Next(3))
                {
                    case 0: damaged[at] = (byte)random.Next(256); break;
                    case 1: damaged[at] = schema[random.Next(schema.Length)]; break;
                    default: damaged = [.. damaged[..at], .. damaged[Math.Min(at + random.Next(5), damaged.Length)..]]; break;
                }

                if (damaged.Length == 0) damaged = [(byte)'x'];
            }

            Exception? error = Record.Exception(() => Constraint.FromJsonSchema(damaged));
            Assert.True(error is null or ConstraintException, $"{Encoding.UTF8.GetString(damaged)}: {error}");
        }
    }

    private static string Schema(int count, Func<int, string> part) => "{\"allOf\":[" + string.Join(',', Enumerable.Range(0, count).Select(part)) + "]}";
}
