using TinyGpt.Kernels;
using Xunit;
using static TinyGpt.Import.Tests.Gguf.TinyGguf;

namespace TinyGpt.Import.Tests.Gguf;

/// <summary>Where the numbers of a GGUF file end up, and which models are refused.</summary>
public sealed class GgufModelTests
{
    [Theory]
    [InlineData("llama")]
    [InlineData("qwen2")]
    [InlineData("qwen3")]
    public void Tied_weights_may_have_the_name_of_the_head(string architecture)
    {
        using TemporaryFolder folder = new();
        GgufDraft draft = TinyGguf.Rotary(architecture);
        using TgptFile expected = Packer.PackInMemory(folder.Write("a.gguf", draft.Build()), cancellation: TestContext.Current.CancellationToken);
        draft.Change("token_embd.weight", tensor => tensor with { Name = "output.weight" });
        using TgptFile actual = Packer.PackInMemory(folder.Write("b.gguf", draft.Build()), cancellation: TestContext.Current.CancellationToken);

        Assert.Equal(expected.ContentHash, actual.ContentHash);
    }

    [Fact]
    public void The_configuration_is_that_of_the_metadata()
    {
        ModelConfig llama = ConfigOf(Rotary("llama"));
        Assert.Equal(
            new ModelConfig
            {
                Architecture = "llama",
                VocabularySize = Vocabulary,
                ContextLength = Context,
                Width = Width,
                Layers = Layers,
                Heads = Heads,
                KeyValueHeads = KeyValueHeads,
                HeadSize = HeadSize,
                FeedForwardWidth = FeedForward,
                NormEpsilon = 1e-6f,
                Norm = NormKind.RmsNorm,
                Activation = Activation.Silu,
                Gated = true,
                QueryKeyValueBias = false,
                AttentionOutputBias = false,
                FeedForwardBias = false,
                TiedHead = true,
                EndOfTextToken = 6,
                Rotary = new RotaryPositions(500000, HeadSize),
            },
            llama);
        Assert.Equal(llama with { Architecture = "qwen2", QueryKeyValueBias = true }, ConfigOf(Rotary("qwen2")));
        Assert.Equal(llama with { Architecture = "qwen3", QueryKeyNorm = true }, ConfigOf(Rotary("qwen3")));
        Assert.Equal(
            new ModelConfig
            {
                Architecture = "gpt2",
                VocabularySize = Vocabulary,
                ContextLength = Context,
                Width = Width,
                Layers = Layers,
                Heads = Heads,
                FeedForwardWidth = FeedForward,
                NormEpsilon = 1e-5f,
                Activation = Activation.GeluTanh,
                TiedHead = false,
            },
            ConfigOf(Gpt2()));
    }

    [Fact]
    public void What_the_metadata_leaves_out_has_its_usual_value()
    {
        GgufDraft draft = Rotary("llama").UInt32("llama.attention.head_count", 2).Remove("llama.attention.head_count_kv")
            .Remove("llama.attention.key_length").Remove("llama.attention.value_length").Remove("llama.rope.freq_base")
            .Remove("tokenizer.ggml.eos_token_id");
        for (int layer = 0; layer < Layers; layer++)
        {
            foreach (string part in new[] { "attn_q", "attn_k", "attn_v", "attn_output" })
            {
                draft.Change($"blk.{layer}.{part}.weight", tensor => tensor with { Sizes = [Width, Width], Data = new byte[Width * Width * 4] });
            }
        }

        ModelConfig config = ConfigOf(draft);
        Assert.Equal((2, 16), (config.KeyValueHeads, config.HeadSize));
        Assert.Equal(new RotaryPositions(10000, 16), config.Rotary);
        Assert.Null(config.EndOfTextToken);
    }

