using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using Xunit;

namespace TinyGpt.Tests.Inference;

/// <summary>The C header says what the engine says.</summary>
public sealed partial class NativeHeaderTests
{
    [Fact]
    public void TheHeaderHasEveryReasonForAnAnswersEnd()
    {
        string header = File.ReadAllText(Path.Combine(Path.GetDirectoryName(Here())!, "..", "..", "..", "src", "TinyGpt.Native", "tinygpt.h"));
        string list = Reasons().Match(header).Groups[1].Value;
        int[] values = [.. Values().Matches(list).Select(match => int.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture))];
        Assert.Equal(Enum.GetValues<FinishReason>().Select(reason => (int)reason), values);
        Assert.Contains($"TGPT_SHORTENED = {(int)FinishReason.Shortened} ", list, StringComparison.Ordinal);
    }

    private static string Here([CallerFilePath] string path = "") => path;

    [GeneratedRegex(@"typedef enum tgpt_finish \{(.*?)\}", RegexOptions.Singleline)]
    private static partial Regex Reasons();

    [GeneratedRegex(@"TGPT_\w+ = (\d+)")]
    private static partial Regex Values();
}
