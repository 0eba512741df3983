using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using TinyGpt.Cli.Commands;

namespace TinyGpt.Cli;

/// <summary>The usual help, and below it the command's notes and examples.</summary>
internal sealed class HelpWithExamples(HelpAction usual) : SynchronousCommandLineAction
{
    private static readonly string[] RootExamples =
    [
        "tinygpt generate -m gpt2.tgpt -p \"Once upon a time\"",
        "tinygpt pull gpt2",
        "tinygpt pack path/to/gpt2 -o gpt2.tgpt",
    ];

    public override bool ClearsParseErrors => true;

    public override int Invoke(ParseResult parseResult)
    {
        int exitCode = usual.Invoke(parseResult);
        CliCommand? command = parseResult.CommandResult.Command as CliCommand;
        TextWriter output = parseResult.InvocationConfiguration.Output;
        WriteSection(output, "Notes:", command?.Notes ?? []);
        WriteSection(output, "Examples:", command?.Examples ?? RootExamples);
        return exitCode;
    }

    private static void WriteSection(TextWriter output, string title, IReadOnlyList<string> lines)
    {
        if (lines.Count == 0)
        {
            return;
        }

        output.WriteLine(title);
        foreach (string line in lines)
        {
            output.WriteLine($"  {line}");
        }

        output.WriteLine();
    }
}
