using TinyGpt.Chat;
using TinyGpt.Import;
using TinyGpt.Kernels;
using TinyGpt.Training;

namespace TinyGpt.Cli.Output;

/// <summary>The one line on standard error that a failed run ends with.</summary>
internal static class ErrorLine
{
    public static void Write(string message) => Console.Error.WriteLine($"tinygpt: {TerminalText.Show(OnOneLine(message))}");

    public static void Write(Exception failure) => Write(Describe(failure));

    private static string Describe(Exception failure) => failure switch
    {
        AggregateException { InnerExceptions: [Exception only] } => Describe(only),
        OutOfMemoryException => $"there is not enough memory: {failure.Message}",
        CommandFailedException or TemplateException or ModelFormatException or HubException or KernelTierException or ContextOverflowException or TokenizationException
            or TrainingDataException or TrainingDivergedException or IOException or UnauthorizedAccessException => failure.Message,

        // A mistake in the program rather than in its input. The type helps the reader of the report.
        _ => $"unexpected {failure.GetType().Name}: {failure.Message}",
    };

    private static string OnOneLine(string message) =>
        string.Join(' ', message.Split(['\r', '\n'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));
}
