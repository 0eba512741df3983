using TinyGpt.BadInput.Tests.Cases;
using TinyGpt.Import.Tests.Gguf;

namespace TinyGpt.BadInput.Tests.Gguf;

/// <summary>A GGUF file that is right as a file, and whose metadata and tensors do not make a model.</summary>
internal static class GgufModelCases
{
    private const int Width = 8;
    private const int Hidden = 12;
    private const int Vocabulary = 5;

    public static readonly InputFiles Valid = InputFiles.File(GgufCases.Name, Model().Build());

    public static readonly BadCase[] All =
    [
        new("an end of turn after the vocabulary", "eot_token_id is 5", Number("tokenizer.ggml.eot_token_id", 5)),
        new("an end of a message after the vocabulary", "the number 4000000000", Draft(draft => draft.Set("tokenizer.ggml.eom_token_id", 10, BitConverter.GetBytes(4_000_000_000L)))),
        new("a head of another size in the embedding's place", "calls for [8, 1]", Draft(draft => draft.Change(
            "token_embd.weight", tensor => tensor with { Name = "output.weight", Sizes = [40, 1] }))),
        new("no architecture", "'general.architecture' is missing", Draft(draft => draft.Remove("general.architecture"))),
        new("another architecture", "is 'mamba', which is not supported (supported: gpt2", Text("general.architecture", "mamba")),
        new("an architecture that is a number", "must be text", Number("general.architecture", 1)),
        new("an architecture of two megabytes", "bytes of text, and at most", Text("general.architecture", new string('a', 2 << 20))),
        new("an adapter", "only whole models", Text("general.type", "adapter")),
        new("a part of a model", "merge them first", Number("split.count", 2)),
        new("experts", "experts are not supported", Number("llama.expert_count", 4)),
        new("no width", "'llama.embedding_length' is missing", Draft(draft => draft.Remove("llama.embedding_length"))),
        new("no context", "'llama.context_length' is missing", Draft(draft => draft.Remove("llama.context_length"))),
        new("no epsilon", "rms_epsilon' is missing", Draft(draft => draft.Remove("llama.attention.layer_norm_rms_epsilon"))),
        new("a width of zero", "width 0", Number("llama.embedding_length", 0)),
        new("a width of 2^31 - 1", "width 2147483647", Number("llama.embedding_length", int.MaxValue)),
        new("a width of 2^32 - 1", "the number 4294967295", Number("llama.embedding_length", uint.MaxValue)),
        new("a width below zero", "width -8", Draft(draft => draft.Set("llama.embedding_length", 5, BitConverter.GetBytes(-8)))),
        new("a width that the tensors do not have", "calls for [16, 5]", Number("llama.embedding_length", 16)),
        new("a width that is an array", "is an array of Int32", Draft(draft => draft.Int32s("llama.embedding_length", 8))),
        new("a width that is a float", "must be a whole number", Draft(draft => draft.Float32("llama.embedding_length", 8))),
        new("a width of eight bytes beyond 2^32", "the number 4294967304", Draft(draft => draft.Set("llama.embedding_length", 10, BitConverter.GetBytes((1UL << 32) + 8)))),
        new("no layers", "layers 0", Number("llama.block_count", 0)),
        new("a layer too many", "'blk.1.attn_norm.weight' is missing", Number("llama.block_count", 2)),
        new("as many layers as may be", "'blk.1.attn_norm.weight' is missing", Number("llama.block_count", 1024)),
        new("no heads", "heads 0", Number("llama.attention.head_count", 0)),
        new("heads that do not divide the width", "no multiple of heads 3", Number("llama.attention.head_count", 3)),
        new("as many heads as there are features", "is not an even number", Number("llama.attention.head_count", 8)),
        new("key heads that do not divide the heads", "keyValueHeads 3", Number("llama.attention.head_count_kv", 3)),
        new("no key heads", "keyValueHeads 0", Number("llama.attention.head_count_kv", 0)),
        new("a head size of zero", "values of 4 channels", Number("llama.attention.key_length", 0)),
        new("heads of 4096 channels that the tensors do not have", "calls for [8, 8192]", Draft(draft => draft
            .UInt32("llama.attention.key_length", 4096).UInt32("llama.attention.value_length", 4096))),
        new("keys and values of different sizes", "and values of 4 channels", Number("llama.attention.key_length", 6)),
        new("an odd number of rotated channels", "is not an even number", Number("llama.rope.dimension_count", 3)),
        new("more rotated channels than a head has", "is not an even number", Number("llama.rope.dimension_count", 6)),
        new("a rotary base of zero", "rotary.base 0", Float("llama.rope.freq_base", 0)),
        new("a rotary base that is no number", "rotary.base NaN", Float("llama.rope.freq_base", float.NaN)),
        new("an unknown rope scaling", "rope scaling 'yarn'", Text("llama.rope.scaling.type", "yarn")),
        new("a scaling by infinity", "rotary.scaling.factor", Float("llama.rope.scaling.factor", float.PositiveInfinity)),
        new("an epsilon of zero", "normEpsilon 0", Float("llama.attention.layer_norm_rms_epsilon", 0)),
        new("an epsilon that is no number", "normEpsilon NaN", Float("llama.attention.layer_norm_rms_epsilon", float.NaN)),
        new("a score scale below zero", "scoreScale -1", Float("llama.attention.scale", -1)),
        new("a logit scale", "'llama.logit_scale' is 2", Float("llama.logit_scale", 2)),
        new("a feed-forward width that the tensors do not have", "calls for [8, 13]", Number("llama.feed_forward_length", 13)),
        new("a feed-forward width beyond what is accepted", "feedForwardWidth 131073", Number("llama.feed_forward_length", 131073)),
        new("a context of no positions", "contextLength 0", Number("llama.context_length", 0)),
        new("a context beyond what is accepted", "contextLength 1048577", Number("llama.context_length", 1048577)),
        new("an end of text outside the vocabulary", "endOfTextToken 5", Number("tokenizer.ggml.eos_token_id", 5)),
        new("no token embedding", "'token_embd.weight' is missing", Without("token_embd.weight")),
        new("a missing tensor", "'blk.0.ffn_gate.weight' is missing", Without("blk.0.ffn_gate.weight")),
        new("a tensor that has no place", "'x' has no place", Draft(draft => draft.Tensor("x", [1], 1))),
        new("a bias of queries alone", "'blk.0.attn_k.bias' is missing", Draft(draft => draft.Tensor("blk.0.attn_q.bias", new float[Width], Width))),
        new("a tensor transposed", "has shape [12, 8]", Change("blk.0.ffn_gate.weight", tensor => tensor with { Sizes = [Hidden, Width] })),
        new("a vector with a dimension too many", "has shape [8, 1]", Change("output_norm.weight", tensor => tensor with { Sizes = [Width, 1] })),
        new("a head of another vocabulary", "calls for [8, 5]", Draft(draft => draft.Tensor("output.weight", new float[Width * 6], Width, 6))),
        new("rotary factors of another scaling", "llama3, the only such scaling", Draft(draft => draft.Tensor("rope_freqs.weight", [2, 1], 2))),
        new("a weight that is no number", "blk.0.ffn_down.weight", Value("blk.0.ffn_down.weight", float.NaN)),
        new("an infinite weight", "token_embd.weight", Value("token_embd.weight", float.NegativeInfinity)),
        new("a gain beyond what is accepted", "output_norm.weight", Value("output_norm.weight", 1e19f)),
        new("a scale of infinity", "blk.0.attn_q.weight", Change("blk.0.attn_q.weight", tensor => tensor with { Type = GgufDraft.F16, Data = [.. new byte[126], 0x00, 0x7C] })),
        new("an unknown kind of tokenizer", "'bert' is not supported", Text("tokenizer.ggml.model", "bert")),
        new("a kind of tokenizer that is a number", "must be text", Number("tokenizer.ggml.model", 1)),
        new("no tokens", "'tokenizer.ggml.tokens' is missing", Draft(draft => draft.Remove("tokenizer.ggml.tokens"))),
        new("tokens that are numbers", "must be an array of texts", Draft(draft => draft.Int32s("tokenizer.ggml.tokens", 1, 2, 3, 4, 5))),
        new("more tokens than the model has", "but the model only", Draft(draft => WithTokens(draft, "<unk>", "<s>", "</s>", "a", "b", "c"))),
        new("a token twice", "twice", Draft(draft => WithTokens(draft, "<unk>", "<s>", "</s>", "a", "a"))),
        new("a token longer than is accepted", "bytes of text, and at most 2048", Draft(draft => WithTokens(draft, "<unk>", "<s>", "</s>", "a", new string('b', 2049)))),
        new("a token that is not UTF-8", "not valid UTF-8", Draft(draft => draft.Array("tokenizer.ggml.tokens", 8, 1, [1, 0, 0, 0, 0, 0, 0, 0, 0xFF]))),
        new("a million tokens and more", "at most 1048576", Draft(draft => draft.Array("tokenizer.ggml.tokens", 8, 1048577, new byte[8 * 1048577]))),
        new("no scores", "scores is missing", Draft(draft => draft.Remove("tokenizer.ggml.scores"))),
        new("a score too few", "scores has 4 entries", Draft(draft => draft.Float32s("tokenizer.ggml.scores", 0, 0, 0, 0))),
        new("scores that are texts", "must be an array of floating-point numbers", Draft(draft => draft.Texts("tokenizer.ggml.scores", "0", "0", "0", "0", "0"))),
        new("a score that is no number", "the score of token 3 is not finite", Draft(draft => draft.Float32s("tokenizer.ggml.scores", 0, 0, 0, float.NaN, 0))),
        new("a type of token too many", "token_type has 6 entries", Draft(draft => draft.Int32s("tokenizer.ggml.token_type", 2, 3, 3, 1, 1, 1))),
        new("a type of token that does not exist", "has type 77", Draft(draft => draft.Int32s("tokenizer.ggml.token_type", 2, 3, 3, 77, 1))),
        new("a beginning of text outside the vocabulary", "bos_token_id is 5", Number("tokenizer.ggml.bos_token_id", 5)),
        new("a beginning of text that is text", "must be a whole number", Text("tokenizer.ggml.bos_token_id", "1")),
        new("a flag that is a number", "must be true or false", Number("tokenizer.ggml.add_bos_token", 1)),
        new("a tokenizer like GPT-2's without its merges", "merges is missing", Draft(draft => draft
            .Text("tokenizer.ggml.model", "gpt2").Text("tokenizer.ggml.pre", "gpt-2"))),
        new("a tokenizer like GPT-2's that does not say how it splits", "pre is missing", Text("tokenizer.ggml.model", "gpt2")),
        new("a merge of one token", "a merge is not two tokens", Draft(draft => draft
            .Text("tokenizer.ggml.model", "gpt2").Text("tokenizer.ggml.pre", "gpt-2").Texts("tokenizer.ggml.merges", "ab"))),
    ];

