using System.Text;
using System.Text.Json;
using Xunit;

namespace TinyGpt.Dialogue.Tests.Personas;

public sealed class PersonaTests
{
    private const string Mira = """
        {
          "$schema": "persona.schema.json",
          "name": "Mira",
          "mood": "cheerful",
          "facts": { "Trade": "innkeeper", "Sells": "ale 3, stew 5", "Äpfel": "süß 🐉" },
          "style": ["Short sentences."],
          "examples": [{ "hears": "A room?", "says": "Twelve coins." }],
          "sampling": { "temperature": 0.5, "topK": 40, "topP": 0.9, "minP": 0.01, "repetitionPenalty": 1.1, "presencePenalty": 0.2, "frequencyPenalty": -0.5 },
          "maxAnswerTokens": 80,
          "stops": ["\nPlayer:", "."]
        }
        """;

    [Fact]
    public void Every_member_is_read_and_written_back()
    {
        Persona persona = Read(Mira);
        for (int round = 0; round < 2; round++)
        {
            Assert.Equal("Mira", persona.Name);
            Assert.Equal("cheerful", persona.Mood);
            Assert.Equal([new("Trade", "innkeeper"), new("Sells", "ale 3, stew 5"), new("Äpfel", "süß 🐉")], persona.Facts);
            Assert.Equal(["Short sentences."], persona.Style);
            Assert.Equal([new("A room?", "Twelve coins.")], persona.Examples);
            SamplingOptions sampling = new()
            {
                Temperature = 0.5f,
                TopK = 40,
                TopP = 0.9f,
                MinP = 0.01f,
                RepetitionPenalty = 1.1f,
                PresencePenalty = 0.2f,
                FrequencyPenalty = -0.5f,
            };
            Assert.Equal(sampling, persona.Sampling);
            Assert.Equal(80, persona.MaxAnswerTokens);
            Assert.Equal(["\nPlayer:", "."], persona.Stops);
            using MemoryStream stream = new();
            persona.Write(stream);
            persona = Persona.Read(stream.ToArray());
        }
    }

    [Fact]
    public void A_byte_order_mark_is_no_part_of_a_persona() =>
        Assert.Equal("Tom", Persona.Read(Encoding.UTF8.GetBytes("\uFEFF{\"name\":\"Tom\"}")).Name);

    [Fact]
    public void What_is_not_written_has_its_default()
    {
        Persona persona = Read("""{"name":"Tom"}""");
        Assert.Equal(new Persona { Name = "Tom" } with { Facts = persona.Facts, Style = persona.Style, Examples = persona.Examples, Stops = persona.Stops }, persona);
        Assert.Empty(persona.Facts);
    }

