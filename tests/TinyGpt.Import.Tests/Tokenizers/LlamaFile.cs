using System.Text.Json;

namespace TinyGpt.Import.Tests.Tokenizers;

/// <summary>A Llama 2 type <c>tokenizer.json</c>, as converters write it from SentencePiece's tokens and scores.</summary>
internal static class LlamaFile
{
    /// <summary>Writes the file: merges are all ways to split a piece into two, best piece first.</summary>
    internal static string Write(IReadOnlyList<string> tokens, IReadOnlyList<float> scores, int firstPiece)
    {
        Dictionary<string, int> ids = tokens.Select((token, id) => (token, id)).ToDictionary(pair => pair.token, pair => pair.id);
        IEnumerable<string[]> merges = Enumerable.Range(firstPiece, tokens.Count - firstPiece)
            .OrderByDescending(id => scores[id])
            .SelectMany(id => Enumerable.Range(1, tokens[id].Length - 1)
                .Select(at => new[] { tokens[id][..at], tokens[id][at..] })
                .Where(pair => pair.All(part => ids.TryGetValue(part, out int found) && found >= firstPiece)));
        return $$"""
            {"version": "1.0",
             "added_tokens": [{"id": 0, "content": "<unk>", "special": true, "normalized": false},
                              {"id": 1, "content": "<s>", "special": true, "normalized": false},
                              {"id": 2, "content": "</s>", "special": true, "normalized": false}],
             "normalizer": {"type": "Sequence", "normalizers": [{"type": "Prepend", "prepend": "▁"},
                            {"type": "Replace", "pattern": {"String": " "}, "content": "▁"}]},
             "pre_tokenizer": null,
             "post_processor": {"type": "TemplateProcessing",
                "single": [{"SpecialToken": {"id": "<s>", "type_id": 0} }, {"Sequence": {"id": "A", "type_id": 0} }],
                "pair": [], "special_tokens": {"<s>": {"id": "<s>", "ids": [1], "tokens": ["<s>"]} } },
             "decoder": {"type": "Sequence", "decoders": [{"type": "Replace", "pattern": {"String": "▁"}, "content": " "},
                         {"type": "ByteFallback"}, {"type": "Fuse"}, {"type": "Strip", "content": " ", "start": 1, "stop": 0}]},
             "model": {"type": "BPE", "dropout": null, "unk_token": "<unk>", "continuing_subword_prefix": null, "end_of_word_suffix": null,
                       "fuse_unk": true, "byte_fallback": true, "vocab": {{JsonSerializer.Serialize(ids)}}, "merges": {{JsonSerializer.Serialize(merges)}} } }
            """;
    }
}
