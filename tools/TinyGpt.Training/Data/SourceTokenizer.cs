using System.Buffers;
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
                bool begins = !source.IsRunning || part == 0;
                if (begins && tokenizer.BeginOfText is { } begin && !_text.Text.IsEmpty)
                {
                    // What the model sees before every text; nothing comes before it that could predict it.
                    Reserve(1);
                    _isTrained[_count] = false;
                    _tokens[_count++] = begin;
                }

                int count = Encode(tokenizer, source.File, begins ? TextPosition.Start : TextPosition.Continuation);
                Mark(tokenizer, count, begins ? TextPosition.Start : TextPosition.Continuation);
                _count += count;
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

        /// <summary>Appends the text's tokens.</summary>
        private int Encode(BytePairTokenizer tokenizer, string file, TextPosition position)
        {
            // A token is a byte at least, of the text as it is tokenized: a space before it and composed characters can make that longer.
            for (int room = _text.Text.Length + 1; ; room *= 2)
            {
                Reserve(room);
                switch (tokenizer.Encode(_text.Text, _tokens.AsSpan(_count), out _, out int written, SpecialTokenHandling.AsText, position))
                {
                    case OperationStatus.Done:
                        return written;
                    case OperationStatus.InvalidData:
                        int missing = tokenizer.IndexOfUnencodable(_text.Text);
                        throw new TrainingDataException(
                            file, $"the tokenizer has no token for the byte 0x{_text.Text[missing]:X2}, which the text has; train one from the text");
                }
            }
        }

        private void Reserve(int tokens)
        {
            if (_tokens.Length - _count < tokens)
            {
                Array.Resize(ref _tokens, Math.Max(2 * _tokens.Length, checked(_count + tokens)));
                Array.Resize(ref _isTrained, _tokens.Length);
            }
        }

        /// <summary>Says of each token whether it is trained: whether it begins in a segment that is.</summary>
        private void Mark(BytePairTokenizer tokenizer, int count, TextPosition position)
        {
            IReadOnlyList<TextSegment> segments = _text.Segments;
            Span<bool> isTrained = _isTrained.AsSpan(_count, count);
            if (segments.Count == 1)
            {
                isTrained.Fill(segments[0].IsTrained);
                return;
            }

            ReadOnlySpan<int> tokens = _tokens.AsSpan(_count, count);
            bool changes = ChangesText(tokenizer);
            int start = 0; // of the token, in the text as it is tokenized
            int segment = 0;
            int end = segments.Count == 0 ? 0 : EndOf(0);
            for (int index = 0; index < count; index++)
            {
                while (start >= end && segment < segments.Count - 1)
                {
                    end = EndOf(++segment);
                }

                isTrained[index] = segments[segment].IsTrained;
                start += tokenizer.TokenBytes(tokens[index]).Length;
            }

            int EndOf(int segment) => changes ? LengthAsTokens(tokenizer, segments[segment].End, position) : segments[segment].End;
        }

        /// <summary>Whether the bytes of a text's tokens can be others than the text's.</summary>
        private static bool ChangesText(BytePairTokenizer tokenizer) =>
            tokenizer.Vocabulary.Rules is not { Normalization: TextNormalization.None, PrefixSpace: PrefixSpace.None }
            || tokenizer.Vocabulary.AddedTokens.ToArray().Any(token => token.Traits is not (AddedTokenTraits.None or AddedTokenTraits.UserDefined));

        /// <summary>The number of bytes at the start of the text as it is tokenized: after a space, or normalized.</summary>
        private int LengthAsTokens(BytePairTokenizer tokenizer, int bytes, TextPosition position)
        {
            int[] ids = new int[bytes + 1];
            OperationStatus status;
            int consumed, written;
            while ((status = tokenizer.Encode(_text.Text[..bytes], ids, out consumed, out written, SpecialTokenHandling.AsText, position))
                == OperationStatus.DestinationTooSmall)
            {
                ids = new int[2 * ids.Length];
            }

            int length = status == OperationStatus.Done ? 0 : bytes - consumed; // a cut can leave bytes without a token
            foreach (int id in ids.AsSpan(0, written))
            {
                length += tokenizer.TokenBytes(id).Length;
            }

            return length;
        }
    }
}
