using System.Text.Json;

namespace TinyGpt;

/// <summary>
/// Parses JSON in which no object has a name twice. The framework's own option for that seeds a hash with OpenSSL's random numbers, and
/// ends the process on a Linux that has no OpenSSL.
/// </summary>
public static class StrictJson
{
    private const int MaxComparedNames = 12;
    private const int MaxShownName = 64;

    /// <summary>Parses a whole text.</summary>
    /// <param name="utf8">The text. It must not change while the document is in use.</param>
    /// <param name="maxDepth">How deep objects and arrays may be nested.</param>
    /// <exception cref="JsonException">The text is no JSON, too deep, has comments or trailing commas, or an object has a name twice.</exception>
    /// <exception cref="InvalidOperationException">A name has an unpaired surrogate.</exception>
    public static JsonDocument Parse(ReadOnlyMemory<byte> utf8, int maxDepth)
    {
        JsonDocument document = JsonDocument.Parse(utf8, new JsonDocumentOptions { MaxDepth = maxDepth });
        try
        {
            RequireUniqueNames(document.RootElement);
            return document;
        }
        catch
        {
            document.Dispose();
            throw;
        }
    }

    private static void RequireUniqueNames(JsonElement element)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.Array:
                foreach (JsonElement item in element.EnumerateArray())
                {
                    RequireUniqueNames(item);
                }

                break;
            case JsonValueKind.Object:
                // For few names comparing is cheaper than hashing.
                int count = element.GetPropertyCount();
                HashSet<string>? names = count > MaxComparedNames ? new(count, StringComparer.Ordinal) : null;
                int index = 0;
                foreach (JsonProperty property in element.EnumerateObject())
                {
                    string name = property.Name;
                    if (names is null ? IsAmongFirst(element, index++, name) : !names.Add(name))
                    {
                        throw new JsonException($"an object has the name '{Show(name)}' twice");
                    }

                    RequireUniqueNames(property.Value);
                }

                break;
        }
    }

    private static string Show(string name) =>
        JsonEncodedText.Encode(name.Length > MaxShownName ? name[..MaxShownName] + "…" : name).ToString();

    private static bool IsAmongFirst(JsonElement element, int count, string name)
    {
        foreach (JsonProperty property in element.EnumerateObject())
        {
            if (count-- == 0)
            {
                break;
            }

            if (property.NameEquals(name))
            {
                return true;
            }
        }

        return false;
    }
}
