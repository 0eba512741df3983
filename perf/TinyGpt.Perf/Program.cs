using System.CommandLine;
using System.Text.Json;
using TinyGpt;
using TinyGpt.Import;
using TinyGpt.Kernels;
using TinyGpt.Measuring;
using TinyGpt.Perf;

const int Failed = 1;
const int BadUsage = 2;

// A process that is only there to be measured must not spend its time on anything else.
if (args is [StartProbe.Command, ..])
{
    Console.Out.WriteLine(StartProbe.Run(args));
    return 0;
}

if (args is [BusyProcess.Command])
{
    using Stream commands = Console.OpenStandardInput();
    BusyProcess.Obey(commands);
    return 0;
}

BenchmarkArguments benchmark = new();
Option<string> model = new("--model", "-m") { Description = "A .tgpt file, or a checkpoint to pack in memory.", HelpName = "MODEL" };
Option<bool> json = new("--json") { Description = "Print one JSON object." };
Option<bool> suite = new("--suite")
{
    Description = "Measure what perf/results shows of a machine, in some minutes; of the other options only --tier counts.",
};
Option<bool> markdown = new("--markdown") { Description = "With --suite: print a file of perf/results." };
Option<bool> stage = new("--stage")
{
    Description = "Measure a game's loop with 32 characters, and what grammars cost, in some minutes, and print the section of perf/RESULTS.md; "
        + "of the other options only --shape, --tier, --commit and the first of --threads count.",
};
Option<bool> neighbour = new("--busy-neighbour")
{
    Description = "Measure a shape's decoding with the most threads beside a process that keeps a processor busy, too.",
};
Option<bool> profile = new("--profile")
{
    Description = "Print what each stage of the forward pass takes of a token, as Markdown, for every --threads, --context and --prompt.",
};
Option<string> commit = new("--commit") { Description = "With --markdown or --stage: the commit to name; by default git is asked.", HelpName = "ID" };
Option<string> maskBench = new("--maskbench")
{
    Description = "Compile the JSON schemas of a file and ask for a mask before every token of their instances; goes with --tokenizer.",
    HelpName = "FILE.jsonl",
};
Option<string> tokenizer = new("--tokenizer") { Description = "With --maskbench: the vocabulary.", HelpName = "FOLDER_OR_TGPT" };
Option<bool> list = new("--list") { Description = "With --maskbench: name each schema that does not pass, and why." };
RootCommand root = new("Measures tokens a second beside the read bandwidth and the multiply-add peak of the same run.")
{
    model, json, suite, markdown, stage, neighbour, profile, commit, maskBench, tokenizer, list,
};
benchmark.AddTo(root);
root.Validators.Add(result =>
{
    if (result.GetValue(markdown) && (!result.GetValue(suite) || result.GetValue(json)))
    {
        result.AddError("--markdown goes with --suite, and not with --json.");
    }
});
root.Validators.Add(result =>
{
    if ((result.GetValue(maskBench) is null) != (result.GetValue(tokenizer) is null) || (result.GetValue(list) && result.GetValue(maskBench) is null))
    {
        result.AddError("--maskbench and --tokenizer go together, and --list goes with them.");
    }
});
root.SetAction((arguments, cancellation) => Task.Run(() => Run(arguments, cancellation), CancellationToken.None));

ParseResult parsed = root.Parse(args);
if (parsed.Errors.Count > 0)
{
    Console.Error.WriteLine(parsed.Errors[0].Message);
    return BadUsage;
}

try
{
    return await parsed.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false });
}
catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or ModelFormatException or KernelTierException
    or OutOfMemoryException or OperationCanceledException)
{
    Console.Error.WriteLine(failure.Message);
    return Failed;
}

void Run(ParseResult arguments, CancellationToken cancellation)
{
    if (arguments.GetValue(maskBench) is { } schemas)
    {
        MaskReport masks = MaskBenchmark.Run(schemas, arguments.GetValue(tokenizer)!, cancellation);
        if (arguments.GetValue(list))
        {
            masks.WriteFailures(arguments.GetValue(json) ? Console.Error : Console.Out);
        }

        if (arguments.GetValue(json))
        {
            masks.WriteJson(Console.Out);
        }
        else
        {
            masks.WriteTable(Console.Out);
        }

        return;
    }

    if (arguments.GetValue(stage))
    {
        BenchmarkSettings settings = benchmark.Read(arguments);
        StageReport played = StageBenchmark.Run(
            benchmark.ReadShape(arguments), settings.Threads[0], settings.Tier, Console.Error.WriteLine, cancellation);
        MarkdownReport.WriteStage(Console.Out, played, arguments.GetValue(commit) ?? SourceRevision.Find(), Today());
        return;
    }

    if (arguments.GetValue(profile))
    {
        Profile(arguments, cancellation);
        return;
    }

    BenchmarkReport report = arguments.GetValue(suite)
        ? BenchmarkSuite.Run(benchmark.Read(arguments).Tier, Console.Error.WriteLine, cancellation)
        : Measure(arguments, cancellation);
    if (arguments.GetValue(json))
    {
        using Stream output = Console.OpenStandardOutput();
        using Utf8JsonWriter writer = new(output);
        writer.WriteStartObject();
        report.WriteJson(writer);
        writer.WriteEndObject();
    }
    else if (arguments.GetValue(markdown))
    {
        MarkdownReport.Write(Console.Out, report, arguments.GetValue(commit) ?? SourceRevision.Find(), Today());
    }
    else
    {
        BenchmarkTable.Write(Console.Out, report);
        return;
    }

    // The table says so itself; who sends the others to a file should see it as well.
    if (report.BusyWarning is { } warning)
    {
        Console.Error.WriteLine(warning);
    }
}

void Profile(ParseResult arguments, CancellationToken cancellation)
{
    string? path = arguments.GetValue(model);
    using GptModel opened = path is null
        ? new GptModel(SyntheticModel.Open(SyntheticModel.ConfigOf(benchmark.ReadShape(arguments)), cancellation: cancellation))
        : new GptModel(ModelSource.LoadAny(path, cancellation: cancellation));
    PassProfile.Run(opened, benchmark.Read(arguments), Console.Out, cancellation);
}

DateOnly Today() => DateOnly.FromDateTime(DateTime.UtcNow);

BenchmarkReport Measure(ParseResult arguments, CancellationToken cancellation)
{
    BenchmarkSettings settings = benchmark.Read(arguments);
    List<BenchmarkReport> parts = [];
    if (arguments.GetValue(model) is { } path)
    {
        string name = Path.GetFileName(Path.TrimEndingDirectorySeparator(path));
        if (ModelSource.IsTgpt(path))
        {
            parts.Add(StartBenchmark.Run(path, name, settings, Console.Error.WriteLine, cancellation));
        }
        else
        {
            Console.Error.WriteLine("left out: load, first token and memory, for which the model must be a .tgpt file");
        }

        using GptModel opened = new(ModelSource.LoadAny(path, cancellation: cancellation));
        using InferenceBenchmark inference = new(opened, name, settings, Console.Error.WriteLine);
        parts.Insert(0, inference.Run(cancellation));
        return BenchmarkReport.Join(parts);
    }

    return BenchmarkSuite.Measure(benchmark.ReadShape(arguments), settings, Console.Error.WriteLine, cancellation, arguments.GetValue(neighbour));
}