    /// <summary>A Llama of one layer, two heads of four channels, and one head of keys.</summary>
    private static GgufDraft Model()
    {
        GgufDraft draft = new GgufDraft().Text("general.architecture", "llama").UInt32("llama.context_length", 9)
            .UInt32("llama.embedding_length", Width).UInt32("llama.block_count", 1).UInt32("llama.feed_forward_length", Hidden)
            .UInt32("llama.attention.head_count", 2).UInt32("llama.attention.head_count_kv", 1)
            .Float32("llama.attention.layer_norm_rms_epsilon", 1e-5f).Text("tokenizer.ggml.model", "llama")
            .Int32s("tokenizer.ggml.token_type", 2, 3, 3, 1, 1).UInt32("tokenizer.ggml.bos_token_id", 1);
        WithTokens(draft, "<unk>", "<s>", "</s>", "a", "b");
        Add("token_embd.weight", Width, Vocabulary);
        Add("blk.0.attn_norm.weight", Width);
        Add("blk.0.attn_q.weight", Width, Width);
        Add("blk.0.attn_k.weight", Width, Width / 2);
        Add("blk.0.attn_v.weight", Width, Width / 2);
        Add("blk.0.attn_output.weight", Width, Width);
        Add("blk.0.ffn_norm.weight", Width);
        Add("blk.0.ffn_gate.weight", Width, Hidden);
        Add("blk.0.ffn_up.weight", Width, Hidden);
        Add("blk.0.ffn_down.weight", Hidden, Width);
        Add("output_norm.weight", Width);
        return draft;

        void Add(string name, params int[] sizes)
        {
            int count = sizes.Aggregate(1, (product, size) => product * size);
            float[] values = [.. Enumerable.Range(0, count).Select(i => (((i * 37) % 101) - 50) / 100f)];
            draft.Tensor(name, values, [.. sizes.Select(size => (ulong)size)]);
        }
    }

