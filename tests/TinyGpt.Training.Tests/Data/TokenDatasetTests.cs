using System.Text;

namespace TinyGpt.Training.Tests;

public sealed class TokenDatasetTests : IDisposable
{
    private static readonly BytePairTokenizer Tokenizer =
        new(BytePairTraining.Train(TextSource.OfText("sample", SampleText.BytesOfWords(4000)), 320));

    private static readonly int EndOfText = Tokenizer.TryGetEndOfText(out int id) ? id : -1;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Only_what_is_trained_has_targets_and_the_tokens_are_those_of_the_joined_text()
    {
        TokenDataset dataset = Open("talk.jsonl", """
            {"segments":[{"text":"Card: ale 3\nPlayer: ale?\nMira:","train":false},{"text":" three coins.\n","train":true},{"text":"Player: bye\nMira:","train":false},{"text":" again.","train":true}]}
            """);
        int[] ids = Tokenizer.Encode("Card: ale 3\nPlayer: ale?\nMira: three coins.\nPlayer: bye\nMira: again.");
        TrainingBatch batch = dataset.Batch(0, 1);
        Assert.Equal(ids, batch.Tokens[..ids.Length]);
        List<int> trained = [.. batch.Targets.Where(target => target >= 0)];
        Assert.Equal(" three coins.\n again.<|endoftext|>", Encoding.UTF8.GetString(Tokenizer.Decode([.. trained])));
        Assert.Equal(trained.Count, dataset.TrainedTokens);
        for (int position = 0; position + 1 < ids.Length; position++)
        {
            Assert.Contains(batch.Targets[position], new[] { TrainingBatch.NoTarget, ids[position + 1] });
        }
    }

    [Fact]
    public void A_talk_that_ends_untrained_has_no_end_of_text_and_no_idle_positions()
    {
        TokenDataset dataset = Open("talk.jsonl", """
            {"segments":[{"text":"a","train":false},{"text":" bc","train":true},{"text":" and a long rest that nobody learns, whatever it says","train":false}]}
            """);
        TrainingBatch batch = dataset.Batch(0, 1);
        Assert.Equal(16, batch.Length);
        Assert.DoesNotContain(EndOfText, batch.Targets);
        Assert.Equal(" bc", Encoding.UTF8.GetString(Tokenizer.Decode([.. batch.Targets.Where(target => target >= 0)])));
    }

    [Fact]
    public void A_line_is_cut_at_the_context_and_counted()
    {
        string words = SampleText.OfWords(400).ReplaceLineEndings(" ");
        TokenDataset dataset = Open("long.jsonl", $$"""
            {"text":"{{words}}"}
            {"text":"short"}
            {"segments":[{"text":"{{words}}","train":false},{"text":" unheard","train":true}]}
            """);
        Assert.Equal(2, dataset.Sequences);
        Assert.Equal(2, dataset.CutDocuments);
        Assert.Equal(1, dataset.SilentDocuments);
        TrainingBatch batch = Enumerable.Range(0, 2).Select(number => dataset.Batch(number, 1)).First(one => one.Length == 64);
        int[] ids = Tokenizer.Encode(words);
        Assert.Equal(ids[..64], batch.Tokens);
        Assert.Equal(ids[1..65], batch.Targets);
    }

    [Fact]
    public void A_long_plain_document_goes_on_in_further_sequences()
    {
        string words = SampleText.OfWords(200);
        TokenDataset dataset = Open("tales.txt", words + "<|endoftext|>short");
        int[] ids = [.. Tokenizer.Encode(words.TrimEnd('\n')), EndOfText];
        Assert.Equal(((ids.Length - 1 + 63) / 64) + 1, dataset.Sequences);
        Assert.Equal(0, dataset.CutDocuments);
        Assert.Equal(dataset.Tokens - 2, dataset.TrainedTokens); // all but the first of each document
        List<int> targets = [.. Enumerable.Range(0, dataset.Sequences).SelectMany(number => dataset.Batch(number, 1).Targets).Where(target => target >= 0)];
        Assert.Equal(ids[1..].Concat(Tokenizer.Encode("short")[1..]).Append(EndOfText).Order(), targets.Order());
    }

