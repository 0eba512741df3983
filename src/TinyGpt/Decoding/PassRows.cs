using TinyGpt.Cache;
using TinyGpt.Kernels.Contract;

namespace TinyGpt.Decoding;

/// <summary>
/// The tokens of one forward pass. Each has its position and the sequence whose keys and values it reads and extends. Tokens of one
/// sequence follow each other with ascending positions. Decoding has one token per sequence and prefill many; the forward pass is the same.
/// Runs of consecutive positions are cut into blocks of tokens whose attention is computed together.
/// </summary>
internal sealed class PassRows(DecoderLimits limits, int sequences)
{
    private readonly int[] _tokens = new int[limits.Rows];
    private readonly int[] _positions = new int[limits.Rows];
    private readonly KvSequence[] _sequences = new KvSequence[limits.Rows];
    private readonly int[] _logitRows = new int[limits.LogitRows];
    private readonly int[] _blockStarts = new int[limits.Rows];
    private readonly PageCopy[] _copies = new PageCopy[sequences];

    public int Count { get; private set; }

    public int LogitCount { get; private set; }

    public int CopyCount { get; private set; }

    /// <summary>Blocks of 1 … <see cref="AttentionHead.MaxQueries"/> rows.</summary>
    public int BlockCount { get; private set; }

    /// <summary>The maximum number of keys that a token attends to.</summary>
    public int LongestContext { get; private set; }

    public int Capacity => _tokens.Length;

    public int Token(int row) => _tokens[row];

    public int Position(int row) => _positions[row];

    public KvSequence Sequence(int row) => _sequences[row];

    /// <summary>The token whose logits are number <paramref name="index"/>.</summary>
    public int LogitRow(int index) => _logitRows[index];

    /// <summary>The first token of a block; for <see cref="BlockCount"/>, the token after the last block.</summary>
    public int BlockStart(int block) => block == BlockCount ? Count : _blockStarts[block];

    public PageCopy Copy(int index) => _copies[index];

    public void Clear()
    {
        Count = 0;
        LogitCount = 0;
        CopyCount = 0;
        BlockCount = 0;
        LongestContext = 0;
    }

    public void Add(int token, int position, KvSequence sequence)
    {
        if (!ContinuesBlock(position, sequence))
        {
            _blockStarts[BlockCount++] = Count;
        }

        _tokens[Count] = token;
        _positions[Count] = position;
        _sequences[Count] = sequence;
        Count++;
        LongestContext = Math.Max(LongestContext, position + 1);
    }

    /// <summary>Requests the logits of the token added last.</summary>
    /// <returns>Their number.</returns>
    public int WantLogits()
    {
        _logitRows[LogitCount] = Count - 1;
        return LogitCount++;
    }

    public void AddCopy(PageCopy copy) => _copies[CopyCount++] = copy;

    private bool ContinuesBlock(int position, KvSequence sequence) =>
        Count > 0
        && Count - _blockStarts[BlockCount - 1] < AttentionHead.MaxQueries
        && sequence == _sequences[Count - 1]
        && position == _positions[Count - 1] + 1;
}
