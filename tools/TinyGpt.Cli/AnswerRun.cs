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
    private int _firstIds;

    /// <summary>The answer's tokens, those that a sliding window dropped included.</summary>
    public IReadOnlyList<int> Ids => _ids;

    /// <summary>Why the answer ended, as the command line names it.</summary>
    public string Finish => session.Finish switch
    {
        FinishReason.Stop => "stop",
        FinishReason.EndOfText => "end",
        FinishReason.Complete => "complete",
        FinishReason.Shortened => "shortened",
        FinishReason.ContextFull or FinishReason.ArenaFull => "context",
        _ => "length",
    };

    /// <summary>Tokens a second after those of the first forward pass; 0 if there were none.</summary>
    public double DecodeTokensPerSecond => _ids.Count > _firstIds ? (_ids.Count - _firstIds) / _decode.TotalSeconds : 0;

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

            // A forward pass makes several tokens if draft tokens are accepted. A sliding window has dropped older ones before it.
            int made = session.GeneratedTokens - _ids.Count;
            _ids.AddRange(session.Tokens[^made..]);
            if (first == 0 && (made > 0 || !session.IsBusy))
            {
                first = Stopwatch.GetTimestamp();
                _firstIds = made;
            }

            if (session.Finish != FinishReason.None)
            {
                session.EndText(); // an answer that was cut does not go on
            }

            WriteIds(output, made);
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

    private void WriteIds(Stream output, int made)
    {
        if (engine.Model.Tokenizer is not null)
        {
            return;
        }

        for (int i = _ids.Count - made; i < _ids.Count; i++)
        {
            string separator = i > 0 ? "," : "";
            output.Write(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{separator}{_ids[i]}")));
        }
    }
}