    [Fact]
    public void Every_epoch_deals_out_each_document_once_in_an_order_of_its_own()
    {
        TokenDataset dataset = Documents(500, seed: 5);
        List<string> first = Epoch(dataset, 0, batchSize: 4);
        List<string> second = Epoch(dataset, 1, batchSize: 4);
        Assert.Equal(500, first.Distinct().Count());
        Assert.Equal(first.Order(), second.Order());
        Assert.NotEqual(first, second);
        Assert.NotEqual(first, Epoch(Documents(500, seed: 6), 0, batchSize: 4));
    }

    [Fact]
    public void A_batch_depends_on_its_number_alone()
    {
        TokenDataset one = Documents(100, seed: 5);
        for (int number = 0; number < 130; number++)
        {
            one.Batch(number, 3);
        }

        TokenDataset other = Documents(100, seed: 5);
        Assert.Equal(one.Batch(57, 3).Tokens, other.Batch(57, 3).Tokens);
        Assert.Equal(one.Batch(129, 3).Targets, other.Batch(129, 3).Targets);
    }

    [Fact]
    public void Batches_are_as_long_as_their_longest_sequence_and_little_of_them_is_padding()
    {
        TokenDataset dataset = Documents(2000, seed: 1);
        long positions = 0;
        long targets = 0;
        for (int number = 0; number < dataset.BatchesPerEpoch(8); number++)
        {
            TrainingBatch batch = dataset.Batch(number, 8);
            Assert.Equal(0, batch.Length % 16);
            Assert.Contains(Enumerable.Range(0, 8), row => batch.Targets.AsSpan(row * batch.Length, batch.Length)[^16..].ContainsAnyExcept(-1));
            positions += batch.Tokens.Length;
            targets += batch.CountTargets();
        }

        Assert.Equal(dataset.TrainedTokens, targets);
        Assert.InRange((double)targets / positions, 0.75, 1);
    }

    [Fact]
    public void A_running_text_is_a_ring_that_every_epoch_cuts_elsewhere()
    {
        string words = SampleText.OfWords(1000);
        TokenDataset dataset = Open("book.txt", words);
        int[] ring = [.. Tokenizer.Encode(words), EndOfText];
        Assert.Equal(ring.Length, dataset.Tokens);
        HashSet<int> starts = [];
        for (int number = 0; number < 2 * dataset.Sequences; number++)
        {
            TrainingBatch batch = dataset.Batch(number, 1);
            int start = Enumerable.Range(0, ring.Length).First(at => Enumerable.Range(0, 64).All(i => ring[(at + i) % ring.Length] == batch.Tokens[i]));
            Assert.All(Enumerable.Range(0, 64), i => Assert.Equal(ring[(start + i + 1) % ring.Length], batch.Targets[i]));
            starts.Add(start);
            if (number == dataset.Sequences - 1)
            {
                bool[] seen = new bool[ring.Length];
                starts.SelectMany(at => Enumerable.Range(at, 64)).ToList().ForEach(at => seen[at % ring.Length] = true);
                Assert.DoesNotContain(false, seen);
            }
        }

        Assert.True(starts.Count > dataset.Sequences);
    }

    [Fact]
    public void Threads_do_not_change_the_data()
    {
        byte[] text = SampleText.BytesOfWords(600_000);
        TextSource source = TextSource.OfText("sample", text);
        TokenDataset one = TokenDataset.Tokenize(source, Tokenizer, 64, seed: 1, threads: 1);
        TokenDataset three = TokenDataset.Tokenize(source, Tokenizer, 64, seed: 1, threads: 3);
        Assert.Equal(one.Hash(), three.Hash());
        Assert.Equal(Tokenizer.Encode(text).Length + 1, one.Tokens);
        Assert.True(one.MemoryBytes < 2.2 * one.Tokens);
    }

