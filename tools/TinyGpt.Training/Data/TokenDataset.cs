using System.Runtime.InteropServices;
using System.Security.Cryptography;
using TinyGpt.Text;

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
    private const int PooledBatches = 64; // that are sorted by length together

    private readonly TokenStore _tokens;
    private readonly List<Sequence> _sequences = []; // of documents; none of a running text
    private readonly bool _isRunning;
    private readonly int _context;
    private readonly ulong _seed;
    private readonly int? _endOfText;
    private int[] _order = [];
    private (long Epoch, int Batch) _ordered = (-1, 0);

    private TokenDataset(bool isRunning, int context, ulong seed, BytePairTokenizer tokenizer)
    {
        _isRunning = isRunning;
        _context = context;
        _seed = seed;
        _endOfText = tokenizer.TryGetEndOfText(out int id) ? id : null;
        _tokens = new TokenStore(tokenizer.VocabularySize);
    }

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
    public long MemoryBytes => _tokens.Bytes + (_sequences.Capacity * 8L) + (_order.Length * sizeof(int));

    /// <summary>Tokenizes a text.</summary>
    /// <param name="source">The text.</param>
    /// <param name="tokenizer">Its tokenizer.</param>
    /// <param name="context">The most positions of a sequence, 1 or more.</param>
    /// <param name="seed">Decides the order.</param>
    /// <param name="threads">How many threads tokenize. The result is the same for every number.</param>
    /// <param name="progress">Told the share that is done, or null.</param>
    /// <param name="cancellation">Stops early.</param>
    /// <exception cref="TrainingDataException">The text cannot be read, or nothing of it can be trained.</exception>
    public static TokenDataset Tokenize(
        TextSource source,
        BytePairTokenizer tokenizer,
        int context,
        ulong seed,
        int threads = 1,
        IProgress<double>? progress = null,
        CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(tokenizer);
        ArgumentOutOfRangeException.ThrowIfLessThan(context, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(threads, 1);
        TokenDataset dataset = new(source.IsRunning, context, seed, tokenizer);
        SourceTokenizer.Run(
            source,
            tokenizer,
            threads,
            source.IsRunning ? dataset.AddText : source.IsJson ? dataset.AddLine : dataset.AddDocument,
            progress,
            cancellation);
        dataset.End(source.File);
        return dataset;
    }

    /// <summary>How many batches an epoch has; where sequences are missing in its last one, it begins from the first again.</summary>
    /// <param name="batchSize">Sequences of a batch, 1 or more.</param>
    public int BatchesPerEpoch(int batchSize)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(batchSize, 1);
        return (Sequences + batchSize - 1) / batchSize;
    }

    /// <summary>Makes a batch. Its length is that of its longest sequence, rounded up to a multiple of 16, and at most the context.</summary>
    /// <param name="number">Which one, from 0 without end: epoch after epoch.</param>
    /// <param name="batchSize">Sequences of a batch, 1 or more.</param>
    public TrainingBatch Batch(long number, int batchSize)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(number);
        int batches = BatchesPerEpoch(batchSize);
        (long epoch, long index) = Math.DivRem(number, batches);
        Order(epoch, batchSize);
        ReadOnlySpan<int> chosen = _order.AsSpan((int)index * batchSize, batchSize);
        int length = 0;
        foreach (int sequence in chosen)
        {
            length = Math.Max(length, LengthOf(sequence));
        }

        length = Math.Min(_context, (length + LengthMultiple - 1) / LengthMultiple * LengthMultiple);
        int[] tokens = new int[batchSize * length];
        int[] targets = new int[batchSize * length];
        Array.Fill(tokens, _endOfText ?? 0);
        Array.Fill(targets, TrainingBatch.NoTarget);
        for (int row = 0; row < batchSize; row++)
        {
            Fill(chosen[row], epoch, tokens.AsSpan(row * length, length), targets.AsSpan(row * length, length));
        }

        return new TrainingBatch(batchSize, length, tokens, targets);
    }

    /// <summary>The SHA-256 hash of all sequences: equal data, equal batches.</summary>
    internal string Hash()
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        _tokens.AppendTo(hash);
        hash.AppendData(MemoryMarshal.AsBytes(CollectionsMarshal.AsSpan(_sequences)));
        return Convert.ToHexStringLower(hash.GetHashAndReset());
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

    /// <summary>Puts an epoch's sequences into the order in which batches take them.</summary>
    private void Order(long epoch, int batchSize)
    {
        if (_ordered == (epoch, batchSize))
        {
            return;
        }

        int sequences = Sequences;
        int batches = BatchesPerEpoch(batchSize);
        _order = new int[batches * batchSize];
        Span<int> shuffled = _order.AsSpan(0, sequences);
        for (int sequence = 0; sequence < sequences; sequence++)
        {
            shuffled[sequence] = sequence;
        }

        ulong seed = RandomOrder.Bits(_seed, epoch);
        RandomOrder.Shuffle(shuffled, seed);
        for (int index = sequences; index < _order.Length; index++)
        {
            _order[index] = _order[index - sequences];
        }

        if (!_isRunning)
        {
            SortByLength(batchSize, seed);
        }

        _ordered = (epoch, batchSize);
    }

    /// <summary>Sorts a number of batches at a time by length, and shuffles those batches as wholes, so that lengths come in any order.</summary>
    private void SortByLength(int batchSize, ulong seed)
    {
        int pool = PooledBatches * batchSize;
        int[] sorted = new int[_order.Length];
        int[] batches = new int[PooledBatches];
        for (int start = 0; start < _order.Length; start += pool)
        {
            Span<int> pooled = _order.AsSpan(start, Math.Min(pool, _order.Length - start));
            pooled.Sort((one, other) =>
                LengthOf(one) != LengthOf(other) ? LengthOf(one).CompareTo(LengthOf(other)) : one.CompareTo(other));
            Span<int> shuffled = batches.AsSpan(0, pooled.Length / batchSize);
            for (int batch = 0; batch < shuffled.Length; batch++)
            {
                shuffled[batch] = batch;
            }

            RandomOrder.Shuffle(shuffled, RandomOrder.Bits(seed, start));
            for (int batch = 0; batch < shuffled.Length; batch++)
            {
                pooled.Slice(shuffled[batch] * batchSize, batchSize).CopyTo(sorted.AsSpan(start + (batch * batchSize)));
            }
        }

        _order = sorted;
    }

    private void AddText(ReadOnlySpan<int> tokens, ReadOnlySpan<bool> isTrained)
    {
        for (int index = 0; index < tokens.Length; index++)
        {
            _tokens.Append(tokens[index], isTrained[index]);
        }
    }

    private void AddDocument(ReadOnlySpan<int> tokens, ReadOnlySpan<bool> isTrained)
    {
        if (tokens.IsEmpty)
        {
            return;
        }

        int start = _tokens.Count;
        AddText(tokens, isTrained);
        if (_endOfText is { } endOfText)
        {
            _tokens.Append(endOfText, isTrained[^1]);
        }

        for (; start < _tokens.Count - 1; start += _context)
        {
            AddSequence(start, Math.Min(_context, _tokens.Count - 1 - start));
        }
    }

    private void AddLine(ReadOnlySpan<int> tokens, ReadOnlySpan<bool> isTrained)
    {
        int start = _tokens.Count;
        AddText(tokens[..Math.Min(tokens.Length, _context + 1)], isTrained);
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

        _sequences.Add(new Sequence(start, length));
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

            TrainedTokens = _tokens.Count;
        }

        _tokens.Trim();
        _sequences.TrimExcess();
        if (_isRunning ? _tokens.Count < 2 : _sequences.Count == 0)
        {
            throw new TrainingDataException(file, "nothing in it can be trained: it needs a text of two tokens, with \"train\": true where it has segments");
        }
    }

    private readonly record struct Sequence(int Start, int Length);
}
