using System.Runtime.ExceptionServices;
using TinyGpt.Text;

namespace TinyGpt.Training;

/// <summary>Turns the parts of a source into tokens, several parts at once and in their order.</summary>
internal static class SourceTokenizer
{
    private const int BlockBytes = 1 << 20;

    /// <summary>Takes in one part.</summary>
    /// <param name="tokens">The part's tokens.</param>
    /// <param name="isTrained">Of each token, whether it is trained: whether it begins in a segment that is.</param>
    /// <param name="label">The part's class, or -1 where classes are not asked for.</param>
    internal delegate void PartTaken(ReadOnlySpan<int> tokens, ReadOnlySpan<bool> isTrained, int label);

    /// <summary>Tokenizes a source.</summary>
    /// <param name="source">The text.</param>
    /// <param name="tokenizer">The tokenizer; text that is written like a special token is text.</param>
    /// <param name="labels">The classes, one of which each part must have, or null.</param>
    /// <param name="threads">How many threads tokenize.</param>
    /// <param name="take">Called for each part, in order, on the calling thread.</param>
    /// <param name="progress">Told the share that is done, or null.</param>
    /// <param name="cancellation">Stops early.</param>
    /// <exception cref="TrainingDataException">A part cannot be read, or has a byte that the vocabulary has no token for.</exception>
    public static void Run(
        TextSource source,
        BytePairTokenizer tokenizer,
        LabelSet? labels,
        int threads,
        PartTaken take,
        IProgress<double>? progress,
        CancellationToken cancellation)
    {
        ParallelOptions parallel = new() { MaxDegreeOfParallelism = threads, CancellationToken = cancellation };
        Block[] wave = [.. Enumerable.Range(0, 2 * threads).Select(_ => new Block())];
        int next = 0;
        while (next < source.PartCount)
        {
            int blocks = 0;
            for (; blocks < wave.Length && next < source.PartCount; blocks++)
            {
                wave[blocks].First = next;
                for (long bytes = 0; bytes < BlockBytes && next < source.PartCount; next++)
                {
                    bytes += source.PartBytes(next);
                }

                wave[blocks].End = next;
            }

            try
            {
                Parallel.For(0, blocks, parallel, block => wave[block].Tokenize(source, tokenizer, labels));
            }
            catch (AggregateException failures) when (TrainingDataException.FirstOf(failures) is { } first)
            {
                ExceptionDispatchInfo.Throw(first);
            }

            for (int block = 0; block < blocks; block++)
            {
                wave[block].Give(take);
            }

            progress?.Report((double)next / source.PartCount);
        }
    }

    private sealed class Block
    {
        private readonly SourceText _text = new();
        private readonly List<(int End, int Label)> _parts = []; // where each part ends, in tokens
        private int[] _tokens = [];
        private bool[] _isTrained = [];
        private int _count;

        public int First { get; set; }

        public int End { get; set; }

        public void Tokenize(TextSource source, BytePairTokenizer tokenizer, LabelSet? labels)
        {
            _count = 0;
            _parts.Clear();
            for (int part = First; part < End; part++)
            {
                source.Read(part, _text);
                int most = _count + _text.Text.Length; // a token is a byte at least
                if (_tokens.Length < most)
                {
                    Array.Resize(ref _tokens, Math.Max(2 * _tokens.Length, most));
                    Array.Resize(ref _isTrained, _tokens.Length);
                }

                tokenizer.Encode(_text.Text, _tokens.AsSpan(_count), out int consumed, out int written);
                if (consumed < _text.Text.Length)
                {
                    int missing = tokenizer.IndexOfUnencodable(_text.Text);
                    throw new TrainingDataException(
                        source.File,
                        $"the tokenizer has no token for the byte 0x{_text.Text[missing]:X2}, which the text has; train one from the text");
                }

                Mark(tokenizer, written);
                _count += written;
                _parts.Add((_count, labels?.Find(_text, source, part) ?? TrainingBatch.NoTarget));
            }
        }

        public void Give(PartTaken take)
        {
            int start = 0;
            foreach ((int end, int label) in _parts)
            {
                take(_tokens.AsSpan(start..end), _isTrained.AsSpan(start..end), label);
                start = end;
            }
        }

        private void Mark(BytePairTokenizer tokenizer, int count)
        {
            int segment = 0;
            int position = 0;
            for (int index = _count; index < _count + count; index++)
            {
                while (position >= _text.Segments[segment].End)
                {
                    segment++;
                }

                _isTrained[index] = _text.Segments[segment].IsTrained;
                position += tokenizer.TokenBytes(_tokens[index]).Length;
            }
        }
    }
}