    [Theory]
    [InlineData("[]", "$", "write an object")]
    [InlineData("{", "$", "damaged JSON")]
    [InlineData("""{"name":"a","name":"b"}""", "$", "damaged JSON")]
    [InlineData("{}", "$", "no member 'name'")]
    [InlineData("""{"name":"Mira","price":3}""", "$", "unknown member 'price'")]
    [InlineData("""{"name":3}""", "$.name", "is 3: write a text")]
    [InlineData("""{"name":""}""", "$.name", "0 characters: write 1 … 64")]
    [InlineData("""{"name":"a\nb"}""", "$.name", "line break")]
    [InlineData("""{"name":"\ud83d"}""", "$", "damaged JSON")]
    [InlineData("""{"name":"a","mood":null}""", "$.mood", "is null: write a text")]
    [InlineData("""{"name":"a","facts":[]}""", "$.facts", "write an object of texts")]
    [InlineData("""{"name":"a","facts":{"Sells":3}}""", "$.facts.Sells", "is 3: write a text")]
    [InlineData("""{"name":"a","facts":{"Sells":""}}""", "$.facts.Sells", "0 characters")]
    [InlineData("""{"name":"a","facts":{"":"x"}}""", "$.facts.", "0 characters")]
    [InlineData("""{"name":"a","style":"x"}""", "$.style", "write an array")]
    [InlineData("""{"name":"a","style":[{}]}""", "$.style[0]", "is an object: write a text")]
    [InlineData("""{"name":"a","examples":[{"hears":"x"}]}""", "$.examples[0]", "no member 'says'")]
    [InlineData("""{"name":"a","examples":[{"hears":"x","says":"y"},{"hears":"x","says":"y\r"}]}""", "$.examples[1].says", "line break")]
    [InlineData("""{"name":"a","sampling":{"temperature":-1}}""", "$.sampling.temperature", "is -1: write a number from 0 to 100")]
    [InlineData("""{"name":"a","sampling":{"topP":0}}""", "$.sampling.topP", "above 0 to 1")]
    [InlineData("""{"name":"a","sampling":{"topK":1.5}}""", "$.sampling.topK", "whole number")]
    [InlineData("""{"name":"a","sampling":{"temperature":"warm"}}""", "$.sampling.temperature", "is a text: write a number")]
    [InlineData("""{"name":"a","sampling":{"temperature":1e999}}""", "$.sampling.temperature", "write a number")]
    [InlineData("""{"name":"a","sampling":{"seed":1}}""", "$.sampling", "unknown member 'seed'")]
    [InlineData("""{"name":"a","maxAnswerTokens":0}""", "$.maxAnswerTokens", "is 0: write a whole number from 1 to 4096")]
    [InlineData("""{"name":"a","stops":[""]}""", "$.stops[0]", "1 … 64 characters")]
    [InlineData("""{"name":"a","stops":[["x"]]}""", "$.stops[0]", "is an array")]
    public void What_is_wrong_is_named_with_its_place_and_what_to_write(string json, string path, string problem)
    {
        PersonaException thrown = Assert.Throws<PersonaException>(() => Persona.Read(Encoding.UTF8.GetBytes(json), "mira.json"));
        Assert.Equal("mira.json", thrown.File);
        Assert.Equal(path, thrown.Path);
        Assert.Contains(problem, thrown.Problem, StringComparison.Ordinal);
        Assert.StartsWith($"mira.json: {path} ", thrown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Too_much_of_anything_is_refused()
    {
        Assert.Contains("64", Fault($$"""{"name":"{{new string('x', 65)}}"}""").Problem, StringComparison.Ordinal);
        Assert.Contains("1000", Fault($$"""{"name":"a","style":["{{new string('x', 1001)}}"]}""").Problem, StringComparison.Ordinal);
        string Many(int count, string item) => string.Join(',', Enumerable.Range(0, count).Select(i => string.Format(null, item, i)));
        Assert.Equal("$.facts", Fault("{\"name\":\"a\",\"facts\":{" + Many(65, "\"k{0}\":\"v\"") + "}}").Path);
        Assert.Equal("$.style", Fault($$"""{"name":"a","style":[{{Many(33, "\"{0}\"")}}]}""").Path);
        Assert.Equal("$.stops", Fault($$"""{"name":"a","stops":[{{Many(17, "\"{0}\"")}}]}""").Path);
        Assert.Equal("$", Fault($$"""{"name":"a"}{{new string(' ', Persona.MaxFileBytes)}}""").Path);
        Assert.Contains("damaged", Fault(string.Concat(Enumerable.Repeat("{\"name\":", 20)) + "1" + new string('}', 20)).Problem, StringComparison.Ordinal);
        PersonaException invalid = Assert.Throws<PersonaException>(() => Persona.Read(new byte[] { (byte)'{', 0xFF, (byte)'}' }));
        Assert.Contains("UTF-8", invalid.Problem, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_truncation_and_changed_byte_gives_a_persona_or_its_exception()
    {
        byte[] bytes = Encoding.UTF8.GetBytes(Mira);
        Random random = new(1);
        for (int i = 0; i < 6000; i++)
        {
            byte[] damaged = [.. bytes];
            int at = random.Next(bytes.Length);
            damaged = i % 3 == 0 ? damaged[..at] : damaged;
            if (i % 3 != 0)
            {
                damaged[at] = (byte)random.Next(256);
            }

            try
            {
                Persona.Read(damaged);
            }
            catch (PersonaException)
            {
                // What a damaged file may lead to; anything else fails the test.
            }
        }
    }

    [Fact]
    public void The_schema_has_the_members_and_limits_of_the_reader()
    {
        using JsonDocument schema = JsonDocument.Parse(File.ReadAllText(FindSchema()));
        JsonElement properties = schema.RootElement.GetProperty("properties");
        using JsonDocument written = JsonDocument.Parse(Written(Read(Mira)));
        Assert.Equal(
            written.RootElement.EnumerateObject().Select(member => member.Name).Append("$schema").Order(StringComparer.Ordinal),
            properties.EnumerateObject().Select(member => member.Name).Order(StringComparer.Ordinal));
        JsonElement sampling = properties.GetProperty("sampling").GetProperty("properties");
        Assert.Equal(
            written.RootElement.GetProperty("sampling").EnumerateObject().Select(member => member.Name), sampling.EnumerateObject().Select(member => member.Name));
        Assert.Equal(Persona.MaxNameLength, properties.GetProperty("name").GetProperty("maxLength").GetInt32());
        Assert.Equal(Persona.MaxNameLength, properties.GetProperty("mood").GetProperty("maxLength").GetInt32());
        Assert.Equal(Persona.MaxFacts, properties.GetProperty("facts").GetProperty("maxProperties").GetInt32());
        Assert.Equal(Persona.MaxKeyLength, properties.GetProperty("facts").GetProperty("propertyNames").GetProperty("maxLength").GetInt32());
        Assert.Equal(Persona.MaxLineLength, schema.RootElement.GetProperty("$defs").GetProperty("line").GetProperty("maxLength").GetInt32());
        Assert.Equal(Persona.MaxLines, properties.GetProperty("style").GetProperty("maxItems").GetInt32());
        Assert.Equal(Persona.MaxLines, properties.GetProperty("examples").GetProperty("maxItems").GetInt32());
        Assert.Equal(Persona.MaxStops, properties.GetProperty("stops").GetProperty("maxItems").GetInt32());
        Assert.Equal(Persona.MaxStopLength, properties.GetProperty("stops").GetProperty("items").GetProperty("maxLength").GetInt32());
        Assert.Equal(Persona.AnswerTokensLimit, properties.GetProperty("maxAnswerTokens").GetProperty("maximum").GetInt32());
        Persona defaults = new() { Name = "a" };
        Assert.Equal(defaults.Sampling.Temperature, sampling.GetProperty("temperature").GetProperty("default").GetSingle());
        Assert.Equal(defaults.Sampling.TopP, sampling.GetProperty("topP").GetProperty("default").GetSingle());
        Assert.Equal(defaults.MaxAnswerTokens, properties.GetProperty("maxAnswerTokens").GetProperty("default").GetInt32());
    }

    [Fact]
    public void A_persona_made_in_code_is_checked_like_one_that_is_read()
    {
        using MemoryStream stream = new();
        Assert.Throws<PersonaException>(() => new Persona { Name = "a", Mood = new string('x', 65) }.Write(stream));
        PersonaException twice = Assert.Throws<PersonaException>(
            () => new Persona { Name = "a", Facts = [new("k", "1"), new("k", "2")] }.Write(stream));
        Assert.Equal("$.facts.k", twice.Path);
        Assert.Throws<PersonaException>(
            () => new Persona { Name = "a", Sampling = new() { LogitBias = new Dictionary<int, float> { [1] = 1 } } }.Write(stream));
        foreach ((string path, Persona persona) in new (string, Persona)[]
        {
            ("$.name", new() { Name = null! }), ("$.mood", new() { Name = "a", Mood = null! }), ("$.facts", new() { Name = "a", Facts = null! }),
            ("$.style", new() { Name = "a", Style = null! }), ("$.examples", new() { Name = "a", Examples = null! }),
            ("$.sampling", new() { Name = "a", Sampling = null! }), ("$.stops", new() { Name = "a", Stops = null! }),
            ("$.examples[0].hears", new() { Name = "a", Examples = [default] }), ("$.stops[0]", new() { Name = "a", Stops = [null!] }),
        })
        {
            Assert.Equal(path, Assert.Throws<PersonaException>(() => persona.Write(stream)).Path);
        }

        Assert.Equal(0, stream.Length);
    }

    [Fact]
    public void A_file_that_is_not_there_or_cannot_be_read_is_an_error_of_its_own()
    {
        Assert.Throws<FileNotFoundException>(() => Persona.Load(Path.Combine(AppContext.BaseDirectory, "nobody.json")));
        Assert.Throws<DirectoryNotFoundException>(() => Persona.Load(Path.Combine(AppContext.BaseDirectory, "nowhere", "nobody.json")));
        Assert.Throws<UnauthorizedAccessException>(() => Persona.Load(AppContext.BaseDirectory));
        Assert.Throws<ArgumentException>(() => Persona.Load(""));
        Assert.Throws<ArgumentNullException>(() => Persona.Load(null!));
        Assert.Throws<ArgumentNullException>(() => Persona.Read((Stream)null!));
        Assert.Throws<ArgumentNullException>(() => new Persona { Name = "a" }.Write(null!));
    }

    private static Persona Read(string json) => Persona.Read(Encoding.UTF8.GetBytes(json));

    private static PersonaException Fault(string json) => Assert.Throws<PersonaException>(() => Read(json));

    private static byte[] Written(Persona persona)
    {
        using MemoryStream stream = new();
        persona.Write(stream);
        return stream.ToArray();
    }

    private static string FindSchema()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            string path = Path.Combine(folder.FullName, "src/TinyGpt.Dialogue/Personas/persona.schema.json");
            if (File.Exists(path))
            {
                return path;
            }
        }

        throw new FileNotFoundException("The schema is not above the tests' folder.");
    }
}
