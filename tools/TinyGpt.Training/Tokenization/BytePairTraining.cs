namespace TinyGpt.Training;

/// <summary>
/// Learns a byte-level byte-pair vocabulary (Sennrich, Haddow and Birch, 2016; over bytes and with the splitting of GPT-2, Radford et al., 2019).
/// Thread-safe.
/// </summary>
/// <remarks>
/// Ids: 0 to 255 are the bytes, then the merges' tokens in the order in which they were found, last <c>&lt;|endoftext|&gt;</c>.
/// The pair that occurs most often is merged next; of several, the one with the lowest ids. The same text gives the same vocabulary
/// on every machine and with any number of threads.
/// </remarks>
public static class BytePairTraining
{
    /// <summary>The smallest vocabulary: the bytes and the end of a text.</summary>
    public const int SmallestVocabulary = Bytes + 1;

    private const int Bytes = 256;
    private const long FewestOccurrences = 2; // what occurs once teaches a model nothing by being a token

    private static ReadOnlySpan<byte> EndOfText => "<|endoftext|>"u8;

    /// <summary>Learns a vocabulary.</summary>
    /// <param name="source">The text.</param>
    /// <param name="vocabularySize">
    /// The tokens that it is to have, <see cref="SmallestVocabulary"/> to <see cref="TokenVocabulary.MostTokens"/>. It has fewer
    /// where no pair is left that occurs twice.
    /// </param>
    /// <param name="sampleBytes">How much of the text is enough to learn from, in bytes, or 0 for all.</param>
    /// <param name="threads">How many threads count words, 1 or more.</param>
    /// <param name="progress">Told the number of tokens from time to time, or null.</param>
    /// <param name="cancellation">Stops early.</param>
    /// <returns>The vocabulary.</returns>
    /// <exception cref="ArgumentOutOfRangeException">A number is out of its range.</exception>
    /// <exception cref="TrainingDataException">The text cannot be read.</exception>
    public static TokenVocabulary Train(
        TextSource source,
        int vocabularySize,
        long sampleBytes = 0,
        int threads = 1,
        IProgress<int>? progress = null,
        CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentOutOfRangeException.ThrowIfLessThan(vocabularySize, SmallestVocabulary);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(vocabularySize, TokenVocabulary.MostTokens);
        ArgumentOutOfRangeException.ThrowIfNegative(sampleBytes);
        ArgumentOutOfRangeException.ThrowIfLessThan(threads, 1);
        MergeSearch search = new(PieceCounts.Of(source, sampleBytes, threads, cancellation));
        List<byte[]> tokens = [.. Enumerable.Range(0, Bytes).Select(value => new[] { (byte)value })];
        Dictionary<byte[], int> ids = new(ByteSequenceComparer.Instance);
        List<TokenMerge> merges = [];
        HashSet<(int Left, int Right)> merged = [];
        while (tokens.Count < vocabularySize - 1 && search.FindMostFrequent(out int left, out int right) >= FewestOccurrences)
        {
            cancellation.ThrowIfCancellationRequested();
            byte[] bytes = [.. tokens[left], .. tokens[right]];

            // Two ways to the same bytes are one token, as for every reader of such a vocabulary.
            if (!ids.TryGetValue(bytes, out int result))
            {
                if (bytes.Length > TokenVocabulary.MostTokenBytes)
                {
                    break;
                }

                result = tokens.Count;
                tokens.Add(bytes);
                ids.Add(bytes, result);
                progress?.Report(tokens.Count);
            }

            // Such a token can bring back a pair that was merged before.
            if (merged.Add((left, right)))
            {
                merges.Add(new TokenMerge(left, right, result));
            }

            search.Merge(left, right, result);
        }

        tokens.Add(EndOfText.ToArray());
        return TokenVocabulary.Create(tokens, merges.ToArray(), [tokens.Count - 1]);
    }
}