    /// <summary>
    /// Query, key and value rows head by head, 12 of 16; channels 2i and 2i + 1 of a packed query or key are i and i + 6 of one that is
    /// rotated by halves, and the same channels in Llama's files.
    /// </summary>
    [Theory]
    [InlineData("llama", false)]
    [InlineData("qwen2", true)]
    [InlineData("qwen3", true)]
    public void Heads_lie_as_the_packed_form_has_them(string architecture, bool halves)
    {
        using TgptFile file = Pack(Rotary(architecture));
        TensorShape weights = Shape(file, "blocks.1.query_key_value");
        Assert.Equal((Heads + (2 * KeyValueHeads)) * HeadStride, weights.Rows);
        for (int row = 0; row < weights.Rows; row++)
        {
            int head = row / HeadStride;
            int channel = row % HeadStride;
            (string part, int first) = head < Heads ? ("q", 0) : head < Heads + KeyValueHeads ? ("k", Heads) : ("v", Heads + KeyValueHeads);
            int stored = halves && part != "v" ? (channel % 2 == 0 ? channel / 2 : (HeadSize / 2) + (channel / 2)) : channel;
            int source = ((head - first) * HeadSize) + stored;
            for (int column = 0; column < Width; column++)
            {
                float expected = channel < HeadSize ? Value($"blk.1.attn_{part}.weight", source, column, Width) : 0;
                AssertNear(expected, PackedReader.Number(file, weights, row, column));
            }

            if (architecture == "qwen2")
            {
                float expected = channel < HeadSize ? Value($"blk.1.attn_{part}.bias", source) : 0;
                Assert.Equal(expected, PackedReader.Number(file, Shape(file, "blocks.1.query_key_value.bias"), 0, row));
            }
        }

        if (architecture == "qwen3")
        {
            for (int channel = 0; channel < HeadSize; channel++)
            {
                int stored = channel % 2 == 0 ? channel / 2 : (HeadSize / 2) + (channel / 2);
                Assert.Equal(Value("blk.0.attn_q_norm.weight", stored), PackedReader.Number(file, Shape(file, "blocks.0.query_norm.gain"), 0, channel));
                Assert.Equal(Value("blk.0.attn_k_norm.weight", stored), PackedReader.Number(file, Shape(file, "blocks.0.key_norm.gain"), 0, channel));
            }
        }

        TensorShape output = Shape(file, "blocks.0.attention_output");
        for (int column = 0; column < output.Columns; column++)
        {
            int channel = column % HeadStride;
            float expected = channel < HeadSize
                ? Value("blk.0.attn_output.weight", 5, (column / HeadStride * HeadSize) + channel, Heads * HeadSize)
                : 0;
            AssertNear(expected, PackedReader.Number(file, output, 5, column));
        }
    }

    [Fact]
    public void Rows_of_the_gate_and_of_what_it_opens_take_turns_by_16()
    {
        GgufDraft draft = Rotary("llama");
        for (int layer = 0; layer < Layers; layer++)
        {
            Add(draft, $"blk.{layer}.ffn_gate.bias", FeedForward);
            Add(draft, $"blk.{layer}.ffn_up.bias", FeedForward);
            Add(draft, $"blk.{layer}.ffn_down.bias", Width);
        }

        using TgptFile file = Pack(draft);
        TensorShape shape = Shape(file, "blocks.0.feed_forward_in");
        Assert.Equal(96, shape.Rows);
        for (int row = 0; row < shape.Rows; row++)
        {
            string part = row / 16 % 2 == 0 ? "ffn_gate" : "ffn_up";
            int source = (row / 32 * 16) + (row % 16);
            AssertNear(
                source < FeedForward ? Value($"blk.0.{part}.weight", source, 3, Width) : 0,
                PackedReader.Number(file, shape, row, 3));
            Assert.Equal(
                source < FeedForward ? Value($"blk.0.{part}.bias", source) : 0,
                PackedReader.Number(file, Shape(file, "blocks.0.feed_forward_in.bias"), 0, row));
        }

        AssertNear(Value("blk.1.ffn_down.weight", 9, 37, FeedForward), PackedReader.Number(file, Shape(file, "blocks.1.feed_forward_out"), 9, 37));
        Assert.Equal(Value("blk.1.ffn_down.bias", 31), PackedReader.Number(file, Shape(file, "blocks.1.feed_forward_out.bias"), 0, 31));
        Assert.Equal(Value("output_norm.weight", 31), PackedReader.Number(file, Shape(file, "final_norm.gain"), 0, 31));
        AssertNear(Value("token_embd.weight", 6, 2, Width), PackedReader.Number(file, Shape(file, "token_embedding"), 6, 2));
    }

