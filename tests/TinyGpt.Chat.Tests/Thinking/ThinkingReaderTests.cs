using Xunit;

namespace TinyGpt.Chat.Tests.Thinking;

/// <summary>Thoughts and answers apart, wherever the text is cut.</summary>
public sealed class ThinkingReaderTests
{
    private static readonly ThinkingMarks Marks = new("<think>", "</think>");

    [Theory]
    [InlineData("<think>\nwell, a < b\n</think>\n\nYes. <think> is text here", false, "well, a < b", "Yes. <think> is text here")]
    [InlineData("No thoughts.\n", false, "", "No thoughts.\n")]
    [InlineData("hm</think>Yes", true, "hm", "Yes")]
    [InlineData("<think>\n\n</think>\n\nYes", false, "", "Yes")]
    [InlineData("<think>never ends", false, "never ends", "")]
    [InlineData("<thin ice", false, "", "<thin ice")]
    [InlineData("  <think>a</think>b", false, "a", "b")]
    public void Parts_are_the_same_however_the_text_is_cut(string text, bool isOpen, string reasoning, string answer)
    {
        for (int length = 1; length <= text.Length; length++)
        {
            ThinkingReader reader = new(Marks, isOpen);
            List<AnswerPart> parts = [];
            for (int start = 0; start < text.Length; start += length)
            {
                parts.AddRange(reader.Read(text.Substring(start, Math.Min(length, text.Length - start))));
            }

            parts.AddRange(reader.Read("", isLast: true));
            Assert.Equal(reasoning, string.Concat(parts.Where(part => part.IsReasoning).Select(part => part.Text)));
            Assert.Equal(answer, string.Concat(parts.Where(part => !part.IsReasoning).Select(part => part.Text)));
        }
    }
}
