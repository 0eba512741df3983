namespace TinyGpt.Kernels.Contract;

/// <summary>
/// The arithmetic of the forward pass, one implementation per <see cref="KernelTier"/>. All implementations return the same bits for
/// the same finite inputs: int32 group dots are exact; float operations are the same operations in the same order; reductions use 16
/// virtual lanes (element i belongs to lane i mod 16, elements ascending) and one tree (lane i + lane i+8, then +4, +2, +1).
/// </summary>
/// <remarks>
/// The methods check nothing: every pointer's length was checked by the caller that made it. Activations of a token are padded with zeros to
/// a multiple of 64 unless stated otherwise. Buffers do not overlap. All methods are thread-safe on disjoint outputs and allocate nothing.
/// The exponential in softmax and in activations is a polynomial with a relative error below 1.5·10⁻⁷, the same operations on every tier.
/// </remarks>
internal unsafe interface IKernels
{
    /// <summary>The tier that this type implements.</summary>
    static abstract KernelTier Tier { get; }

    /// <summary>Whether this process can execute the tier.</summary>
    static abstract bool IsSupported { get; }

    /// <summary>
    /// <c>output[m, n] = bias[n] + Σ_g dot_g(m, n) · (weightScale[g, n] · activationScale[m, g])</c> for all tokens m and the outputs n of
    /// the given panels. The accumulator starts as the bias (zero without one) and takes one fused multiply-add a group, groups ascending.
    /// </summary>
    /// <param name="weights">The packed weights, of either precision.</param>
    /// <param name="activations">M quantized tokens with as many groups as <paramref name="weights"/>.</param>
    /// <param name="bias">Panels × 16 floats, or null.</param>
    /// <param name="output">M tokens; output n of token m is at <c>output[m · outputStride + n]</c>.</param>
    /// <param name="outputStride">Floats from one token to the next, at least panels × 16.</param>
    /// <param name="firstPanel">The first panel to compute.</param>
    /// <param name="panelCount">How many panels to compute.</param>
    static abstract void MultiplyPanels(
        in PackedMatrix weights,
        in QuantizedActivations activations,
        float* bias,
        float* output,
        nint outputStride,
        int firstPanel,
        int panelCount);

    /// <summary>
    /// Quantizes groups of one token: <c>scale = max|x| / 127</c>, <c>q = roundToEven(x · (127 / max|x|))</c>; a group whose largest
    /// magnitude is below 2⁻¹⁰⁰ becomes zeros with scale 0.
    /// </summary>
    /// <param name="source">The whole token: <c>destination.Groups</c> × 64 floats.</param>
    /// <param name="destination">Where the quantized groups go.</param>
    /// <param name="token">The destination token.</param>
    /// <param name="firstGroup">The first group to quantize.</param>
    /// <param name="groupCount">How many groups to quantize.</param>
    static abstract void Quantize(float* source, in QuantizedActivations destination, int token, int firstGroup, int groupCount);

    /// <summary>
    /// <c>residual += addend</c>, then layer norm of the residual (Ba, Kiros and Hinton, 2016, arXiv:1607.06450):
    /// <c>(x - mean) · (1/√(variance + epsilon))</c>, then one fused multiply-add with gain and bias, then quantization.
    /// The mean is sum / hidden size; the variance is the mean of the squares of <c>x - mean</c>.
    /// </summary>
    /// <param name="residual">The token's residual, updated in place; its padding stays zero.</param>
    /// <param name="addend">What is added to it first, or null.</param>
    /// <param name="hiddenSize">Features before padding, 1 or more.</param>
    /// <param name="gain">Gain, padded with zeros.</param>
    /// <param name="bias">Bias, padded with zeros.</param>
    /// <param name="epsilon">Added to the variance.</param>
    /// <param name="destination">Where the quantized token goes; as many groups as the padded hidden size has.</param>
    /// <param name="token">The destination token.</param>
    static abstract void AddNormalizeQuantize(
        float* residual, float* addend, int hiddenSize, float* gain, float* bias, float epsilon, in QuantizedActivations destination, int token);

