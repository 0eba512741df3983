using System.CommandLine;
using System.Globalization;
using TinyGpt.Cli.Options;
using TinyGpt.Cli.Output;
using TinyGpt.Import;
using TinyGpt.Kernels;

namespace TinyGpt.Cli.Commands;

/// <summary><c>tinygpt synth</c>: random weights of a real shape.</summary>
internal sealed class SynthCommand : CliCommand
{
    private readonly Option<string> _shape = new("--shape")
    {
        Description = $"One of {string.Join(", ", SyntheticModel.Shapes)}.",
        HelpName = "SHAPE",
        Required = true,
    };

    private readonly Option<string> _output = OutputArguments.CreateModelFile();
    private readonly Option<ulong> _seed = NumberOption.Create(
        "--seed", "The seed of the weights: the same seed, the same file.", 1UL, _ => true, "a whole number, 0 or more");

    private readonly Option<int> _bits = WeightArguments.CreateBits();
    private readonly Option<bool> _json = OutputArguments.CreateJson();

    public SynthCommand()
        : base(
            "synth",
            "Make a model of a real size with random weights, for benchmarks.",
            "It has no tokenizer, and its answers mean nothing.")
    {
        Add(_shape);
        Add(_output);
        Add(_seed);
        Add(_bits);
        Add(_json);
        _shape.Validators.Add(result =>
        {
            if (result.Tokens is [.., { Value: string shape }] && !SyntheticModel.Shapes.Contains(shape))
            {
                result.AddError($"--shape takes one of {string.Join(", ", SyntheticModel.Shapes)}, not '{shape}'.");
            }
        });
    }

    public override IReadOnlyList<string> Examples { get; } =
    [
        "tinygpt synth --shape gpt2-124m -o synth.tgpt",
        "tinygpt synth --shape gpt2-1558m --seed 2 -o large.tgpt",
        "tinygpt synth --shape gpt2-124m --bits 4 -o synth-4bit.tgpt",
    ];

    protected override void Execute(ParseResult arguments, CancellationToken cancellation)
    {
        string shape = arguments.GetRequiredValue(_shape);
        string output = arguments.GetRequiredValue(_output);
        ulong seed = arguments.GetValue(_seed);
        WeightPrecision precision = WeightArguments.PrecisionOf(arguments.GetValue(_bits));
        OutputArguments.RequireFolderOf(output);
        PackReport report = ProgressDisplay.Run<PackProgress, PackReport>(
            $"making {shape}",
            progress => (double)progress.BytesDone / progress.Bytes,
            progress => SyntheticModel.Write(SyntheticModel.ConfigOf(shape), output, seed, precision, progress, cancellation));
        if (!arguments.GetValue(_json))
        {
            Console.Out.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{output}: {shape}, seed {seed}, {report.Config.ParameterCount:N0} parameters, {ByteSize.Format(report.FileBytes)}"));
            return;
        }

        JsonOutput.Write(json =>
        {
            json.WriteString("output", output);
            json.WriteString("shape", shape);
            json.WriteNumber("seed", seed);
            json.WriteNumber("parameters", report.Config.ParameterCount);
            json.WriteNumber("fileBytes", report.FileBytes);
        });
    }
}
