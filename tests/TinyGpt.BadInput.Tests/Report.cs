using Xunit;

namespace TinyGpt.BadInput.Tests;

/// <summary>Tells counts where people see them: in the test's own output, and on the console.</summary>
internal static class Report
{
    public static void Line(string text)
    {
        TestContext.Current.TestOutputHelper?.WriteLine(text);
        Console.Out.WriteLine(text);
    }
}