    /// <summary>
    /// <c>residual += addend</c>, then RMS norm of the residual (Zhang and Sennrich, 2019, arXiv:1910.07467):
    /// <c>x · (1/√(mean square + epsilon))</c>, then a multiplication with the gain, then quantization. The mean square is the sum of the
    /// squares / hidden size.
    /// </summary>
    /// <param name="residual">The token's residual, updated in place; its padding stays zero.</param>
    /// <param name="addend">What is added to it first, or null.</param>
    /// <param name="hiddenSize">Features before padding, 1 or more.</param>
    /// <param name="gain">Gain, padded with zeros.</param>
    /// <param name="epsilon">Added to the mean square.</param>
    /// <param name="destination">Where the quantized token goes; as many groups as the padded hidden size has.</param>
    /// <param name="token">The destination token.</param>
    static abstract void AddRmsNormalizeQuantize(
        float* residual, float* addend, int hiddenSize, float* gain, float epsilon, in QuantizedActivations destination, int token);

    /// <summary>
    /// <c>residual = norm(residual + addend)</c> with the layer norm of <see cref="AddNormalizeQuantize"/>, bit for bit, for blocks whose norms
    /// come after their sums.
    /// </summary>
    /// <param name="residual">The token's residual, replaced; its padding stays zero.</param>
    /// <param name="addend">What is added to it first.</param>
    /// <param name="hiddenSize">Features before padding, 1 or more.</param>
    /// <param name="gain">Gain, padded with zeros.</param>
    /// <param name="bias">Bias, padded with zeros.</param>
    /// <param name="epsilon">Added to the variance.</param>
    static abstract void AddNormalize(float* residual, float* addend, int hiddenSize, float* gain, float* bias, float epsilon);

    /// <summary><c>target += addend</c>, for tokens whose norm was taken before the sum.</summary>
    /// <param name="target">The token's values, updated in place; its padding stays zero.</param>
    /// <param name="addend">What is added to it.</param>
    /// <param name="hiddenSize">Features before padding, 1 or more.</param>
    static abstract void Add(float* target, float* addend, int hiddenSize);

    /// <summary>The RMS norm of <see cref="AddRmsNormalizeQuantize"/> of one query or key, in place.</summary>
    /// <param name="head">The query or key: the head size rounded up to 16 floats, whose padding stays zero.</param>
    /// <param name="headSize">Features before padding, 1 or more.</param>
    /// <param name="gain">Gain, padded with zeros to a multiple of 16.</param>
    /// <param name="epsilon">Added to the mean square.</param>
    static abstract void NormalizeHead(float* head, int headSize, float* gain, float epsilon);

    /// <summary>
    /// Rotates the pairs of channels 2i and 2i + 1 of one query or key, in place (Su et al., 2021, arXiv:2104.09864):
    /// <c>x[2i]·cos - x[2i+1]·sin</c> and <c>x[2i+1]·cos + x[2i]·sin</c>, each a multiplication with the cosine and one fused multiply-add.
    /// </summary>
    /// <param name="head">The query or key, <paramref name="channels"/> floats.</param>
    /// <param name="cosines">The cosine of each channel's pair, <paramref name="channels"/> floats.</param>
    /// <param name="sines">The sine of each channel's pair, negated for even channels, <paramref name="channels"/> floats.</param>
    /// <param name="channels">Channels, a multiple of 16. Those that do not turn have cosine 1 and sine 0.</param>
    static abstract void Rotate(float* head, float* cosines, float* sines, int channels);

    /// <summary>Applies a feed-forward layer's function to groups of one token, whose bias is already in it, and quantizes them. The source is not changed.</summary>
    /// <param name="source">The whole token: <c>destination.Groups</c> × 64 floats.</param>
    /// <param name="activation">The function.</param>
    /// <param name="destination">Where the quantized groups go.</param>
    /// <param name="token">The destination token.</param>
    /// <param name="firstGroup">The first group.</param>
    /// <param name="groupCount">How many groups.</param>
    static abstract void ActivateQuantize(
        float* source, Activation activation, in QuantizedActivations destination, int token, int firstGroup, int groupCount);

