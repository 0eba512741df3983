using System.Runtime.InteropServices;

namespace TinyGpt.Training;

/// <summary>
/// A tokenized text, cut into sequences and dealt out in batches. Which sequences a batch has is a function of the seed and the batch's
/// number alone, so a training that is resumed goes on with the same ones. Used by one thread at a time.
/// </summary>
/// <remarks>
/// <para>
/// Documents: each begins at position 0 of a sequence and ends with <c>&lt;|endoftext|&gt;</c>, where the vocabulary has it. What is longer
/// than the context goes on in further sequences if it is plain text; a line of a <c>.jsonl</c> file is cut.
/// Every epoch deals out each sequence once, shuffled; those that are dealt out together are similar in length, so that little
/// of a batch is padding.
/// </para>
/// <para>
/// A running text is closed to a ring, with <c>&lt;|endoftext|&gt;</c> between its end and its start. Every epoch cuts the ring at another place
/// into sequences as long as the context.
/// </para>
/// </remarks>
public sealed class TokenDataset
{
    private const int LengthMultiple = 16;

    private readonly TokenStore _tokens;
    private readonly List<Sequence> _sequences = []; // of documents; none of a running text
    private readonly bool _isRunning;
    private readonly int _context;
    private readonly ulong _seed;
    private readonly int? _endOfText;
    private SequenceOrder _order = SequenceOrder.Empty;

    private TokenDataset(bool isRunning, int context, ulong seed, BytePairTokenizer tokenizer, LabelSet? labels)
    {
        Labels = labels;
        _isRunning = isRunning;
        _context = context;
        _seed = seed;
        _endOfText = tokenizer.TryGetEndOfText(out int id) ? id : null;
        _tokens = new TokenStore(tokenizer.VocabularySize);
    }

    /// <summary>The classes of the sequences, or null.</summary>
    public LabelSet? Labels { get; }

    /// <summary>How many tokens there are, ends of texts included.</summary>
    public long Tokens => _tokens.Count;

    /// <summary>How many tokens have a loss in an epoch.</summary>
    public long TrainedTokens { get; private set; }

    /// <summary>How many sequences an epoch has.</summary>
    public int Sequences => _isRunning ? (_tokens.Count + _context - 1) / _context : _sequences.Count;

    /// <summary>How many documents were longer than the context and lost their end.</summary>
    public int CutDocuments { get; private set; }

    /// <summary>How many documents were left out, because within the context nothing of them is trained.</summary>
    public int SilentDocuments { get; private set; }

    /// <summary>The memory that it takes, in bytes.</summary>
    public long MemoryBytes => _tokens.Bytes + (_sequences.Capacity * 12L) + _order.Bytes;

    /// <summary>Tokenizes a text.</summary>
    /// <param name="source">The text.</param>
    /// <param name="tokenizer">Its tokenizer.</param>
    /// <param name="context">The most positions of a sequence, 1 or more.</param>
    /// <param name="seed">Decides the order.</param>
    /// <param name="threads">How many threads tokenize. The result is the same for every number.</param>
    /// <param name="progress">Told the share that is done, or null.</param>
    /// <param name="labels">The classes, one of which each document has, or null.</param>
    /// <param name="cancellation">Stops early.</param>
    /// <exception cref="TrainingDataException">The text cannot be read, or nothing of it can be trained.</exception>
    public static TokenDataset Tokenize(
        TextSource source,
        BytePairTokenizer tokenizer,
        int context,
        ulong seed,
        int threads = 1,
        IProgress<double>? progress = null,
        LabelSet? labels = null,
        CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(tokenizer);
        ArgumentOutOfRangeException.ThrowIfLessThan(context, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(threads, 1);
        if (labels is not null && !source.IsJson)
        {
            throw new TrainingDataException(source.File, "classes need a .jsonl file, with a \"label\" in each line");
        }

        TokenDataset dataset = new(source.IsRunning, context, seed, tokenizer, labels);
        SourceTokenizer.PartTaken add = labels is not null ? dataset.AddClassified
            : source.IsRunning ? dataset.AddText
            : source.IsJson ? dataset.AddLine
            : dataset.AddDocument;
        SourceTokenizer.Run(source, tokenizer, labels, threads, add, progress, cancellation);
        dataset.End(source.File);
        return dataset;
    }

    /// <summary>How many batches an epoch has; where sequences are missing in its last one, it begins from the first again.</summary>
    /// <param name="batchSize">Sequences of a batch, 1 or more.</param>
    public int BatchesPerEpoch(int batchSize)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(batchSize, 1);
        return _order.BatchesPerEpoch(batchSize);
    }

