using System.CommandLine;
using System.CommandLine.Help;
using TinyGpt.Cli.Commands;
using TinyGpt.Cli.Output;
using TinyGpt.Tavern;

namespace TinyGpt.Cli;

/// <summary>The program: parses its arguments, runs a command, and turns whatever happens into one line and an exit code.</summary>
internal static class CommandLine
{
    // "@" starts a response file by default, but here a prompt may start with it.
    private static readonly ParserConfiguration Parser = new() { ResponseFileTokenReplacer = null };

    public static async Task<int> RunAsync(string[] arguments)
    {
        Terminal.Open();
        RootCommand root = CreateRoot();
        ParseResult parsed = root.Parse(arguments, Parser);
        if (parsed.Errors.Count > 0)
        {
            string command = parsed.CommandResult.Command is RootCommand ? "" : parsed.CommandResult.Command.Name + " ";
            ErrorLine.Write($"{parsed.Errors[0].Message.TrimEnd('.')} (see 'tinygpt {command}--help')");
            return ExitCode.BadUsage;
        }

        try
        {
            return await parsed.InvokeAsync(new InvocationConfiguration
            {
                EnableDefaultExceptionHandler = false,
                ProcessTerminationTimeout = (parsed.CommandResult.Command as CliCommand)?.TimeToStop ?? CliCommand.ShortTimeToStop,
            });
        }
        catch (NobodyReadsException)
        {
            return ExitCode.NobodyReads;
        }
        catch (OperationCanceledException cancelled)
        {
            ErrorLine.Write(cancelled is TrainingStoppedException ? cancelled.Message : "cancelled");
            return ExitCode.Cancelled;
        }
        catch (Exception failure)
        {
            ErrorLine.Write(failure);
            return ExitCode.Failed;
        }
    }

    private static void TalkInTheTavern(CancellationToken cancellation)
    {
        using GptModel model = TavernModel.Load();
        using GptEngine engine = new(model);
        SamplingOptions sampling = TavernTalk.DefaultSampling with { Seed = (ulong)Environment.TickCount64 };
        using TavernScreen screen = new(engine, TavernFolk.All[0], sampling);
        screen.Run(cancellation);
    }

    private static RootCommand CreateRoot()
    {
        RootCommand root = new(
            "Runs GPT language models in pure C#: int8 weights, the same bits on every machine. Without a command: a talk in the tavern.")
        {
            new GenerateCommand(),
            new ChatCommand(),
            new TemplateCommand(),
            new TokenizeCommand(),
            new LogitsCommand(),
            new PerplexityCommand(),
            new PackCommand(),
            new PullCommand(),
            new InspectCommand(),
            new SynthCommand(),
            new TrainCommand(),
            new FinetuneCommand(),
            new ClassifyCommand(),
            new BenchCommand(),
            new DoctorCommand(),
        };
        foreach (HelpOption help in root.Options.OfType<HelpOption>())
        {
            help.Action = new HelpWithExamples((HelpAction)help.Action!);
        }

        root.SetAction((_, cancellation) => Task.Run(() => TalkInTheTavern(cancellation), CancellationToken.None));
        return root;
    }
}
