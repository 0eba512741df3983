using Xunit;

namespace TinyGpt.Tests;

public sealed class TerminalTextTests
{
    [Theory]
    [InlineData("plain, für 3 Łódź € 你好", "plain, für 3 Łódź € 你好")]
    [InlineData("\U0001F469\u200D\U0001F680", "\U0001F469\u200D\U0001F680")] // an astronaut: two people would be another text
    [InlineData("\u001b]0;title\u0007", @"\x1b]0;title\x07")]
    [InlineData("a\0b\u007f", @"a\x00b\x7f")]
    [InlineData("\u009b31m\u0085", @"\x9b31m\x85")] // C1: some terminals take U+009B for ESC [
    [InlineData("abc\u202egpj.exe", @"abc\u202egpj.exe")]
    [InlineData("\u2066a\u2069\u200e\u061c", @"\u2066a\u2069\u200e\u061c")]
    [InlineData("a\u2028b\u2029\ufeff", @"a\u2028b\u2029\ufeff")]
    [InlineData("\U000E0041", @"\U000e0041")]
    public void What_a_terminal_would_obey_becomes_text(string text, string shown)
    {
        Assert.Equal(shown, TerminalText.Show(text));
        Assert.Equal(shown, TerminalText.ShowLines(text));
    }

    [Fact]
    public void Half_a_character_is_shown_as_its_code() => Assert.Equal(@"x\ud83dy", TerminalText.Show("x" + '\ud83d' + "y"));

    [Fact]
    public void Line_breaks_and_tabs_stay_where_lines_are_shown()
    {
        Assert.Equal("a\tb\nc\r\nd", TerminalText.ShowLines("a\tb\nc\r\nd"));
        Assert.Equal(@"a\x09b\x0ac", TerminalText.Show("a\tb\nc"));
        Assert.Equal(@"safe\x0dlies", TerminalText.ShowLines("safe\rlies")); // alone it would overwrite the line
    }
}