    /// <summary>Makes a batch. Its length is that of its longest sequence, rounded up to a multiple of 16, and at most the context.</summary>
    /// <param name="number">Which one, from 0 without end: epoch after epoch.</param>
    /// <param name="batchSize">Sequences of a batch, 1 or more.</param>
    /// <param name="repeats">Whether a sequence that fills up an epoch's last batch counts a second time; if not, it has no targets.</param>
    public TrainingBatch Batch(long number, int batchSize, bool repeats = true)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(number);
        ArgumentOutOfRangeException.ThrowIfLessThan(batchSize, 1);
        ReadOnlySpan<int> chosen = _order.Batch(number, batchSize, out long epoch);
        int length = 0;
        foreach (int sequence in chosen)
        {
            length = Math.Max(length, LengthOf(SequenceOrder.Index(sequence)));
        }

        length = Math.Min(_context, (length + LengthMultiple - 1) / LengthMultiple * LengthMultiple);
        int[] tokens = new int[batchSize * length];
        int[] targets = new int[batchSize * length];
        ClassTargets? classes = Labels is null ? null : new ClassTargets(new int[batchSize], new int[batchSize]);
        Array.Fill(tokens, _endOfText ?? 0);
        Array.Fill(targets, TrainingBatch.NoTarget);
        for (int row = 0; row < batchSize; row++)
        {
            int sequence = SequenceOrder.Index(chosen[row]);
            bool counts = repeats || !SequenceOrder.IsRepeat(chosen[row]);
            Span<int> rowTargets = targets.AsSpan(row * length, length);
            Fill(sequence, epoch, tokens.AsSpan(row * length, length), rowTargets);
            if (!counts)
            {
                rowTargets.Fill(TrainingBatch.NoTarget);
            }

            if (classes is not null)
            {
                classes.Labels[row] = counts ? _sequences[sequence].Label : TrainingBatch.NoTarget;
                classes.LastPositions[row] = _sequences[sequence].Length - 1;
            }
        }

