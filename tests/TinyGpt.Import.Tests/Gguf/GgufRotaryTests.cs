using Xunit;
using static TinyGpt.Import.Tests.Gguf.GgufModelTests;
using static TinyGpt.Import.Tests.Gguf.TinyGguf;

namespace TinyGpt.Import.Tests.Gguf;

/// <summary>Rotary scaling in its spellings.</summary>
public sealed class GgufRotaryTests
{
    [Theory]
    [InlineData("none", "rope.scaling.factor", null)]
    [InlineData("linear", "rope.scaling.factor", 4f)]
    [InlineData(null, "rope.scaling.factor", 4f)]
    [InlineData(null, "rope.scale_linear", 4f)]
    public void A_linear_scaling_is_read(string? type, string key, float? factor)
    {
        GgufDraft draft = Rotary("qwen2").Float32($"qwen2.{key}", 4);
        draft = type is null ? draft : draft.Text("qwen2.rope.scaling.type", type);
        RotaryScaling? expected = factor is { } number ? new RotaryScaling(RotaryScalingKind.Linear, number) : null;
        Assert.Equal(expected, ConfigOf(draft).Rotary!.Scaling);
    }

    [Theory]
    [InlineData(0f)]
    [InlineData(1f)]
    public void A_factor_that_divides_nothing_is_none(float factor) =>
        Assert.Null(ConfigOf(Rotary("llama").Text("llama.rope.scaling.type", "linear").Float32("llama.rope.scaling.factor", factor)).Rotary!.Scaling);

    [Fact]
    public void A_factor_that_is_no_number_is_refused() => Refused(
        "rotary.scaling.factor", Rotary("llama").Text("llama.rope.scaling.type", "linear").Float32("llama.rope.scaling.factor", float.NaN));

    [Theory]
    [InlineData(8f, 8192)]
    [InlineData(32f, 8192)]
    [InlineData(8f, 4096)]
    public void The_factors_of_Llama_3_are_recognized(float factor, int context)
    {
        GgufDraft draft = Rotary("llama").Tensor("rope_freqs.weight", Factors(factor, context), HeadSize / 2);
        draft = context == 8192 ? draft : draft.UInt32("llama.rope.scaling.original_context_length", (uint)context);
        RotaryScaling scaling = ConfigOf(draft).Rotary!.Scaling!;
        Assert.Equal(new RotaryScaling(RotaryScalingKind.Llama3, factor) { OriginalContext = context }, scaling);
    }

    [Fact]
    public void Factors_of_one_are_no_scaling() =>
        Assert.Null(ConfigOf(Rotary("llama").Tensor("rope_freqs.weight", [1, 1, 1, 1, 1, 1], 6)).Rotary!.Scaling);

    [Theory]
    [InlineData(1.001f)]
    [InlineData(float.NaN)]
    [InlineData(-8f)]
    public void Other_factors_are_refused(float wrong)
    {
        float[] factors = Factors(8, 8192);
        factors[2] *= wrong;
        Refused("for frequency 2, and llama3", Rotary("llama").Tensor("rope_freqs.weight", factors, 6));
    }

    [Fact]
    public void Factors_of_another_number_of_frequencies_are_refused() =>
        Refused("12 rotated channels call for [6]", Rotary("llama").Tensor("rope_freqs.weight", [1, 1, 1, 1, 1], 5));

    [Fact]
    public void Two_scalings_at_once_are_refused() => Refused(
        "beside a linear rope scaling",
        Rotary("llama").Float32("llama.rope.scaling.factor", 2).Tensor("rope_freqs.weight", Factors(8, 8192), 6));

    /// <summary>As published with Llama 3.1: by wave lengths in positions, low frequencies beyond context / 1, high ones below context / 4.</summary>
    private static float[] Factors(float factor, int context) => [.. Enumerable.Range(0, HeadSize / 2).Select(i =>
    {
        double wave = 2 * Math.PI * Math.Pow(500000, 2.0 * i / HeadSize);
        if (wave < context / 4.0)
        {
            return 1;
        }

        double smooth = ((context / wave) - 1) / (4 - 1);
        return wave > context ? factor : (float)(1 / (((1 - smooth) / factor) + smooth));
    })];
}
