using System.Text;

namespace TinyGpt.Training.Tests;

public sealed class TextSourceTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_text_without_a_separator_is_one_running_text()
    {
        byte[] text = SampleText.BytesOfWords(500_000);
        TextSource source = TextSource.OfText("sample", text);
        Assert.True(source.IsRunning);
        Assert.True(source.PartCount > 2);
        Assert.Equal(text, Encoding.UTF8.GetBytes(string.Concat(Parts(source))));
    }

    [Fact]
    public void Separators_and_the_line_breaks_beside_them_belong_to_no_document()
    {
        TextSource source = TextSource.Open(_folder.Write("tales.txt", "One.\n\nStill one.\n<|endoftext|>\nTwo.<|endoftext|>\n\n<|endoftext|>Three.\n"));
        Assert.False(source.IsRunning);
        Assert.Equal(["One.\n\nStill one.", "Two.", "Three."], Parts(source));
    }

    [Fact]
    public void A_line_is_a_text_or_segments()
    {
        TextSource source = TextSource.Open(_folder.Write("talks.jsonl", """
            {"text":"Hello\nthere \u00e9 \ud83d\ude00","id":7}

            {"tags":["a",{"b":1}],"segments":[{"text":"Q: ","train":false},{"train":true,"text":"A"},{"text":"","train":false}]}
            """));
        Assert.Equal(["Hello\nthere é 😀", "Q: A"], Parts(source));
        SourceText text = new();
        source.Read(1, text);
        Assert.Equal([new TextSegment(3, false), new TextSegment(4, true)], text.Segments);
    }

    [Theory]
    [InlineData("""{"text":"a"} {}""", "not valid JSON")]
    [InlineData("""{"text":"a" """, "not valid JSON")]
    [InlineData("""{"text":"\ud83d"}""", "not valid JSON")]
    [InlineData("""{"text":5}""", "\"segments\"")]
    [InlineData("""["text"]""", "\"segments\"")]
    [InlineData("""{"name":"a"}""", "\"segments\"")]
    [InlineData("""{"text":"a","segments":[]}""", "\"segments\"")]
    [InlineData("""{"segments":{"text":"a","train":true}}""", "\"segments\"")]
    [InlineData("""{"segments":[{"text":"a"}]}""", "\"segments\"")]
    [InlineData("""{"segments":[{"text":"a","train":1}]}""", "\"segments\"")]
    [InlineData("""{"segments":["a"]}""", "\"segments\"")]
    public void A_line_that_is_neither_is_refused_by_its_number(string line, string reason)
    {
        TextSource source = TextSource.Open(_folder.Write("talks.jsonl", "{\"text\":\"fine\"}\n\n" + line));
        TrainingDataException exception = Assert.Throws<TrainingDataException>(() => Parts(source));
        Assert.Equal(3, exception.Line);
        Assert.Contains(reason, exception.Message, StringComparison.Ordinal);
        Assert.Contains("talks.jsonl, line 3", exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("empty.txt", "")]
    [InlineData("blank.jsonl", "\n \n")]
    [InlineData("separators.txt", "<|endoftext|>\n<|endoftext|>")]
    public void A_file_without_text_is_refused(string name, string content) =>
        Assert.Throws<TrainingDataException>(() => TextSource.Open(_folder.Write(name, content)));

    [Fact]
    public void A_share_of_documents_is_set_apart_by_the_seed()
    {
        string[] documents = [.. Enumerable.Range(0, 1000).Select(number => $"Document {number}.")];
        TextSource source = TextSource.Open(_folder.Write("many.txt", string.Join("<|endoftext|>", documents)));
        (TextSource training, TextSource heldOut) = source.Split(0.1, seed: 3);
        Assert.Equal(documents.Order(), Parts(training).Concat(Parts(heldOut)).Order());
        Assert.InRange(heldOut.PartCount, 70, 130);
        Assert.Equal(Parts(heldOut), Parts(source.Split(0.1, seed: 3).HeldOut));
        Assert.NotEqual(Parts(heldOut), Parts(source.Split(0.1, seed: 4).HeldOut));
    }

    [Fact]
    public void The_end_of_a_running_text_is_set_apart()
    {
        string text = SampleText.OfWords(1000);
        (TextSource training, TextSource heldOut) = TextSource.OfText("sample", Encoding.UTF8.GetBytes(text)).Split(0.25, seed: 1);
        Assert.Equal(text, string.Concat(Parts(training)) + string.Concat(Parts(heldOut)));
        Assert.InRange((double)heldOut.Bytes / text.Length, 0.2, 0.3);
    }

    private static List<string> Parts(TextSource source)
    {
        SourceText text = new();
        List<string> parts = [];
        for (int part = 0; part < source.PartCount; part++)
        {
            source.Read(part, text);
            parts.Add(Encoding.UTF8.GetString(text.Text));
        }

        return parts;
    }
}