    [Fact]
    public void A_byte_without_a_token_is_refused()
    {
        BytePairTokenizer letters = new(TokenVocabulary.Create([[(byte)'a'], [(byte)'b']], [], []));
        TrainingDataException exception = Assert.Throws<TrainingDataException>(
            () => TokenDataset.Tokenize(TextSource.OfText("sample.txt", "abc"u8.ToArray()), letters, 16, seed: 1));
        Assert.Contains("sample.txt", exception.Message, StringComparison.Ordinal);
        Assert.Contains("0x63", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Data_that_trains_nothing_is_refused() =>
        Assert.Throws<TrainingDataException>(() => Open("mute.jsonl", """{"segments":[{"text":"all of it is read","train":false}]}"""));

    [Fact]
    public void A_class_is_learned_at_the_end_of_the_text()
    {
        TextSource source = TextSource.Open(_folder.Write("intents.jsonl", """
            {"text":"three coins for ale","label":"price"}
            {"label":"greet","segments":[{"text":"the smith:","train":false},{"text":" hammers all night","train":true}]}
            {"text":"the road","label":"price"}
            """));
        LabelSet labels = LabelSet.Of(source);
        Assert.Equal(["greet", "price"], labels.Labels);
        TokenDataset dataset = TokenDataset.Tokenize(source, Tokenizer, 64, seed: 1, labels: labels);
        TrainingBatch batch = dataset.Batch(0, 3);
        Assert.Equal(dataset.TrainedTokens, batch.CountTargets());
        foreach (int row in Enumerable.Range(0, 3))
        {
            int last = batch.Classes!.LastPositions[row];
            ReadOnlySpan<int> tokens = batch.Tokens.AsSpan(row * batch.Length, last + 1);
            ReadOnlySpan<int> targets = batch.Targets.AsSpan(row * batch.Length, batch.Length);
            string text = Encoding.UTF8.GetString(Tokenizer.Decode(tokens));
            Assert.EndsWith("<|endoftext|>", text, StringComparison.Ordinal);
            Assert.Equal(text.StartsWith("the smith", StringComparison.Ordinal) ? 0 : 1, batch.Classes.Labels[row]);
            Assert.Equal(EndOfText, targets[last - 1]);
            Assert.False(targets[last..].ContainsAnyExcept(TrainingBatch.NoTarget));
        }
    }

    [Fact]
    public void What_fills_up_an_epoch_counts_once_where_that_is_asked_for()
    {
        TokenDataset dataset = Documents(10, seed: 2);
        long targets = 0;
        for (int number = 0; number < dataset.BatchesPerEpoch(4); number++)
        {
            targets += dataset.Batch(number, 4, repeats: false).CountTargets();
        }

        Assert.Equal(dataset.TrainedTokens, targets);
        Assert.True(Enumerable.Range(0, 3).Sum(number => dataset.Batch(number, 4).CountTargets()) > targets);
    }

    [Theory]
    [InlineData("{\"text\":\"a\",\"label\":\"x\"}\n{\"text\":\"b\"}", "line 2: the line has no \"label\"")]
    [InlineData("{\"text\":\"a\",\"label\":\"x\"}\n{\"text\":\"b\",\"label\":\"x\"}", "the same label")]
    [InlineData("{\"text\":\"a\",\"label\":1}", "a \"label\" is a text")]
    public void Labels_that_cannot_be_learned_are_refused(string lines, string reason)
    {
        TextSource source = TextSource.Open(_folder.Write("intents.jsonl", lines));
        Assert.Contains(reason, Assert.Throws<TrainingDataException>(() => LabelSet.Of(source)).Message, StringComparison.Ordinal);
    }

    private static List<string> Epoch(TokenDataset dataset, int epoch, int batchSize)
    {
        int batches = dataset.BatchesPerEpoch(batchSize);
        List<string> rows = [];
        for (int number = epoch * batches; number < (epoch + 1) * batches; number++)
        {
            TrainingBatch batch = dataset.Batch(number, batchSize);
            for (int row = 0; row < batchSize; row++)
            {
                rows.Add(Encoding.UTF8.GetString(Tokenizer.Decode(batch.Tokens.AsSpan(row * batch.Length, batch.Length)))
                    .Replace("<|endoftext|>", "", StringComparison.Ordinal).TrimEnd());
            }
        }

        return rows;
    }

    private TokenDataset Documents(int count, ulong seed)
    {
        StringBuilder lines = new();
        for (int number = 0; number < count; number++)
        {
            string words = SampleText.OfWords(1 + (number * 7 % 25), (ulong)number).ReplaceLineEndings(" ");
            lines.AppendLine($$"""{"text":"{{number}} {{words}}"}""");
        }

        return TokenDataset.Tokenize(TextSource.Open(_folder.Write("documents.jsonl", lines.ToString())), Tokenizer, 64, seed);
    }

    private TokenDataset Open(string name, string content) =>
        TokenDataset.Tokenize(TextSource.Open(_folder.Write(name, content)), Tokenizer, 64, seed: 1);
}
