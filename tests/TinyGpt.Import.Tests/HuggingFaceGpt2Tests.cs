using TinyGpt.Kernels;
using Xunit;

namespace TinyGpt.Import.Tests;

public sealed class HuggingFaceGpt2Tests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("transformer.")]
    [InlineData("")]
    public void Every_weight_ends_up_where_it_belongs(string prefix)
    {
        using TemporaryFolder folder = new TinyCheckpoint(prefix).Write();
        using TgptFile file = Packer.PackInMemory(folder.Name, cancellation: Cancellation);
        Assert.Equal((7, 5, 24, 2, 2, 30, 6), (file.Config.VocabularySize, file.Config.ContextLength, file.Config.Width, file.Config.Layers,
            file.Config.Heads, file.Config.FeedForwardWidth, file.Config.EndOfTextToken));
        Assert.Equal((1e-5f, Activation.GeluTanh, false), (file.Config.NormEpsilon, file.Config.Activation, file.Config.TiedHead));
        foreach (TensorShape shape in ModelTensors.Of(file.Config))
        {
            for (int row = 0; row < shape.Rows; row++)
            {
                for (int column = 0; column < shape.Columns; column++)
                {
                    float expected = Expected(shape.Name, row, column);
                    float tolerance = shape.Kind == TensorKind.Panels ? 0.5f / 127 / 2 * 1.001f : 0;
                    float found = PackedReader.Number(file, shape, row, column);
                    Assert.True(Math.Abs(found - expected) <= tolerance, $"{shape.Name} ({row}, {column}): {found} for {expected}");
                }
            }
        }
    }

    [Fact]
    public void A_file_a_folder_and_shards_pack_alike()
    {
        TinyCheckpoint checkpoint = new();
        using TemporaryFolder whole = checkpoint.Write();
        using TemporaryFolder shards = checkpoint.Write();
        File.Delete(shards.At("model.safetensors"));
        bool InFirst(string name) => name.Contains("h.0", StringComparison.Ordinal);
        shards.Write("a.safetensors", checkpoint.Build(InFirst));
        shards.Write("b.safetensors", checkpoint.Build(name => !InFirst(name)));
        IEnumerable<string> map = checkpoint.Tensors.Keys.Select(name => $"\"{name}\":\"{(InFirst(name) ? "a" : "b")}.safetensors\"");
        shards.Write("model.safetensors.index.json", $"{{\"weight_map\":{{{string.Join(',', map)}}}}}");

        using TgptFile folder = ModelSource.LoadAny(whole.Name, cancellation: Cancellation);
        using TgptFile direct = ModelSource.LoadAny(whole.At("model.safetensors"), cancellation: Cancellation);
        using TgptFile sharded = ModelSource.LoadAny(shards.Name, cancellation: Cancellation);
        Assert.True(folder.ContentHash.SequenceEqual(direct.ContentHash));
        Assert.True(folder.ContentHash.SequenceEqual(sharded.ContentHash));
    }

    [Fact]
    public void Masks_are_ignored_whatever_their_type()
    {
        using TemporaryFolder folder = new();
        folder.Write("config.json", TinyCheckpoint.Config);
        SafetensorsBuilder builder = new SafetensorsBuilder().Add("h.0.attn.bias", "BOOL", new byte[25], 1, 1, 5, 5)
            .Add("h.1.attn.masked_bias", [-10000]);
        foreach ((string name, (float[] values, long[] shape)) in new TinyCheckpoint("").Tensors)
        {
            builder.Add(name, values, shape);
        }

        folder.Write("model.safetensors", builder.Build());
        using TgptFile file = Packer.PackInMemory(folder.Name, cancellation: Cancellation);
        Assert.Equal(24, file.Config.Width);
    }

    [Fact]
    public void A_tied_head_may_be_absent_or_equal_and_nothing_else()
    {
        string tied = TinyCheckpoint.Config.Replace("\"tie_word_embeddings\":false,", "", StringComparison.Ordinal);
        TinyCheckpoint checkpoint = new();
        using TemporaryFolder different = checkpoint.Write(tied);
        Assert.Contains("lm_head.weight", Refusal(different), StringComparison.Ordinal);
        checkpoint.Tensors["lm_head.weight"] = checkpoint.Tensors["transformer.wte.weight"];
        using TemporaryFolder equal = checkpoint.Write(tied);
        checkpoint.Tensors.Remove("lm_head.weight");
        using TemporaryFolder absent = checkpoint.Write(tied);
        using TgptFile first = Packer.PackInMemory(equal.Name, cancellation: Cancellation);
        using TgptFile second = Packer.PackInMemory(absent.Name, cancellation: Cancellation);
        Assert.True(first.Config.TiedHead);
        Assert.True(first.ContentHash.SequenceEqual(second.ContentHash));
        using TemporaryFolder missing = checkpoint.Write();
        Assert.Contains("lm_head.weight", Refusal(missing), StringComparison.Ordinal);
    }

    [Fact]
    public void A_missing_tensor_is_refused_by_name()
    {
        foreach ((string name, _) in TinyCheckpoint.Shapes)
        {
            TinyCheckpoint checkpoint = new("");
            checkpoint.Tensors.Remove(name);
            using TemporaryFolder folder = checkpoint.Write();
            Assert.Contains($"'{name}' is missing", Refusal(folder), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_tensor_of_another_shape_is_refused_with_both_shapes()
    {
        TinyCheckpoint checkpoint = new("");
        checkpoint.Tensors["h.1.mlp.c_fc.weight"] = (new float[24 * 30], [30, 24]);
        using TemporaryFolder folder = checkpoint.Write();
        string refusal = Refusal(folder);
        Assert.Contains("h.1.mlp.c_fc.weight", refusal, StringComparison.Ordinal);
        Assert.Contains("[30, 24]", refusal, StringComparison.Ordinal);
        Assert.Contains("[24, 30]", refusal, StringComparison.Ordinal);
        Assert.Contains("model.safetensors", refusal, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("h.2.ln_1.weight")]
    [InlineData("adapter")]
    public void A_tensor_without_a_place_is_refused_by_name(string name)
    {
        TinyCheckpoint checkpoint = new("");
        checkpoint.Tensors[name] = (new float[24], [24]);
        using TemporaryFolder folder = checkpoint.Write();
        Assert.Contains($"'{name}'", Refusal(folder), StringComparison.Ordinal);
    }

    [Fact]
    public void Integers_for_weights_and_numbers_that_are_not_finite_are_refused_by_name()
    {
        TinyCheckpoint checkpoint = new("");
        checkpoint.Tensors["h.0.attn.c_proj.weight"].Values[77] = float.NaN;
        using TemporaryFolder folder = checkpoint.Write();
        Assert.Contains("h.0.attn.c_proj.weight", Refusal(folder), StringComparison.Ordinal);
        SafetensorsBuilder builder = new SafetensorsBuilder().Add("ln_f.bias", "I32", new byte[96], 24);
        foreach ((string name, (float[] values, long[] shape)) in checkpoint.Tensors.Where(tensor => tensor.Key != "ln_f.bias"))
        {
            builder.Add(name, values, shape);
        }

        folder.Write("model.safetensors", builder.Build());
        Assert.Contains("I32", Refusal(folder), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\"gpt2\"", "\"mamba\"", "mamba")]
    [InlineData("\"n_layer\":2", "\"n_layer\":3", "h.2.ln_1.weight")]
    [InlineData("\"n_layer\":2", "\"n_layer\":1", "h.1")]
    [InlineData("\"n_layer\":2", "\"n_layer\":0", "layers")]
    [InlineData("\"n_layer\":2,", "", "n_layer")]
    [InlineData("\"n_head\":2", "\"n_head\":5", "heads")]
    [InlineData("\"n_embd\":24", "\"n_embd\":48", "wte.weight")]
    [InlineData("\"n_embd\":24", "\"n_embd\":2000000000", "width")]
    [InlineData("\"n_inner\":30", "\"n_inner\":null", "mlp.c_fc.weight")]
    [InlineData("\"n_positions\":5", "\"n_positions\":6", "wpe.weight")]
    [InlineData("\"vocab_size\":7", "\"vocab_size\":8", "wte.weight")]
    [InlineData("\"vocab_size\":7", "\"vocab_size\":7,\"vocab_size\":7", "JSON")]
    [InlineData("1e-05", "-1", "normEpsilon")]
    [InlineData("gelu_new", "quick_gelu", "quick_gelu")]
    [InlineData("\"eos_token_id\":6", "\"eos_token_id\":\"x\"", "eos_token_id")]
    [InlineData("\"eos_token_id\":6", "\"scale_attn_by_inverse_layer_idx\":true", "scale_attn_by_inverse_layer_idx")]
    [InlineData("\"eos_token_id\":6", "\"reorder_and_upcast_attn\":true", "reorder_and_upcast_attn")]
    [InlineData("\"eos_token_id\":6", "\"scale_attn_weights\":false", "scale_attn_weights")]
    [InlineData("\"eos_token_id\":6", "\"add_cross_attention\":true", "add_cross_attention")]
    [InlineData("\"eos_token_id\":6", "\"quantization_config\":{}", "quantization_config")]
    public void A_configuration_that_is_wrong_or_not_supported_is_refused_by_name(string part, string replacement, string word)
    {
        Assert.Contains(part, TinyCheckpoint.Config, StringComparison.Ordinal);
        using TemporaryFolder folder = new TinyCheckpoint("").Write(TinyCheckpoint.Config.Replace(part, replacement, StringComparison.Ordinal));
        Assert.Contains(word, Refusal(folder), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("gelu", Activation.GeluErf)]
    [InlineData("gelu_pytorch_tanh", Activation.GeluTanh)]
    [InlineData("gelu_new", Activation.GeluTanh)]
    public void Activations_are_known_by_their_names(string name, Activation activation)
    {
        using TemporaryFolder folder = new TinyCheckpoint("").Write(TinyCheckpoint.Config.Replace("gelu_new", name, StringComparison.Ordinal));
        using TgptFile file = Packer.PackInMemory(folder.Name, cancellation: Cancellation);
        Assert.Equal(activation, file.Config.Activation);
    }

    [Fact]
    public void An_end_token_that_the_vocabulary_does_not_hold_is_none()
    {
        string config = TinyCheckpoint.Config.Replace("\"eos_token_id\":6", "\"eos_token_id\":50256", StringComparison.Ordinal);
        using TemporaryFolder folder = new TinyCheckpoint("").Write(config);
        using TgptFile file = Packer.PackInMemory(folder.Name, cancellation: Cancellation);
        Assert.Null(file.Config.EndOfTextToken);
    }

    [Fact]
    public void What_is_not_there_is_not_found_and_what_is_not_known_is_refused()
    {
        using TemporaryFolder folder = new TinyCheckpoint().Write();
        Assert.Throws<FileNotFoundException>(() => ModelSource.LoadAny(folder.At("nothing"), cancellation: Cancellation));
        Assert.Throws<FileNotFoundException>(() => ModelSource.LoadAny(folder.At("nothing.tgpt"), cancellation: Cancellation));
        Assert.Throws<ModelFormatException>(() => ModelSource.LoadAny(folder.At("config.json"), cancellation: Cancellation));
        File.Delete(folder.At("config.json"));
        Assert.Throws<FileNotFoundException>(() => ModelSource.LoadAny(folder.Name, cancellation: Cancellation));
    }

    private static string Refusal(TemporaryFolder folder) =>
        Assert.Throws<ModelFormatException>(() => Packer.PackInMemory(folder.Name, cancellation: Cancellation)).Message;

    private static float Expected(string tensor, int row, int column)
    {
        string name = tensor.Replace("blocks.", "h.", StringComparison.Ordinal)
            .Replace("attention_norm.gain", "ln_1.weight", StringComparison.Ordinal).Replace("attention_norm.bias", "ln_1.bias", StringComparison.Ordinal)
            .Replace("feed_forward_norm.gain", "ln_2.weight", StringComparison.Ordinal).Replace("feed_forward_norm.bias", "ln_2.bias", StringComparison.Ordinal)
            .Replace("final_norm.gain", "ln_f.weight", StringComparison.Ordinal).Replace("final_norm.bias", "ln_f.bias", StringComparison.Ordinal);
        int width = TinyCheckpoint.Width;
        string block = name[..Math.Min(4, name.Length)];
        return tensor switch
        {
            ModelTensors.TokenEmbedding => At("wte.weight", (row * width) + column),
            ModelTensors.PositionEmbedding => At("wpe.weight", (row * width) + column),
            ModelTensors.Head => At("lm_head.weight", (row * width) + column),
            _ when name.EndsWith("query_key_value", StringComparison.Ordinal) =>
                Unpad(row) is { } source ? At(block + "attn.c_attn.weight", (column * 3 * width) + source) : 0,
            _ when name.EndsWith("query_key_value.bias", StringComparison.Ordinal) =>
                Unpad(column) is { } source ? At(block + "attn.c_attn.bias", source) : 0,
            _ when name.EndsWith("attention_output", StringComparison.Ordinal) =>
                Unpad(column) is { } source ? At(block + "attn.c_proj.weight", (source * width) + row) : 0,
            _ when name.EndsWith("attention_output.bias", StringComparison.Ordinal) => At(block + "attn.c_proj.bias", column),
            _ when name.EndsWith("feed_forward_in", StringComparison.Ordinal) =>
                At(block + "mlp.c_fc.weight", (column * TinyCheckpoint.FeedForward) + row),
            _ when name.EndsWith("feed_forward_in.bias", StringComparison.Ordinal) => At(block + "mlp.c_fc.bias", column),
            _ when name.EndsWith("feed_forward_out", StringComparison.Ordinal) => At(block + "mlp.c_proj.weight", (column * width) + row),
            _ when name.EndsWith("feed_forward_out.bias", StringComparison.Ordinal) => At(block + "mlp.c_proj.bias", column),
            _ => At(name, column),
        };
    }

    private static int? Unpad(int index)
    {
        (int head, int feature) = Math.DivRem(index, TinyCheckpoint.HeadStride);
        return feature < TinyCheckpoint.HeadSize ? (head * TinyCheckpoint.HeadSize) + feature : null;
    }

    private static float At(string name, int index) => TinyCheckpoint.Value(name, index);
}
