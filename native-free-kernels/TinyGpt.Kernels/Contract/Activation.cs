namespace TinyGpt.Kernels;

/// <summary>The nonlinear function of a feed-forward layer.</summary>
public enum Activation
{
    /// <summary><c>0.5·x·(1 + tanh(√(2/π)·(x + 0.044715·x³)))</c>, GPT-2's <c>gelu_new</c> (Hendrycks and Gimpel, 2016, arXiv:1606.08415).</summary>
    GeluTanh,

    /// <summary><c>0.5·x·(1 + erf(x/√2))</c>, called <c>gelu</c> (the same paper).</summary>
    GeluErf,

    /// <summary><c>max(x, 0)</c>.</summary>
    Relu,

    /// <summary><c>x / (1 + e^(-x))</c>, also called swish (Elfwing, Uchibe and Doya, 2017, arXiv:1702.03118).</summary>
    Silu,
}
