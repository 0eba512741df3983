using System.CommandLine;
using TinyGpt.Cli.Options;
using TinyGpt.Cli.Output;
using TinyGpt.Import;
using TinyGpt.Kernels;
using TinyGpt.Measuring;

namespace TinyGpt.Cli.Commands;

/// <summary><c>tinygpt bench</c>: tokens a second, beside what the machine could do.</summary>
internal sealed class BenchCommand : CliCommand
{
    private readonly ModelArguments _model = new("random weights of --shape, made in memory");
    private readonly BenchmarkArguments _benchmark = new();
    private readonly Option<bool> _json = OutputArguments.CreateJson();

    public BenchCommand()
        : base(
            "bench",
            "Measure tokens per second, with the read bandwidth and the multiply-add peak of the same run.",
            "Without -m, a model with random weights is made in memory. Measure on a machine that does nothing else.")
    {
        _model.AddTo(this);
        _benchmark.AddTo(this);
        Add(_json);
    }

    public override IReadOnlyList<string> Examples { get; } =
    [
        "tinygpt bench",
        "tinygpt bench -m gpt2.tgpt --threads 1,2 --batch 1,8 --prompt 128,512 --tokens 128",
        "tinygpt bench --shape synth-15m --context 0,256 --json",
    ];

    protected override void Execute(ParseResult arguments, CancellationToken cancellation)
    {
        BenchmarkSettings settings = _benchmark.Read(arguments);
        KernelTiers.Select(settings.Tier);
        string? path = _model.Find(arguments, cancellation);
        string shape = path is null ? _benchmark.ReadShape(arguments) : Path.GetFileName(Path.TrimEndingDirectorySeparator(path));
        using GptModel model = path is null ? MakeModel(shape, cancellation) : ModelLoading.Open(path, planFor: null, cancellation);
        using InferenceBenchmark measuring = new(model, shape, settings, Console.Error.WriteLine);
        BenchmarkReport report = measuring.Run(cancellation);
        if (arguments.GetValue(_json))
        {
            JsonOutput.Write(report.WriteJson);
        }
        else
        {
            BenchmarkTable.Write(Console.Out, report);
        }
    }

    private static GptModel MakeModel(string shape, CancellationToken cancellation)
    {
        Console.Error.WriteLine($"making a {shape} with random weights in memory");
        return new GptModel(SyntheticModel.Open(SyntheticModel.ConfigOf(shape), cancellation: cancellation));
    }
}
