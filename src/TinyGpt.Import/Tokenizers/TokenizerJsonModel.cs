namespace TinyGpt.Import.Tokenizers;

/// <summary>What the model of <c>tokenizer.json</c> says beside its tokens and merges, which go into a draft as they come.</summary>
internal sealed class TokenizerJsonModel
{
    private TokenizerJsonModel(FilePlace place) => Place = place;

    /// <summary>Where the model begins.</summary>
    internal FilePlace Place { get; }

    /// <summary>The token for what has none, as it is written, or null.</summary>
    internal string? UnknownToken { get; private set; }

    /// <summary>Whether several unknown characters in a row become one unknown token.</summary>
    internal bool FusesUnknown { get; private set; }

    /// <summary>Whether what has no token becomes its bytes' tokens.</summary>
    internal bool FallsBackToBytes { get; private set; }

    /// <summary>Whether a piece that is a token as a whole becomes that, whatever the merges say.</summary>
    internal bool IgnoresMerges { get; private set; }

    /// <summary>Whether a word's last character is marked.</summary>
    internal bool MarksWordEnds { get; private set; }

    /// <summary>Reads the model at the reader's position.</summary>
    internal static TokenizerJsonModel Read(ref JsonFileReader reader, VocabularyDraft draft)
    {
        TokenizerJsonModel model = new(reader.Place);
        reader.EnterObject("the model");
        HashSet<string> seen = new(StringComparer.Ordinal);
        while (reader.NextProperty(seen, out string name))
        {
            model.ReadMember(ref reader, name, draft);
        }

        foreach (string needed in (ReadOnlySpan<string>)["vocab", "merges"])
        {
            if (!seen.Contains(needed))
            {
                throw model.Place.Error($"the model has no '{needed}'");
            }
        }

        return model;
    }

    private void ReadMember(ref JsonFileReader reader, string name, VocabularyDraft draft)
    {
        switch (name)
        {
            case "type":
                if (reader.GetString("the model's type") is var type and not "BPE")
                {
                    throw reader.Place.Error($"tokenizer model '{type}' is not supported; 'BPE' is");
                }

                break;
            case "vocab":
                Gpt2VocabularyFiles.ReadTokens(ref reader, draft);
                break;
            case "merges":
                ReadMerges(ref reader, draft);
                break;
            case "unk_token":
                UnknownToken = reader.IsNull ? null : reader.GetString(name);
                break;
            case "fuse_unk":
                FusesUnknown = IsTrue(ref reader, name);
                break;
            case "byte_fallback":
                FallsBackToBytes = IsTrue(ref reader, name);
                break;
            case "ignore_merges":
                IgnoresMerges = IsTrue(ref reader, name);
                break;
            case "end_of_word_suffix":
                MarksWordEnds = !reader.IsNull && reader.GetString(name) is { Length: > 0 } suffix
                    && (suffix == TokenSpellings.WordEnd ? true
                        : throw reader.Place.Error($"a tokenizer with 'end_of_word_suffix' \"{suffix}\" is not supported"));
                break;
            case "continuing_subword_prefix" when !reader.IsNull && reader.GetString(name).Length > 0:
            case "dropout" when !reader.IsNull:
                throw reader.Place.Error($"a tokenizer with '{name}' is not supported");
            default:
                reader.Skip();
                break;
        }
    }

    private static bool IsTrue(ref JsonFileReader reader, string name) => !reader.IsNull && reader.GetBoolean(name);

    /// <summary>The merges, each as a string <c>"a b"</c> or, in newer files, as a pair <c>["a", "b"]</c>.</summary>
    private static void ReadMerges(ref JsonFileReader reader, VocabularyDraft draft)
    {
        reader.EnterArray("merges");
        while (reader.NextElement())
        {
            FilePlace place = reader.Place;
            if (reader.IsString)
            {
                Gpt2VocabularyFiles.AddMerge(reader.GetString("a merge"), "a merge", place, draft);
                continue;
            }

            reader.EnterArray("a merge");
            List<string> pair = [];
            while (reader.NextElement() && pair.Count <= 2)
            {
                pair.Add(reader.GetString("a merge's token"));
            }

            if (pair is not [{ Length: > 0 } left, { Length: > 0 } right])
            {
                throw place.Error("a merge is not a pair of tokens");
            }

            draft.AddMerge(left, right, place);
        }
    }
}
