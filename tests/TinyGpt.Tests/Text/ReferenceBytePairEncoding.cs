using System.Text;
using System.Text.Json;

namespace TinyGpt.Tests.Text;

/// <summary>
/// Byte-pair encoding written as plainly as possible, straight from GPT-2's files: the pattern as a regular expression, pieces as
/// lists of strings in the byte alphabet, and for each merge a pass over the whole piece that joins all places of the best pair.
/// </summary>
internal sealed class ReferenceBytePairEncoding
{
    private readonly Dictionary<string, int> _ids;
    private readonly Dictionary<(string, string), int> _ranks = [];

    internal ReferenceBytePairEncoding(string folder)
    {
        _ids = JsonDocument.Parse(File.ReadAllText(Path.Combine(folder, "vocab.json"))).RootElement.EnumerateObject()
            .ToDictionary(property => property.Name, property => property.Value.GetInt32());
        foreach (string line in File.ReadLines(Path.Combine(folder, "merges.txt")).Skip(1).Where(line => line.Length > 0))
        {
            string[] pair = line.Split(' ');
            _ranks.Add((pair[0], pair[1]), _ranks.Count);
        }
    }

    internal List<int> Encode(string text)
    {
        List<int> ids = [];
        foreach (string piece in Gpt2PreSplitterTests.SplitByPattern(text))
        {
            List<string> parts = [.. Encoding.UTF8.GetBytes(piece).Select(Write)];
            Merge(parts, _ranks);
            ids.AddRange(parts.Select(part => _ids[part]));
        }

        return ids;
    }

    internal static void Merge(List<string> parts, Dictionary<(string, string), int> ranks)
    {
        while (parts.Count > 1)
        {
            (string, string) best = parts.Zip(parts.Skip(1)).MinBy(pair => ranks.GetValueOrDefault(pair, int.MaxValue));
            if (!ranks.ContainsKey(best))
            {
                return;
            }

            for (int index = 0; index < parts.Count - 1; index++)
            {
                if ((parts[index], parts[index + 1]) == best)
                {
                    parts[index] += parts[index + 1];
                    parts.RemoveAt(index + 1);
                }
            }
        }
    }

    private static string Write(byte value)
    {
        int[] written = [.. Enumerable.Range(0, 256).Where(code => code is (> 32 and < 127) or (> 160 and not 173))];
        int[] hidden = [.. Enumerable.Range(0, 256).Except(written)];
        int place = Array.IndexOf(hidden, value);
        return ((char)(place < 0 ? value : 256 + place)).ToString();
    }
}