    /// <summary>
    /// <c>activation(gate) · value</c> of groups of one token, and their quantization. In the source, gate and up projections are interleaved in
    /// blocks of 16: those of feature c are at <c>2c - c mod 16</c> and 16 floats later. The source is not changed.
    /// </summary>
    /// <param name="source">The whole token: <c>destination.Groups</c> × 128 floats.</param>
    /// <param name="activation">The function.</param>
    /// <param name="destination">Where the quantized groups go.</param>
    /// <param name="token">The destination token.</param>
    /// <param name="firstGroup">The first group.</param>
    /// <param name="groupCount">How many groups.</param>
    static abstract void GatedActivateQuantize(
        float* source, Activation activation, in QuantizedActivations destination, int token, int firstGroup, int groupCount);

    /// <summary>
    /// Softmax attention of queries over the keys of their past (Vaswani et al., 2017, arXiv:1706.03762): attention scores <c>(q·k) · ScoreScale</c>,
    /// their exact maximum, <c>e^(score - maximum)</c>, the sum in 16 lanes, values accumulated in key order by fused multiply-add, and
    /// last a multiplication with 1/sum. The number of queries changes no query's result, nor do keys before its window.
    /// </summary>
    static abstract void Attend(in AttentionHead head);

    /// <summary>
    /// The same over keys and values that <see cref="QuantizeHead"/> wrote. Each query is quantized by the same rule, into int16. A score
    /// is <c>(float)dot · (keyScale · (queryScale · ScoreScale))</c> with the exact int32 dot; the softmax and its sum are those of
    /// <see cref="Attend"/>; values are accumulated in key order by one fused multiply-add of the weight times the value's scale, one
    /// plain multiplication, with the int8 value.
    /// </summary>
    static abstract void AttendQuantized(in AttentionHead head);

    /// <summary>Quantizes one position's key or value of one head by the rule of <see cref="Quantize"/>, with one scale for all of it.</summary>
    /// <param name="source">The key or value: <paramref name="paddedHeadSize"/> floats.</param>
    /// <param name="paddedHeadSize">Channels, a multiple of 16.</param>
    /// <param name="values">Where the quantized channels go.</param>
    /// <param name="scale">Where the scale goes.</param>
    static abstract void QuantizeHead(float* source, int paddedHeadSize, sbyte* values, float* scale);

    /// <summary>Writes a token's embedding, <c>quantized · scale (+ position)</c>: one plain multiplication, one plain addition.</summary>
    /// <param name="embedding">The token embedding, one row per token of the vocabulary; always int8.</param>
    /// <param name="token">The row of the tensor to read.</param>
    /// <param name="position">The position's embedding, padded with zeros, or null.</param>
    /// <param name="destination">The padded embedding to write, the padding included.</param>
    static abstract void Embed(in PackedMatrix embedding, int token, float* position, float* destination);

    /// <summary>
    /// The index of the largest value; the lowest index among equals. NaN is never chosen unless every value is NaN (then 0).
    /// </summary>
    /// <param name="values">The values; any alignment.</param>
    /// <param name="count">How many, 1 or more.</param>
    static abstract int ArgMax(float* values, int count);

    /// <summary>
    /// <c>weights[i] = e^((logits[i] - maximum) · inverseTemperature)</c>, the unnormalized softmax that sampling draws from. Exponents
    /// below -87 give 0, so a logit of negative infinity has no weight.
    /// </summary>
    /// <param name="logits">The logits; any alignment.</param>
    /// <param name="count">How many, 1 or more.</param>
    /// <param name="maximum">The largest logit.</param>
    /// <param name="inverseTemperature">1/temperature, positive.</param>
    /// <param name="weights">The result; may be <paramref name="logits"/> itself.</param>
    static abstract void SoftmaxWeights(float* logits, int count, float maximum, float inverseTemperature, float* weights);
}
