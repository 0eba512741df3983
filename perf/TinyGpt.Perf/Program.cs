using System.CommandLine;
using System.Text.Json;
using TinyGpt;
using TinyGpt.Import;
using TinyGpt.Kernels;
using TinyGpt.Perf;

const int Failed = 1;
const int BadUsage = 2;

BenchmarkArguments benchmark = new();
Option<string> model = new("--model", "-m") { Description = "A .tgpt file, or a checkpoint to pack in memory.", HelpName = "MODEL" };
Option<bool> json = new("--json") { Description = "Print one JSON object." };
RootCommand root = new("Measures tokens a second beside the read bandwidth and the multiply-add peak of the same run.") { model, json };
benchmark.AddTo(root);
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
    string? path = arguments.GetValue(model);
    string shape = path is null ? benchmark.ReadShape(arguments) : Path.GetFileName(Path.TrimEndingDirectorySeparator(path));
    if (path is null)
    {
        Console.Error.WriteLine($"making a {shape} with random weights in memory");
    }

    using GptModel opened = new(path is null
        ? SyntheticModel.Open(SyntheticModel.ConfigOf(shape), cancellation: cancellation)
        : ModelSource.LoadAny(path, cancellation: cancellation));
    using InferenceBenchmark measuring = new(opened, shape, benchmark.Read(arguments), Console.Error.WriteLine);
    BenchmarkReport report = measuring.Run(cancellation);
    if (!arguments.GetValue(json))
    {
        BenchmarkTable.Write(Console.Out, report);
        return;
    }

    using Stream output = Console.OpenStandardOutput();
    using Utf8JsonWriter writer = new(output);
    writer.WriteStartObject();
    report.WriteJson(writer);
    writer.WriteEndObject();
}
