using System.Text;
using TinyGpt.Import;
using TinyGpt.Text;

namespace TinyGpt.Training.Tests;

/// <summary>Tokenizers that change a text before they cut it: what is trained stays what its segment says.</summary>
public sealed class ChangedTextTests : IDisposable
{
    private const string EndOfText = "<|endoftext|>";
    private const int EndId = 256;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(false, "None", "Q: no?", " A: yes", " A: yes")]
    [InlineData(true, "None", "Q: no?", " A: yes", " A: yes")]
    [InlineData(true, "None", " Q: no?", "A: yes", "A: yes")]
    [InlineData(false, "Compose", "cafe\u0301 cafe\u0301?", " olé.", " olé.")] // composed it is shorter
    [InlineData(false, "Compose", "Kelvin \u212A is", " K.", " K.")]
    [InlineData(true, "Compose", "e\u0301e\u0301e\u0301", "e\u0301", "é")]
    [InlineData(false, "Lowercase", "ȺȺȺ says", " YES", " yes")] // in lower case it is longer
    public void Only_the_trained_segment_has_targets(
        bool hasPrefixSpace, string normalization, string read, string trained, string targets)
    {
        BytePairTokenizer tokenizer = Bytes(hasPrefixSpace, Enum.Parse<TextNormalization>(normalization));
        string line = "{\"segments\":[" + Segment(read, false) + "," + Segment(trained, true) + "]}";
        TokenDataset dataset = TokenDataset.Tokenize(TextSource.Open(_folder.Write("talk.jsonl", line)), tokenizer, 64, seed: 1);
        TrainingBatch batch = dataset.Batch(0, 1);
        Assert.Equal(targets + EndOfText, Encoding.UTF8.GetString(tokenizer.Decode([.. batch.Targets.Where(target => target >= 0)])));
        int[] expected = tokenizer.Encode(read + trained);
        Assert.Equal(expected, batch.Tokens[..expected.Length]);
    }

    [Fact]
    public void A_text_of_one_letter_may_have_two_tokens()
    {
        BytePairTokenizer tokenizer = Bytes(hasPrefixSpace: true, TextNormalization.None);
        TokenDataset dataset = TokenDataset.Tokenize(TextSource.Open(_folder.Write("tiny.jsonl", """{"text":"a"}""")), tokenizer, 64, seed: 1);
        Assert.Equal([.. tokenizer.Encode("a")], dataset.Batch(0, 1).Tokens[..2]);
        Assert.Equal(2, dataset.TrainedTokens);
    }

    [Fact]
    public void A_long_running_text_has_one_prefix()
    {
        BytePairTokenizer tokenizer = Bytes(hasPrefixSpace: true, TextNormalization.None);
        byte[] text = SampleText.BytesOfWords(600_000);
        TextSource source = TextSource.OfText("sample", text);
        Assert.True(source.PartCount > 2);
        TokenDataset dataset = TokenDataset.Tokenize(source, tokenizer, 64, seed: 1, threads: 2);
        Assert.Equal(tokenizer.Encode(text).Length + 1, dataset.Tokens);
    }

    [Fact]
    public void A_model_that_wants_a_token_before_every_text_learns_behind_it()
    {
        BytePairTokenizer tokenizer = Bytes(hasPrefixSpace: false, TextNormalization.None, EndId);
        TokenDataset dataset = TokenDataset.Tokenize(
            TextSource.Open(_folder.Write("lines.jsonl", """{"text":"ab"}""" + "\n" + """{"text":"ab"}""")), tokenizer, 64, seed: 1);
        TrainingBatch batch = dataset.Batch(0, 1);
        int[] expected = [.. tokenizer.EncodeDocument("ab"u8), EndId];
        Assert.Equal(expected[..^1], batch.Tokens[..3]);
        Assert.Equal(expected[1..], batch.Targets[..3]);
        Assert.Equal(6, dataset.TrainedTokens);
    }

    [Theory]
    [InlineData("plain.txt", "a<|endoftext|>b", 'a')]
    [InlineData("running.txt", "abc", 'a')]
    [InlineData("lines.jsonl", """{"text":"abc"}""", 'a')]
    public void A_byte_order_mark_is_no_text(string name, string content, char first)
    {
        string file = _folder.At(name);
        File.WriteAllText(file, content, new UTF8Encoding(encoderShouldEmitUTF8Identifier: true));
        SourceText text = new();
        TextSource.Open(file).Read(0, text);
        Assert.Equal(first, (char)text.Text[0]);
    }

    [Theory]
    [InlineData(false, "None", null)]
    [InlineData(true, "Compose", EndId)]
    [InlineData(false, "Compose, Lowercase", null)]
    public void A_tokenizer_is_the_same_after_it_was_written_and_read(bool hasPrefixSpace, string normalization, int? begin)
    {
        foreach (PreSplitting splitting in (PreSplitting[])[PreSplitting.Gpt2, PreSplitting.DigitsThenGpt2, PreSplitting.Gpt4, PreSplitting.Qwen2])
        {
            if (hasPrefixSpace && splitting != PreSplitting.Gpt2)
            {
                continue;
            }

            TokenVocabulary written = Bytes(hasPrefixSpace, Enum.Parse<TextNormalization>(normalization), begin, splitting).Vocabulary;
            foreach (ChatFamily family in Enum.GetValues<ChatFamily>())
            {
                ChatFormat chat = new(family, family == ChatFamily.ChatMl ? "You're a \\ help\nful one." : null);
                TokenizerJson.Write(_folder.Path, written, chat, endOfText: EndId);
                TokenizerContent read = TokenizerFiles.ReadContent(_folder.Path, written.Count);
                using MemoryStream expected = new();
                written.Write(expected);
                Assert.Equal(expected.ToArray(), read.Data.ToArray());

                // What is read also has the template that was written, and how the tokens are spelled that it names.
                Assert.Equal(family == ChatFamily.Plain ? null : chat, read.Chat is null ? null : new ChatFormat(read.Chat.Family, read.Chat.DefaultSystem));
                Assert.Equal(EndId, read.EndOfText);
            }
        }
    }

    [Fact]
    public void Templates_of_a_model_are_the_same_after_they_were_written_and_read()
    {
        TokenVocabulary vocabulary = Bytes(hasPrefixSpace: false, TextNormalization.None).Vocabulary;
        NamedChatTemplate[] templates =
        [
            new(NamedChatTemplate.Default, "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>{% endfor %}"),
            new("tool_use", "{{ tools | tojson }} \"quoted\" \\ <|im_start|>"),
        ];

        TokenizerJson.Write(_folder.Path, vocabulary, new ChatFormat(ChatFamily.ChatMl) { Templates = templates }, endOfText: EndId);

        Assert.Equal(templates, TokenizerFiles.ReadContent(_folder.Path, vocabulary.Count).Chat!.Templates);
    }

    private static string Segment(string text, bool isTrained) =>
        $"{{\"text\":\"{text}\",\"train\":{(isTrained ? "true" : "false")}}}";

    /// <summary>Every byte, <c>&lt;|endoftext|&gt;</c>, a merge, a token that any text becomes, and an unused id.</summary>
    private static BytePairTokenizer Bytes(
        bool hasPrefixSpace, TextNormalization normalization, int? begin = null, PreSplitting splitting = PreSplitting.Gpt2)
    {
        byte[][] tokens =
            [.. Enumerable.Range(0, 256).Select(value => new[] { (byte)value }), "<|endoftext|>"u8.ToArray(), "ye"u8.ToArray(), "<x>"u8.ToArray(), []];
        (byte[] blob, int[] starts) = VocabularyContent.Join(tokens);
        VocabularyContent content = new()
        {
            Blob = blob,
            Starts = starts,
            Merges = [new TokenMerge('y', 'e', 257)],
            AddedTokens = [new AddedToken(EndId), new AddedToken(258, AddedTokenTraits.UserDefined)],
            Rules = new TokenizerRules
            {
                Splitting = splitting,
                Normalization = normalization,
                PrefixSpace = hasPrefixSpace ? PrefixSpace.UnlessThere : PrefixSpace.None,
                PrefixAfterAddedTokens = hasPrefixSpace,
                BeginOfText = begin,
            },
        };
        Assert.True(TokenVocabulary.TryAdopt(content, out TokenVocabulary? vocabulary, out VocabularyFault fault), fault.Reason);
        return new BytePairTokenizer(vocabulary);
    }
}