    private static void WithTokens(GgufDraft draft, params string[] tokens)
    {
        draft.Texts("tokenizer.ggml.tokens", tokens);
        draft.Float32s("tokenizer.ggml.scores", new float[tokens.Length]);
        if (tokens.Length != Vocabulary)
        {
            draft.Int32s("tokenizer.ggml.token_type", [2, 3, 3, .. Enumerable.Repeat(1, tokens.Length - 3)]);
        }
    }

    private static Func<InputFiles> Draft(Action<GgufDraft> change) => () =>
    {
        GgufDraft draft = Model();
        change(draft);
        return InputFiles.File(GgufCases.Name, draft.Build());
    };

    private static Func<InputFiles> Text(string key, string value) => Draft(draft => draft.Text(key, value));

    private static Func<InputFiles> Number(string key, uint value) => Draft(draft => draft.UInt32(key, value));

    private static Func<InputFiles> Float(string key, float value) => Draft(draft => draft.Float32(key, value));

    private static Func<InputFiles> Without(string name) => Draft(draft => draft.Tensors.RemoveAll(tensor => tensor.Name == name));

    private static Func<InputFiles> Change(string name, Func<GgufDraftTensor, GgufDraftTensor> change) => Draft(draft => draft.Change(name, change));

    private static Func<InputFiles> Value(string name, float value) =>
        Change(name, tensor => tensor with { Data = [.. BitConverter.GetBytes(value), .. tensor.Data[sizeof(float)..]] });
}
