namespace TinyGpt;

/// <summary>How the residual stream is normalized.</summary>
public enum NormKind
{
    /// <summary>By mean and variance, with gain and bias (Ba, Kiros and Hinton, 2016, arXiv:1607.06450).</summary>
    LayerNorm,

    /// <summary>By the root of the mean square, with a gain (Zhang and Sennrich, 2019, arXiv:1910.07467).</summary>
    RmsNorm,
}

/// <summary>Where a block has its norms.</summary>
public enum NormPlacement
{
    /// <summary>Before attention and before the feed-forward layer, <c>x + f(norm(x))</c>, and one more before the head: GPT-2 and later.</summary>
    Before,

    /// <summary>After each sum, <c>norm(x + f(x))</c>, and none before the head: GPT-1.</summary>
    After,
}