    [Fact]
    public void GPT2_has_its_queries_keys_and_values_in_one_tensor()
    {
        using TgptFile file = Pack(Gpt2());
        TensorShape shape = Shape(file, "blocks.1.query_key_value");
        for (int row = 0; row < shape.Rows; row++)
        {
            int channel = row % 16;
            int source = (row / 16 * 8) + channel;
            AssertNear(channel < 8 ? Value("blk.1.attn_qkv.weight", source, 7, Width) : 0, PackedReader.Number(file, shape, row, 7));
            Assert.Equal(
                channel < 8 ? Value("blk.1.attn_qkv.bias", source) : 0,
                PackedReader.Number(file, Shape(file, "blocks.1.query_key_value.bias"), 0, row));
        }

        AssertNear(Value("blk.0.ffn_up.weight", 39, 1, Width), PackedReader.Number(file, Shape(file, "blocks.0.feed_forward_in"), 39, 1));
        Assert.Equal(Value("blk.0.ffn_up.bias", 39), PackedReader.Number(file, Shape(file, "blocks.0.feed_forward_in.bias"), 0, 39));
        AssertNear(Value("output.weight", 3, 1, Width), PackedReader.Number(file, Shape(file, "head"), 3, 1));
        Assert.Equal(Value("position_embd.weight", 8, 1, Width), PackedReader.Number(file, Shape(file, "position_embedding"), 8, 1));
        Assert.Equal(Value("output_norm.bias", 4), PackedReader.Number(file, Shape(file, "final_norm.bias"), 0, 4));
    }

    [Fact]
    public void Quantized_tensors_are_dequantized()
    {
        int[] quantized = [.. Enumerable.Range(0, Width).Select(i => (i * 8) - 124)];
        byte[] row = BlockWriter.Q80((Half)0.01f, quantized);
        GgufDraft draft = Rotary("llama").Change(
            "token_embd.weight", tensor => tensor with { Type = GgufDraft.Q80, Data = [.. Enumerable.Repeat(row, Vocabulary).SelectMany(x => x)] });
        using TgptFile file = Pack(draft);
        for (int column = 0; column < Width; column++)
        {
            AssertNear((float)(Half)0.01f * quantized[column], PackedReader.Number(file, Shape(file, "token_embedding"), 6, column));
        }
    }

    [Fact]
    public void A_file_packs_to_the_same_model_as_in_memory()
    {
        using TemporaryFolder folder = new();
        string source = folder.Write("x.gguf", Rotary("qwen3").Build());
        Packer.Pack(source, folder.At("x.tgpt"), new PackOptions { Compress = false });
        using TgptFile packed = TgptFile.Open(folder.At("x.tgpt"));
        using TgptFile inMemory = ModelSource.LoadAny(source);
        Assert.Equal(inMemory.Config, packed.Config);
        Assert.Equal(inMemory.Info.ContentHash, packed.Info.ContentHash);
        Assert.Equal(packed.Config, ModelSource.ReadConfig(source));
    }

    [Fact]
    public void What_is_in_a_file_is_told_without_packing_it()
    {
        using TemporaryFolder folder = new();
        SourceInfo info = ModelSource.ReadInfo(folder.Write("x.gguf", Gpt2().Build()));
        Assert.Equal(ConfigOf(Gpt2()), info.Config);
        Assert.Equal(Gpt2().Tensors.Count, info.Tensors.Count);
        SourceTensor tensor = info.Tensors[0];
        Assert.Equal(("blk.0.attn_norm.bias", "F32", 4L * Width), (tensor.Name, tensor.Type, tensor.Bytes));
        Assert.Equal([Width], tensor.Shape);
    }

    [Theory]
    [InlineData("general.architecture", "gemma3", "is 'gemma3', which is not supported (supported: gpt2, llama, qwen2, qwen3)")]
    [InlineData("general.type", "adapter", "only whole models")]
    [InlineData("llama.rope.scaling.type", "yarn", "rope scaling 'yarn', which is not supported")]
    [InlineData("llama.rope.scaling.type", "longrope", "rope scaling 'longrope'")]
    public void A_model_of_another_kind_is_refused_by_name(string key, string value, string words) =>
        Refused(words, Rotary("llama").Text(key, value));

    [Theory]
    [InlineData("llama.expert_count", 8, "'llama.expert_count' is 8: models with experts are not supported")]
    [InlineData("split.count", 2, "'split.count' is 2: models in several files")]
    [InlineData("llama.attention.value_length", 10, "keys of 12 and values of 10 channels")]
    [InlineData("llama.attention.head_count_kv", 3, "keyValueHeads 3 does not divide heads 4")]
    [InlineData("llama.block_count", 3, "'blk.2.attn_norm.weight' is missing")]
    [InlineData("llama.block_count", 1, "'blk.1.attn_k.weight' has no place")]
    [InlineData("llama.embedding_length", 31, "calls for [31, 7]")]
    [InlineData("llama.feed_forward_length", 41, "calls for [32, 41]")]
    [InlineData("llama.rope.dimension_count", 13, "rotary.dimensions 13")]
    [InlineData("tokenizer.ggml.eos_token_id", 7, "endOfTextToken 7")]
    public void A_number_that_does_not_fit_is_refused(string key, int value, string words) =>
        Refused(words, Rotary("llama").UInt32(key, (uint)value));