        return new TrainingBatch(batchSize, length, tokens, targets) { Classes = classes };
    }

    /// <summary>The SHA-256 hash of all sequences: equal data, equal batches.</summary>
    internal string Hash()
    {
        Sha256 hash = new();
        _tokens.AppendTo(hash);
        foreach (Sequence sequence in _sequences)
        {
            ReadOnlySpan<int> numbers = [sequence.Start, sequence.Length, sequence.Label];
            hash.Append(MemoryMarshal.AsBytes(Labels is null ? numbers[..2] : numbers));
        }

        return Convert.ToHexStringLower(hash.Finish());
    }

    private int LengthOf(int sequence) => _isRunning ? _context : _sequences[sequence].Length;

    private void Fill(int sequence, long epoch, Span<int> tokens, Span<int> targets)
    {
        int length = LengthOf(sequence);
        int start = _isRunning
            ? (int)(((RandomOrder.Bits(_seed, ~epoch) >> 32) + ((ulong)sequence * (ulong)_context)) % (ulong)_tokens.Count)
            : _sequences[sequence].Start;
        for (int position = 0; position < length; position++)
        {
            int index = start + position;
            int next = index + 1;
            if (_isRunning)
            {
                index %= _tokens.Count;
                next %= _tokens.Count;
            }

            tokens[position] = _tokens[index];
            targets[position] = _tokens.IsTrained(next) ? _tokens[next] : TrainingBatch.NoTarget;
        }
    }

    private void AddText(ReadOnlySpan<int> tokens, ReadOnlySpan<bool> isTrained, int label)
    {
        for (int index = 0; index < tokens.Length; index++)
        {
            _tokens.Append(tokens[index], isTrained[index]);
        }
    }

    private void AddDocument(ReadOnlySpan<int> tokens, ReadOnlySpan<bool> isTrained, int label)
    {
        if (tokens.IsEmpty)
        {
            return;
        }

        int start = _tokens.Count;
        AddText(tokens, isTrained, label);
        if (_endOfText is { } endOfText)
        {
            _tokens.Append(endOfText, isTrained[^1]);
        }

        for (; start < _tokens.Count - 1; start += _context)
        {
            AddSequence(start, Math.Min(_context, _tokens.Count - 1 - start));
        }
    }

    private void AddLine(ReadOnlySpan<int> tokens, ReadOnlySpan<bool> isTrained, int label)
    {
        int start = _tokens.Count;
        AddText(tokens[..Math.Min(tokens.Length, _context + 1)], isTrained, label);
        if (tokens.Length > _context)
        {
            CutDocuments += tokens.Length > _context + 1 || _endOfText is not null ? 1 : 0;
        }
        else if (_endOfText is { } endOfText && !tokens.IsEmpty)
        {
            _tokens.Append(endOfText, isTrained[^1]);
        }

        AddSequence(start, _tokens.Count - 1 - start);
    }

    /// <summary>
    /// Adds a document whose class is learned at its end: at <c>&lt;|endoftext|&gt;</c>, as a reader sees it, or at its last token
    /// where the vocabulary has no such token.
    /// </summary>
    private void AddClassified(ReadOnlySpan<int> tokens, ReadOnlySpan<bool> isTrained, int label)
    {
        int most = _endOfText is null ? _context : _context - 1;
        int length = Math.Min(tokens.Length, most);
        CutDocuments += tokens.Length > most ? 1 : 0;
        if (length == 0)
        {
            SilentDocuments++;
            return;
        }

        int start = _tokens.Count;
        for (int index = 0; index < length; index++)
        {
            // The first is never a target, but follows the end of the previous document.
            bool isTarget = index > 0 && isTrained[index];
            _tokens.Append(tokens[index], isTarget);
            TrainedTokens += isTarget ? 1 : 0;
        }

        if (_endOfText is { } endOfText)
        {
            bool isTarget = isTrained[length - 1];
            _tokens.Append(endOfText, isTarget);
            TrainedTokens += isTarget ? 1 : 0;
        }

        _sequences.Add(new Sequence(start, _tokens.Count - start, label));
    }

    /// <summary>Adds a sequence up to its last token that is trained; what would follow has no effect on the loss.</summary>
    private void AddSequence(int start, int length)
    {
        while (length > 0 && !_tokens.IsTrained(start + length))
        {
            length--;
        }

        if (length <= 0)
        {
            SilentDocuments++;
            return;
        }

        _sequences.Add(new Sequence(start, length, TrainingBatch.NoTarget));
        for (int index = start + 1; index <= start + length; index++)
        {
            TrainedTokens += _tokens.IsTrained(index) ? 1 : 0;
        }
    }

    private void End(string file)
    {
        if (_isRunning)
        {
            if (_endOfText is { } endOfText)
            {
                _tokens.Append(endOfText, isTrained: true);
            }

            TrainedTokens = Enumerable.Range(0, _tokens.Count).Count(_tokens.IsTrained);
        }

        if (Labels is not null)
        {
            _tokens.Append(0, isTrained: false); // what follows the last document
        }

        _tokens.Trim();
        _sequences.TrimExcess();
        _order = new SequenceOrder(Sequences, _seed, _isRunning ? null : LengthOf);
        if (_isRunning ? _tokens.Count < 2 : _sequences.Count == 0)
        {
            throw new TrainingDataException(
                file, "nothing in it can be trained: it needs a text of two tokens, with \"train\": true where it has segments");
        }
    }

    private readonly record struct Sequence(int Start, int Length, int Label);
}
