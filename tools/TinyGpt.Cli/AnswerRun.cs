using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace TinyGpt.Cli;

/// <summary>One answer of a session: runs the engine until it ends, and hands text on as soon as it may be shown.</summary>
internal sealed class AnswerRun(GptEngine engine, GptSession session)
{
    private readonly byte[] _buffer = new byte[4096];
    private readonly List<int> _ids = [];
    private TimeSpan _prefill;
    private TimeSpan _decode;

    /// <summary>The answer's tokens, those that a sliding window dropped included.</summary>
    public IReadOnlyList<int> Ids => _ids;

    /// <summary>Why the answer ended, as the command line names it.</summary>
    public string Finish => session.Finish switch
    {
        FinishReason.Stop => "stop",
        FinishReason.EndOfText => "end",
        FinishReason.ContextFull or FinishReason.ArenaFull => "context",
        _ => "length",
    };

    /// <summary>Tokens a second after the first one; 0 if there was none.</summary>
    public double DecodeTokensPerSecond => _ids.Count > 1 ? (_ids.Count - 1) / _decode.TotalSeconds : 0;

    /// <summary>Tokens of the prompt a second, to the answer's first token.</summary>
    public double PrefillTokensPerSecond(int promptTokens) => promptTokens / _prefill.TotalSeconds;

    /// <summary>Runs to the answer's end.</summary>
    /// <param name="output">Where the text goes, whole characters at a time; without a tokenizer the ids, between commas.</param>
    /// <param name="cancellation">Ends the run; what was written stays.</param>
    public void Run(Stream output, CancellationToken cancellation)
    {
        long start = Stopwatch.GetTimestamp();
        long first = 0;
        StepStatus status;
        do
        {
            status = engine.Step(StepBudget.OnePass, cancellation);
            if (first == 0 && (session.GeneratedTokens > 0 || !session.IsBusy))
            {
                first = Stopwatch.GetTimestamp();
            }

            // A pass makes one token at most, and a sliding window drops old ones only.
            if (session.GeneratedTokens > _ids.Count)
            {
                _ids.Add(session.Tokens[^1]);
                WriteId(output);
            }

            WriteText(output);
        }
        while (status != StepStatus.Idle);

        _prefill = Stopwatch.GetElapsedTime(start, first);
        _decode = Stopwatch.GetElapsedTime(first);
    }

    private void WriteText(Stream output)
    {
        while (session.TryRead(_buffer, out int written))
        {
            output.Write(_buffer, 0, written);
            output.Flush();
        }
    }

    private void WriteId(Stream output)
    {
        if (engine.Model.Tokenizer is null)
        {
            string separator = _ids.Count > 1 ? "," : "";
            output.Write(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{separator}{_ids[^1]}")));
        }
    }
}