    [Theory]
    [InlineData("llama.logit_scale", 2f)]
    [InlineData("llama.residual_scale", 0.5f)]
    [InlineData("llama.final_logit_softcapping", 1f)]
    [InlineData("llama.attention.clamp_kqv", 8f)]
    public void A_number_that_changes_the_forward_pass_is_refused(string key, float value)
    {
        Refused($"'{key}' is", Rotary("llama").Float32(key, value));
        ConfigOf(Rotary("llama").Float32(key, 0));
    }

    [Fact]
    public void Flags_that_change_the_forward_pass_are_refused()
    {
        Refused("'llama.attention.causal' is false", Rotary("llama").Bool("llama.attention.causal", false));
        Refused("'llama.use_parallel_residual' is true", Rotary("llama").Bool("llama.use_parallel_residual", true));
    }

    [Fact]
    public void Tensors_must_be_those_of_the_metadata()
    {
        Refused("'lora.weight' has no place in a model of architecture llama", Add(Rotary("llama"), "lora.weight", 1));
        Refused("'blk.0.attn_k.bias' is missing", Add(Rotary("llama"), "blk.0.attn_q.bias", Heads * HeadSize));
        GgufDraft missing = Rotary("llama");
        missing.Tensors.RemoveAll(tensor => tensor.Name == "blk.1.ffn_up.weight");
        Refused("'blk.1.ffn_up.weight' is missing; the metadata calls for it with shape [32, 40]", missing);
        missing.Tensors.RemoveAll(tensor => tensor.Name == "token_embd.weight");
        Refused("'token_embd.weight' is missing", missing);
    }

    [Fact]
    public void A_weight_that_is_no_number_is_refused_when_it_is_packed()
    {
        GgufDraft draft = Rotary("llama");
        draft.Change("blk.1.ffn_up.weight", tensor => tensor with { Data = [.. tensor.Data[..^4], 0, 0, 0xC0, 0x7F] });
        using TemporaryFolder folder = new();
        string path = folder.Write("x.gguf", draft.Build());
        Assert.Contains("blk.1.ffn_up.weight", Assert.Throws<ModelFormatException>(() => ModelSource.LoadAny(path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_sliding_window_is_read_for_llama_and_refused_for_the_others()
    {
        Assert.Equal(new AttentionWindow(5), ConfigOf(Rotary("llama").UInt32("llama.attention.sliding_window", 5)).AttentionWindow);
        Assert.Null(ConfigOf(Rotary("llama").UInt32("llama.attention.sliding_window", Context)).AttentionWindow);
        Refused("a sliding window is not supported for architecture qwen2", Rotary("qwen2").UInt32("qwen2.attention.sliding_window", 5));
    }

    internal static ModelConfig ConfigOf(GgufDraft draft)
    {
        using TemporaryFolder folder = new();
        return ModelSource.ReadConfig(folder.Write("x.gguf", draft.Build()));
    }

    internal static void Refused(string words, GgufDraft draft)
    {
        using TemporaryFolder folder = new();
        string path = folder.Write("x.gguf", draft.Build());
        ModelFormatException failure = Assert.Throws<ModelFormatException>(() => ModelSource.ReadConfig(path));
        Assert.Equal(path, failure.File);
        Assert.Contains(words, failure.Message, StringComparison.Ordinal);
    }

    private static TgptFile Pack(GgufDraft draft)
    {
        using TemporaryFolder folder = new();
        return ModelSource.LoadAny(folder.Write("x.gguf", draft.Build()));
    }

    private static TensorShape Shape(TgptFile file, string name) => ModelTensors.Of(file.Config).Single(tensor => tensor.Name == name);

    /// <summary>Within half a step of int8: numbers are within ±0.5, or ±1.3 in the one test that has others.</summary>
    private static void AssertNear(float expected, float actual) => Assert.Equal(expected, actual, 0.0055);
}
