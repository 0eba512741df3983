using TinyGpt.Text;

namespace TinyGpt.Import.Tokenizers;

/// <summary>
/// Reads <c>tokenizer.json</c> where it holds byte-pair encoding as the GPT family's models use it: byte-level, SentencePiece's or GPT-1's.
/// Whatever would make other tokens of a text, or another text of tokens, is refused by name.
/// </summary>
internal static class TokenizerJsonFile
{
    /// <summary>Reads the file into a draft.</summary>
    internal static void Read(ReadOnlySpan<byte> content, string file, VocabularyDraft draft)
    {
        TokenizerJsonModel? model = null;
        TokenizerPart normalizer = TokenizerPart.Missing("normalizer", file);
        TokenizerPart? splitter = null;
        TokenizerPart postProcessor = TokenizerPart.Missing("post-processor", file);
        TokenizerPart decoder = TokenizerPart.Missing("decoder", file);
        try
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
                        normalizer = TokenizerPart.Read(ref reader, "normalizer", "normalizers");
                        TokenizerJsonNormalizer.Read(normalizer); // so that what is not supported is refused before a vocabulary is read
                        break;
                    case "pre_tokenizer":
                        splitter = TokenizerPart.Read(ref reader, "pre-tokenizer", "pretokenizers");
                        TokenizerJsonSplitting.Read(splitter);
                        break;
                    case "post_processor":
                        postProcessor = TokenizerPart.Read(ref reader, "post-processor", "processors");
                        break;
                    case "decoder":
                        decoder = TokenizerPart.Read(ref reader, "decoder", "decoders");
                        break;
                    case "model":
                        model = TokenizerJsonModel.Read(ref reader, draft);
                        break;
                    default:
                        reader.Skip();
                        break;
                }
            }

            reader.End();
            if (model is null || splitter is null)
            {
                throw new ModelFormatException(file, $"there is no '{(model is null ? "model" : "pre_tokenizer")}'");
            }

            ApplyRules(model, TokenizerJsonNormalizer.Read(normalizer), normalizer, TokenizerJsonSplitting.Read(splitter), splitter, draft);
            TokenizerJsonDecoder.Check(decoder, draft.Rules);
            ApplyBeginOfText(TokenizerJsonPostProcessor.ReadBeginOfText(postProcessor), postProcessor.Place, draft);
        }
        finally
        {
            normalizer.Dispose();
            splitter?.Dispose();
            postProcessor.Dispose();
            decoder.Dispose();
        }
    }

    /// <summary>Decides which kind of tokenizer the parts make together.</summary>
    private static void ApplyRules(
        TokenizerJsonModel model,
        TokenizerJsonNormalizer normalizer,
        TokenizerPart normalizerPart,
        TokenizerJsonSplitting splitting,
        TokenizerPart splitter,
        VocabularyDraft draft)
    {
        TokenizerKind kind = splitting.Kind ?? (normalizer.WritesSpaces ? TokenizerKind.SentencePiece : throw splitter.NotSupported(0));
        bool wantsSpaces = kind == TokenizerKind.SentencePiece && splitting.Kind is null;
        TextNormalization possible = kind switch
        {
            TokenizerKind.ByteLevel => TextNormalization.Compose | TextNormalization.Lowercase,
            TokenizerKind.SentencePiece => TextNormalization.None,
            _ => normalizer.Steps,
        };
        if ((normalizer.Steps & ~possible) != 0 || normalizer.WritesSpaces != wantsSpaces || (normalizer.Prepends && !wantsSpaces))
        {
            throw normalizerPart.CombinationNotSupported();
        }

        string? problem = model.MarksWordEnds != (kind == TokenizerKind.Words)
                ? $"'end_of_word_suffix' {(model.MarksWordEnds ? "without" : "missing for")} pre-tokenizer 'BertPreTokenizer'"
            : model.FallsBackToBytes && kind != TokenizerKind.SentencePiece ? $"'byte_fallback' with pre-tokenizer '{splitter.Types[^1]}'"
            : model.IgnoresMerges && kind != TokenizerKind.ByteLevel ? "'ignore_merges' without pre-tokenizer 'ByteLevel'"
            : kind == TokenizerKind.SentencePiece && !model.FusesUnknown && !model.FallsBackToBytes ? "a tokenizer without 'byte_fallback' or 'fuse_unk'"
            : null;
        if (problem is not null)
        {
            throw model.Place.Error($"{problem} is not supported");
        }

        draft.Spelling = kind == TokenizerKind.ByteLevel ? TokenSpelling.Bytes
            : kind == TokenizerKind.Words ? TokenSpelling.Words
            : model.FallsBackToBytes ? TokenSpelling.PiecesAndBytes
            : TokenSpelling.Pieces;
        draft.PrefixesNormalizedTokens = normalizer.Prepends;
        draft.Rules = new TokenizerRules
        {
            Kind = kind,
            Splitting = splitting.Splitting,
            Normalization = normalizer.Steps,
            PrefixSpace = normalizer.Prepends ? PrefixSpace.Always : splitting.PrefixSpace,
            PrefixAfterAddedTokens = normalizer.Prepends || splitting.PrefixAfterAddedTokens,
            WholePiecesFirst = model.IgnoresMerges,
            Unknown = kind == TokenizerKind.ByteLevel || model.UnknownToken is not { } unknown ? null : draft.FindId(unknown),
        };
    }

    private static void ApplyBeginOfText(string? begin, FilePlace place, VocabularyDraft draft)
    {
        if (begin is not null)
        {
            int id = draft.FindId(begin) ?? throw place.Error($"the post-processor needs the token '{begin}', which the vocabulary does not have");
            draft.Rules = draft.Rules with { BeginOfText = id };
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
            bool normalized = false;
            AddedTokenTraits traits = AddedTokenTraits.None;
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
                    case "normalized":
                        normalized = reader.GetBoolean("an added token's 'normalized'");
                        break;
                    case "lstrip":
                        traits |= reader.GetBoolean("an added token's 'lstrip'") ? AddedTokenTraits.StripsLeft : 0;
                        break;
                    case "rstrip":
                        traits |= reader.GetBoolean("an added token's 'rstrip'") ? AddedTokenTraits.StripsRight : 0;
                        break;
                    case "single_word" when reader.GetBoolean("an added token's 'single_word'"):
                        throw reader.Place.Error("an added token with 'single_word' is not supported");
                    default:
                        reader.Skip();
                        break;
                }
            }

            if (content is null || id is not { } given)
            {
                throw place.Error("an added token lacks its 'content' or 'id'");
            }

            draft.AddAddedToken(given, new DraftToken(content, special, place, traits, normalized));
        }
    }
}
