using System.Runtime.InteropServices;

namespace TinyGpt.Training;

/// <summary>
/// Byte-pair encoding learned step by step: all words with their counts, every pair of neighbours with its count and the words
/// that it occurs in, and a queue of the pairs. A merge touches only the words that have its pair. Not thread-safe.
/// </summary>
internal sealed class MergeSearch
{
    private const int Any = -1;

    private readonly int[][] _words;
    private readonly int[] _lengths; // of a word, in tokens: merges shorten it in place
    private readonly long[] _counts;
    private readonly Dictionary<(int Left, int Right), Pair> _pairs = [];
    private readonly PriorityQueue<(int Left, int Right), (long Count, int Left, int Right)> _queue = new(MostFrequentFirst.Instance);
    private readonly HashSet<(int Left, int Right)> _risen = [];

    /// <summary>Starts with words as bytes, whose tokens are their values.</summary>
    /// <param name="pieces">The words and how often each occurs.</param>
    public MergeSearch(Dictionary<byte[], long> pieces)
    {
        _words = new int[pieces.Count][];
        _lengths = new int[pieces.Count];
        _counts = new long[pieces.Count];
        int word = 0;
        foreach ((byte[] piece, long count) in pieces)
        {
            _words[word] = Array.ConvertAll(piece, value => (int)value);
            _lengths[word] = piece.Length;
            _counts[word] = count;
            AddPairs(word, Any);
            word++;
        }

        QueueRisen();
    }

    /// <summary>Finds the pair that occurs most often; of several, the one with the lowest ids, left before right.</summary>
    /// <param name="left">The pair's left token.</param>
    /// <param name="right">The pair's right token.</param>
    /// <returns>How often it occurs; zero if there is no pair left.</returns>
    public long FindMostFrequent(out int left, out int right)
    {
        while (_queue.TryDequeue(out (int Left, int Right) pair, out (long Count, int Left, int Right) queued))
        {
            (left, right) = pair;
            Pair found = _pairs[pair];
            long count = found.Count;
            found.Queued = 0;
            if (count == queued.Count && count > 0)
            {
                return count;
            }

            if (count > 0 && count < queued.Count)
            {
                // Counts fall without the queue being told; those that rise are queued again at once.
                found.Queued = count;
                _queue.Enqueue(pair, (count, left, right));
            }
        }

        left = right = -1;
        return 0;
    }

    /// <summary>Joins a pair wherever it occurs.</summary>
    public void Merge(int left, int right, int result)
    {
        Pair merged = _pairs[(left, right)];
        List<int> words = merged.Words;
        merged.Words = [];
        foreach (int word in words)
        {
            Span<int> tokens = _words[word].AsSpan(0, _lengths[word]);
            if (!Contains(tokens, left, right))
            {
                continue; // an earlier merge took it away
            }

            RemovePairs(word);
            _lengths[word] = Join(tokens, left, right, result);
            AddPairs(word, result);
        }

        QueueRisen();
    }

    private static bool Contains(ReadOnlySpan<int> tokens, int left, int right)
    {
        for (int index = 0; index + 1 < tokens.Length; index++)
        {
            if (tokens[index] == left && tokens[index + 1] == right)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Joins the pair in one word, leftmost first, and returns the word's new length.</summary>
    private static int Join(Span<int> tokens, int left, int right, int result)
    {
        int length = 0;
        for (int index = 0; index < tokens.Length; index++)
        {
            bool joins = tokens[index] == left && index + 1 < tokens.Length && tokens[index + 1] == right;
            tokens[length++] = joins ? result : tokens[index];
            index += joins ? 1 : 0;
        }

        return length;
    }

    private void RemovePairs(int word)
    {
        ReadOnlySpan<int> tokens = _words[word].AsSpan(0, _lengths[word]);
        for (int index = 0; index + 1 < tokens.Length; index++)
        {
            _pairs[(tokens[index], tokens[index + 1])].Count -= _counts[word];
        }
    }

    /// <summary>Counts a word's pairs.</summary>
    /// <param name="word">The word.</param>
    /// <param name="appeared">The token that is new in the word: only its pairs can be new. <see cref="Any"/>: the word itself is new.</param>
    private void AddPairs(int word, int appeared)
    {
        ReadOnlySpan<int> tokens = _words[word].AsSpan(0, _lengths[word]);
        for (int index = 0; index + 1 < tokens.Length; index++)
        {
            (int Left, int Right) key = (tokens[index], tokens[index + 1]);
            ref Pair? pair = ref CollectionsMarshal.GetValueRefOrAddDefault(_pairs, key, out _);
            pair ??= new Pair();
            pair.Count += _counts[word];
            if (appeared == Any || key.Left == appeared || key.Right == appeared)
            {
                pair.Add(word);
                _risen.Add(key);
            }
        }
    }

    private void QueueRisen()
    {
        foreach ((int left, int right) in _risen)
        {
            Pair pair = _pairs[(left, right)];
            if (pair.Count > pair.Queued)
            {
                pair.Queued = pair.Count;
                _queue.Enqueue((left, right), (pair.Count, left, right));
            }
        }

        _risen.Clear();
    }

    private sealed class Pair
    {
        public long Count { get; set; }

        /// <summary>The highest count with which the pair is certainly in the queue.</summary>
        public long Queued { get; set; }

        /// <summary>Every word that has the pair, and perhaps some that had it. A word may come more than once.</summary>
        public List<int> Words { get; set; } = [];

        public void Add(int word)
        {
            if (Words.Count == 0 || Words[^1] != word)
            {
                Words.Add(word);
            }
        }
    }

    private sealed class MostFrequentFirst : IComparer<(long Count, int Left, int Right)>
    {
        public static MostFrequentFirst Instance { get; } = new();

        public int Compare((long Count, int Left, int Right) x, (long Count, int Left, int Right) y) =>
            x.Count != y.Count ? y.Count.CompareTo(x.Count)
            : x.Left != y.Left ? x.Left.CompareTo(y.Left)
            : x.Right.CompareTo(y.Right);
    }
}
