namespace TinyGpt.Kernels;

/// <summary>The two published forms of the Gaussian error linear unit (Hendrycks and Gimpel, 2016, arXiv:1606.08415).</summary>
public enum GeluForm
{
    /// <summary><c>0.5·x·(1 + tanh(√(2/π)·(x + 0.044715·x³)))</c>, GPT-2's <c>gelu_new</c>.</summary>
    Tanh,

    /// <summary><c>0.5·x·(1 + erf(x/√2))</c>, called <c>gelu</c>.</summary>
    Erf,
}
