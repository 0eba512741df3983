using System.Runtime.InteropServices;
using Xunit;

namespace TinyGpt.Tests.Inference;

/// <summary>
/// Compares the logits that sessions choose from with those of an evaluator that reads the same tokens from the start: whatever was
/// done to a session before, they have the same bits.
/// </summary>
internal sealed class LogitsOracle(GptModel model, KvPrecision precision = KvPrecision.Float32) : IDisposable
{
    private readonly LogitsEvaluator _evaluator = new(model, kvPrecision: precision);
    private readonly Dictionary<string, float[]> _known = [];

    /// <summary>How many rows of logits were compared.</summary>
    public int Compared { get; private set; }

    public void Watch(GptEngine engine) => engine.ObserveLogits = (session, logits) =>
    {
        Compared++;
        if (!Logits(session.Tokens).AsSpan().SequenceEqual(logits))
        {
            Assert.Fail($"other logits than those of a fresh session, at position {session.Tokens.Length - 1}");
        }
    };

    /// <summary>The logits of the last of some tokens.</summary>
    public float[] Logits(ReadOnlySpan<int> tokens)
    {
        string key = new(MemoryMarshal.Cast<int, char>(tokens));
        if (!_known.TryGetValue(key, out float[]? logits))
        {
            logits = _evaluator.Evaluate(tokens).ToArray();
            _known.Add(key, logits);
        }

        return logits;
    }

    public void Dispose() => _evaluator.Dispose();
}
