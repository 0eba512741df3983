using System.Text;
using System.Text.RegularExpressions;
using TinyGpt.Import;

namespace TinyGpt.Training.Tests;

public sealed partial class BytePairTrainingTests
{
    private static readonly byte[] Sample = SampleText.BytesOfWords(4000);

    [Fact]
    public void Merges_are_those_of_counting_all_pairs_anew_each_time()
    {
        TokenVocabulary vocabulary = BytePairTraining.Train(TextSource.OfText("sample", Sample), 400);
        List<TokenMerge> expected = NaiveMerges(Encoding.UTF8.GetString(Sample), vocabulary.Merges.Length);
        Assert.Equal(expected, vocabulary.Merges.ToArray());
        Assert.True(expected.Count > 50);
    }

    [Fact]
    public void Bytes_come_first_and_the_end_of_text_last()
    {
        TokenVocabulary vocabulary = BytePairTraining.Train(TextSource.OfText("sample", Sample), 300);
        Assert.Equal(300, vocabulary.Count);
        for (int value = 0; value < 256; value++)
        {
            Assert.Equal([(byte)value], vocabulary.TokenBytes(value).ToArray());
        }

        Assert.True(vocabulary.TryGetSpecialToken("<|endoftext|>", out int endOfText));
        Assert.Equal(299, endOfText);
    }

    [Fact]
    public void Threads_do_not_change_the_vocabulary()
    {
        byte[] text = SampleText.BytesOfWords(400_000); // several blocks
        TextSource source = TextSource.OfText("sample", text);
        Assert.Equal(
            BytePairTraining.Train(source, 500, threads: 1).Merges.ToArray(), BytePairTraining.Train(source, 500, threads: 3).Merges.ToArray());
    }

    [Fact]
    public void A_sample_is_enough_where_it_is_asked_for()
    {
        string text = string.Join("<|endoftext|>", Enumerable.Repeat("aaaa aaaa", 500).Append("zzzz zzzz"));
        TextSource source = TextSource.OfText("sample", Encoding.UTF8.GetBytes(text));
        Assert.True(BytePairTraining.Train(source, 300).TryGetId("zz"u8, out _));
        TokenVocabulary sampled = BytePairTraining.Train(source, 300, sampleBytes: 100);
        Assert.True(sampled.TryGetId("aa"u8, out _));
        Assert.False(sampled.TryGetId("zz"u8, out _));
    }

    [Fact]
    public void A_text_without_repetitions_gives_fewer_tokens()
    {
        TokenVocabulary vocabulary = BytePairTraining.Train(TextSource.OfText("sample", "abc"u8.ToArray()), 300);
        Assert.Equal(BytePairTraining.SmallestVocabulary, vocabulary.Count);
    }

    [Fact]
    public void Written_files_give_the_same_tokens_when_they_are_read()
    {
        using TemporaryFolder folder = new();
        TokenVocabulary trained = BytePairTraining.Train(TextSource.OfText("sample", Sample), 600);
        Gpt2TokenizerFiles.Write(folder.Path, trained);
        Assert.Equal(["merges.txt", "vocab.json"], Directory.GetFiles(folder.Path).Select(Path.GetFileName).Order());
        TokenVocabulary read = TokenizerFiles.Read(folder.Path);
        Assert.Equal(trained.Count, read.Count);
        Assert.Equal(trained.Merges.ToArray(), read.Merges.ToArray());
        Assert.Equal(trained.SpecialTokens.ToArray(), read.SpecialTokens.ToArray());
        byte[] anyBytes = [.. Enumerable.Range(0, 256).Select(value => (byte)value)];
        foreach (byte[] text in (byte[][])[Sample, anyBytes, "naïve <|endoftext|> \0"u8.ToArray()])
        {
            int[] ids = new BytePairTokenizer(read).Encode(text);
            Assert.Equal(new BytePairTokenizer(trained).Encode(text), ids);
            Assert.Equal(text, new BytePairTokenizer(read).Decode(ids));
        }

        Assert.Contains("\"Ġthe\":", File.ReadAllText(folder.At("vocab.json")), StringComparison.Ordinal);
        Assert.StartsWith("#version: 0.2\n", File.ReadAllText(folder.At("merges.txt")), StringComparison.Ordinal);
    }

    // The published pattern, by the framework's own engine.
    [GeneratedRegex(@"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+")]
    private static partial Regex Pieces();

    private static List<TokenMerge> NaiveMerges(string text, int count)
    {
        List<List<int>> words = [.. Pieces().Matches(text).Select(match => Encoding.UTF8.GetBytes(match.Value).Select(value => (int)value).ToList())];
        List<TokenMerge> merges = [];
        for (int merge = 0; merge < count; merge++)
        {
            (int Left, int Right) best = words
                .SelectMany(word => word.Zip(word.Skip(1)))
                .GroupBy(pair => pair)
                .OrderByDescending(group => group.Count()).ThenBy(group => group.Key)
                .First().Key;
            int result = 256 + merge;
            merges.Add(new TokenMerge(best.Left, best.Right, result));
            foreach (List<int> word in words)
            {
                for (int index = 0; index + 1 < word.Count; index++)
                {
                    if ((word[index], word[index + 1]) == best)
                    {
                        word[index] = result;
                        word.RemoveAt(index + 1);
                    }
                }
            }
        }

        return merges;
    }
}
