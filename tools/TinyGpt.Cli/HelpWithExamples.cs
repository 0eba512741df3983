using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using TinyGpt.Cli.Commands;

namespace TinyGpt.Cli;

/// <summary>The usual help, and below it the command's examples.</summary>
internal sealed class HelpWithExamples(HelpAction usual) : SynchronousCommandLineAction
{
    private static readonly string[] RootExamples =
    [
        "tinygpt generate -m gpt2.tgpt -p \"Once upon a time\"",
        "tinygpt pack path/to/gpt2 -o gpt2.tgpt",
    ];

    public override bool ClearsParseErrors => true;

    public override int Invoke(ParseResult parseResult)
    {
        int exitCode = usual.Invoke(parseResult);
        IReadOnlyList<string> examples = parseResult.CommandResult.Command is CliCommand command ? command.Examples : RootExamples;
        TextWriter output = parseResult.InvocationConfiguration.Output;
        output.WriteLine("Examples:");
        foreach (string example in examples)
        {
            output.WriteLine($"  {example}");
        }

        output.WriteLine();
        return exitCode;
    }
}
