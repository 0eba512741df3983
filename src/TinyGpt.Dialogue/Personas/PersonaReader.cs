using System.Globalization;
using System.Text.Json;
using System.Text.Unicode;

namespace TinyGpt.Dialogue.Personas;

/// <summary>Reads personas from JSON, and says where and why where it cannot.</summary>
internal static class PersonaReader
{
    private const int MostDepth = 8;

    private static readonly string[] Members = ["$schema", "name", "mood", "facts", "style", "examples", "sampling", "maxAnswerTokens", "stops"];
    private static readonly string[] ExampleMembers = ["hears", "says"];

    public static Persona Read(ReadOnlyMemory<byte> utf8, string file)
    {
        if (utf8.Length > Persona.MaxFileBytes)
        {
            throw new PersonaException(file, "$", $"is larger than {Persona.MaxFileBytes} bytes: shorten it");
        }

        utf8 = utf8.Span.StartsWith("\uFEFF"u8) ? utf8[3..] : utf8; // an editor's byte order mark
        if (!Utf8.IsValid(utf8.Span))
        {
            throw new PersonaException(file, "$", "is not valid UTF-8: save the file as UTF-8");
        }

        try
        {
            using JsonDocument document = StrictJson.Parse(utf8, MostDepth);
            Persona persona = ReadPersona(new Value(document.RootElement, file, "$"));
            PersonaRules.Check(persona, file);
            return persona;
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            // Unpaired surrogates come as InvalidOperationException.
            throw new PersonaException(file, "$", $"is damaged JSON: {exception.Message}", exception);
        }
    }

    private static Persona ReadPersona(Value root)
    {
        root.RequireObject(Members);
        Persona defaults = new() { Name = "" };
        return new Persona
        {
            Name = root.TryGet("name", out Value name) ? name.Text() : throw root.Failure("has no member 'name': write what the character is called"),
            Mood = root.TryGet("mood", out Value mood) ? mood.Text() : "",
            Facts = root.TryGet("facts", out Value facts) ? facts.Facts() : [],
            Style = root.TryGet("style", out Value style) ? style.Items(Persona.MaxLines, line => line.Text()) : [],
            Examples = root.TryGet("examples", out Value examples) ? examples.Items(Persona.MaxLines, ReadExample) : [],
            Sampling = root.TryGet("sampling", out Value sampling) ? ReadSampling(sampling, defaults.Sampling) : defaults.Sampling,
            MaxAnswerTokens = root.TryGet("maxAnswerTokens", out Value most) ? most.Whole() : defaults.MaxAnswerTokens,
            Stops = root.TryGet("stops", out Value stops) ? stops.Items(Persona.MaxStops, stop => stop.Text()) : [],
        };
    }

    private static PersonaExample ReadExample(Value value)
    {
        value.RequireObject(ExampleMembers);
        string Line(string name) => value.TryGet(name, out Value line) ? line.Text()
            : throw value.Failure($"has no member '{name}': write what the character {name}");
        return new PersonaExample(Line("hears"), Line("says"));
    }

    private static SamplingOptions ReadSampling(Value value, SamplingOptions defaults)
    {
        value.RequireObject([.. PersonaRules.Sampling.Select(range => range.Name)]);
        float Number(string name, float standard) => value.TryGet(name, out Value number) ? number.Number() : standard;
        return new SamplingOptions
        {
            Temperature = Number("temperature", defaults.Temperature),
            TopK = value.TryGet("topK", out Value topK) ? topK.Whole() : defaults.TopK,
            TopP = Number("topP", defaults.TopP),
            MinP = Number("minP", defaults.MinP),
            RepetitionPenalty = Number("repetitionPenalty", defaults.RepetitionPenalty),
            PresencePenalty = Number("presencePenalty", defaults.PresencePenalty),
            FrequencyPenalty = Number("frequencyPenalty", defaults.FrequencyPenalty),
        };
    }

    /// <summary>A value and its place.</summary>
    private readonly struct Value(JsonElement element, string file, string path)
    {
        public void RequireObject(ReadOnlySpan<string> members)
        {
            if (element.ValueKind != JsonValueKind.Object)
            {
                throw Failure($"is {Describe()}: write an object");
            }

            foreach (JsonProperty property in element.EnumerateObject())
            {
                if (!members.Contains(property.Name))
                {
                    throw Failure($"has an unknown member '{property.Name}': write {string.Join(", ", members.ToArray())} only");
                }
            }
        }

        public bool TryGet(string name, out Value value)
        {
            bool found = element.TryGetProperty(name, out JsonElement member);
            value = new Value(member, file, $"{path}.{name}");
            return found;
        }

        public string Text() => element.ValueKind == JsonValueKind.String ? element.GetString()! : throw Failure($"is {Describe()}: write a text");

        public int Whole() => element.ValueKind == JsonValueKind.Number && element.TryGetInt32(out int number) ? number
            : throw Failure($"is {Describe()}: write a whole number");

        public float Number() => element.ValueKind == JsonValueKind.Number && element.TryGetSingle(out float number) ? number
            : throw Failure($"is {Describe()}: write a number");

        public PersonaFact[] Facts()
        {
            if (element.ValueKind != JsonValueKind.Object)
            {
                throw Failure($"is {Describe()}: write an object of texts, such as {{\"Trade\": \"innkeeper\"}}");
            }

            List<PersonaFact> facts = [];
            foreach (JsonProperty property in element.EnumerateObject())
            {
                RequireRoom(facts.Count, Persona.MaxFacts);
                facts.Add(new PersonaFact(property.Name, new Value(property.Value, file, $"{path}.{property.Name}").Text()));
            }

            return [.. facts];
        }

        public T[] Items<T>(int most, Func<Value, T> read)
        {
            if (element.ValueKind != JsonValueKind.Array)
            {
                throw Failure($"is {Describe()}: write an array");
            }

            List<T> items = [];
            foreach (JsonElement item in element.EnumerateArray())
            {
                RequireRoom(items.Count, most);
                items.Add(read(new Value(item, file, string.Create(CultureInfo.InvariantCulture, $"{path}[{items.Count}]"))));
            }

            return [.. items];
        }

        public PersonaException Failure(string problem) => new(file, path, problem);

        private void RequireRoom(int count, int most)
        {
            if (count == most)
            {
                throw Failure($"has more than {most} entries: write at most {most}");
            }
        }

        private string Describe() => element.ValueKind switch
        {
            JsonValueKind.Object => "an object",
            JsonValueKind.Array => "an array",
            JsonValueKind.String => "a text",
            JsonValueKind.Null => "null",
            _ => element.GetRawText() is { Length: <= 40 } raw ? raw : "a long number",
        };
    }
}
