namespace TinyGpt.Import;

/// <summary>
/// Reads <c>tokenizer.json</c> where it holds byte-level byte-pair encoding as GPT-2 does it. Whatever would make other tokens of
/// a text (another model, a normalizer, another splitting pattern) is refused by name; post-processors and decoders are not
/// looked at, as they only add marks around a text and join bytes.
/// </summary>
internal static class TokenizerJsonFile
{
    /// <summary>Reads the file into a draft.</summary>
    internal static void Read(ReadOnlySpan<byte> content, string file, VocabularyDraft draft)
    {
        JsonFileReader reader = new(content, file);
        reader.EnterObject("the file");
        HashSet<string> seen = new(StringComparer.Ordinal);
        while (reader.NextProperty(seen, out string name))
        {
            switch (name)
            {
                case "added_tokens":
                    ReadAddedTokens(ref reader, draft);
                    break;
                case "normalizer":
                    RefuseNormalizer(ref reader);
                    break;
                case "pre_tokenizer":
                    CheckPreTokenizer(ref reader);
                    break;
                case "model":
                    ReadModel(ref reader, draft);
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        reader.End();
        foreach (string needed in (ReadOnlySpan<string>)["model", "pre_tokenizer"])
        {
            if (!seen.Contains(needed))
            {
                throw new ModelFormatException(file, $"there is no '{needed}'");
            }
        }
    }

    private static void ReadModel(ref JsonFileReader reader, VocabularyDraft draft)
    {
        FilePlace place = reader.Place;
        reader.EnterObject("the model");
        HashSet<string> seen = new(StringComparer.Ordinal);
        while (reader.NextProperty(seen, out string name))
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
                case "continuing_subword_prefix" or "end_of_word_suffix":
                    if (!reader.IsNull && reader.GetString(name).Length > 0)
                    {
                        throw reader.Place.Error($"a tokenizer with '{name}' is not supported");
                    }

                    break;
                case "byte_fallback" or "ignore_merges":
                    RefuseTrue(ref reader, $"a tokenizer with '{name}'");
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        foreach (string needed in (ReadOnlySpan<string>)["vocab", "merges"])
        {
            if (!seen.Contains(needed))
            {
                throw place.Error($"the model has no '{needed}'");
            }
        }
    }

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

    private static void ReadAddedTokens(ref JsonFileReader reader, VocabularyDraft draft)
    {
        reader.EnterArray("added_tokens");
        while (reader.NextElement())
        {
            FilePlace place = reader.Place;
            reader.EnterObject("an added token");
            string? content = null;
            int? id = null;
            bool special = false;
            HashSet<string> seen = new(StringComparer.Ordinal);
            while (reader.NextProperty(seen, out string name))
            {
                switch (name)
                {
                    case "content":
                        content = reader.GetString("an added token's content");
                        break;
                    case "id":
                        id = reader.GetInt32("an added token's id");
                        break;
                    case "special":
                        special = reader.GetBoolean("an added token's 'special'");
                        break;
                    case "lstrip" or "rstrip" or "single_word":
                        RefuseTrue(ref reader, $"an added token with '{name}'");
                        break;
                    default:
                        reader.Skip();
                        break;
                }
            }

            if (content is null || id is not { } given)
            {
                throw place.Error("an added token lacks its 'content' or 'id'");
            }

            draft.AddAddedToken(content, given, special, place);
        }
    }

    private static void RefuseNormalizer(ref JsonFileReader reader)
    {
        if (!reader.IsNull)
        {
            FilePlace place = reader.Place;
            throw place.Error($"normalizer '{ReadType(ref reader, "the normalizer")}' is not supported");
        }
    }

    private static void CheckPreTokenizer(ref JsonFileReader reader)
    {
        FilePlace place = reader.Place;
        string type = reader.IsNull ? "null" : ReadType(ref reader, "the pre-tokenizer");
        if (type != "ByteLevel")
        {
            throw place.Error($"pre-tokenizer '{type}' is not supported; 'ByteLevel' is");
        }
    }

    /// <summary>
    /// Reads to the end of an object that describes a part; gives its type and refuses what ByteLevel could do differently.
    /// </summary>
    private static string ReadType(ref JsonFileReader reader, string what)
    {
        reader.EnterObject(what);
        string type = "without a type";
        HashSet<string> seen = new(StringComparer.Ordinal);
        while (reader.NextProperty(seen, out string name))
        {
            switch (name)
            {
                case "type":
                    type = reader.GetString($"the type of {what}");
                    break;
                case "add_prefix_space":
                    RefuseTrue(ref reader, $"{what} with 'add_prefix_space'");
                    break;
                case "use_regex" when !reader.GetBoolean(name):
                    throw reader.Place.Error($"{what} without 'use_regex' is not supported");
                default:
                    reader.Skip();
                    break;
            }
        }

        return type;
    }

    private static void RefuseTrue(ref JsonFileReader reader, string what)
    {
        if (!reader.IsNull && reader.GetBoolean(what))
        {
            throw reader.Place.Error($"{what} is not supported");
        }
    }
}
