using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using TinyGpt.Cli.Options;
using TinyGpt.Cli.Output;
using TinyGpt.Import;

namespace TinyGpt.Cli.Commands;

/// <summary><c>tinygpt pack</c>: a checkpoint to a .tgpt file.</summary>
internal sealed class PackCommand : CliCommand
{
    private readonly Argument<string> _source = new("SOURCE")
    {
        Description = "A Hugging Face folder, a .safetensors file with its config.json beside it, a .gguf file, or a .tgpt file for --bits 4.",
    };

    private readonly Option<string> _output = OutputArguments.CreateModelFile();
    private readonly Option<int> _bits = WeightArguments.CreateBits();
    private readonly Option<bool> _json = OutputArguments.CreateJson();

    public PackCommand()
        : base(
            "pack",
            "Make a .tgpt file from a checkpoint.",
            "Weights are quantized to int8, or to 4 bits with --bits 4; norms, biases and positions stay float32. The report has the sizes,",
            "and for each quantized tensor the relative error in the Euclidean norm and the largest error of a single weight.")
    {
        Add(_source);
        Add(_output);
        Add(_bits);
        Add(_json);
    }

    public override IReadOnlyList<string> Examples { get; } =
    [
        "tinygpt pack path/to/gpt2 -o gpt2.tgpt",
        "tinygpt pack path/to/gpt2/model.safetensors -o gpt2.tgpt --json",
        "tinygpt pack path/to/gpt2 --bits 4 -o gpt2-4bit.tgpt",
        "tinygpt pack gpt2.tgpt --bits 4 -o gpt2-4bit.tgpt",
        "tinygpt pack smollm2-135m-instruct-q8_0.gguf -o smollm2.tgpt",
    ];

    protected override void Execute(ParseResult arguments, CancellationToken cancellation)
    {
        string source = arguments.GetRequiredValue(_source);
        string output = arguments.GetRequiredValue(_output);
        PackOptions options = new() { Precision = WeightArguments.PrecisionOf(arguments.GetValue(_bits)) };
        OutputArguments.RequireFolderOf(output);
        PackReport report = ProgressDisplay.Run<PackProgress, PackReport>(
            $"packing {source}",
            progress => (double)progress.BytesDone / progress.Bytes,
            progress => Packer.Pack(source, output, options, progress, cancellation));
        if (arguments.GetValue(_json))
        {
            JsonOutput.Write(json => WriteJson(json, output, report));
        }
        else
        {
            WriteText(output, report);
        }
    }

    private static bool IsQuantized(PackedTensor tensor) => tensor.Shape.IsQuantized;

    private static void WriteText(string output, PackReport report)
    {
        ReportTable table = new(
            ("quantized tensor", false), ("shape", true), ("stored", true), ("codec", false), ("error", true), ("largest", true));
        foreach (PackedTensor tensor in report.Tensors.Where(IsQuantized))
        {
            table.Add(
                tensor.Shape.Name,
                TensorText.Size(tensor.Shape),
                ByteSize.Format(tensor.Chunk.StoredLength),
                TensorText.Codec(tensor.Chunk),
                TensorText.Percent(tensor.Error.Relative),
                TensorText.Small(tensor.Error.LargestError));
        }

        table.Write();
        string size = ByteSize.Format(report.FileBytes);
        string sourceSize = ByteSize.Format(report.SourceBytes);
        Console.Out.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{output}: {size}, {report.Ratio:0.00} times smaller than {sourceSize} of weights; "
            + $"quantization error {TensorText.Percent(report.Error.Relative)}, largest {TensorText.Small(report.Error.LargestError)}"));
    }

    private static void WriteJson(Utf8JsonWriter json, string output, PackReport report)
    {
        json.WriteString("output", output);
        json.WriteNumber("parameters", report.Config.ParameterCount);
        json.WriteNumber("sourceBytes", report.SourceBytes);
        json.WriteNumber("fileBytes", report.FileBytes);
        json.WriteNumber("ratio", report.Ratio);
        WriteError(json, report.Error);
        json.WriteStartArray("tensors");
        foreach (PackedTensor tensor in report.Tensors)
        {
            json.WriteStartObject();
            TensorText.WriteJson(json, tensor.Shape, tensor.Chunk);
            if (IsQuantized(tensor))
            {
                WriteError(json, tensor.Error);
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteError(Utf8JsonWriter json, QuantizationError error)
    {
        json.WriteNumber("relativeError", error.Relative);
        json.WriteNumber("largestError", error.LargestError);
    }
}
