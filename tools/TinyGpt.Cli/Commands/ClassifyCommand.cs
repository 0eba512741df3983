using System.CommandLine;
using System.Globalization;
using System.Text;
using TinyGpt.Cli.Options;
using TinyGpt.Cli.Output;
using TinyGpt.Import;
using TinyGpt.Kernels;

namespace TinyGpt.Cli.Commands;

/// <summary><c>tinygpt classify</c>: what class a text belongs to.</summary>
internal sealed class ClassifyCommand : CliCommand
{
    private readonly Option<string> _model = new("--model", "-m")
    {
        Description = "The folder of a model that 'finetune --task classify' made.",
        HelpName = "FOLDER",
        Required = true,
    };

    private readonly Option<string> _text = new("--prompt", "-p")
    {
        Description = "The text.",
        HelpName = "TEXT",
        Required = true,
    };

    private readonly EngineArguments _engine = new();
    private readonly Option<bool> _json = OutputArguments.CreateJson();

    public ClassifyCommand()
        : base("classify", "Tell what class a text belongs to.", "Prints the classes and their probabilities, the likeliest first.")
    {
        Add(_model);
        Add(_text);
        _engine.AddTo(this);
        Add(_json);
        _text.Validators.Add(result =>
        {
            if (result.Tokens is [.., { Value: "" }])
            {
                result.AddError("--prompt is empty.");
            }
        });
    }

    public override IReadOnlyList<string> Examples { get; } = ["tinygpt classify -m intents -p \"What does the ale cost?\""];

    protected override void Execute(ParseResult arguments, CancellationToken cancellation)
    {
        GptEngineOptions options = _engine.Read(arguments);
        KernelTiers.Select(options.Tier);
        string folder = arguments.GetRequiredValue(_model);
        if (!Directory.Exists(folder))
        {
            throw new CommandFailedException($"{folder}: there is no such folder");
        }

        ClassifierWeights weights = ClassifierFiles.Read(folder);
        using GptModel model = ModelLoading.Open(folder, _engine.IsVerbose(arguments) ? options : null, cancellation);
        ModelLoading.RequireTokenizer(model, folder, ", so it reads no text");
        if (weights.Width != model.Config.Width)
        {
            throw new CommandFailedException($"{folder}: the classifier is for models of width {weights.Width}, not {model.Config.Width}");
        }

        using TextClassifier classifier = new(model, weights, options.Threads, options.Tier);
        float[] probabilities = new float[weights.Labels.Count];
        int likeliest = classifier.Classify(Encoding.UTF8.GetBytes(arguments.GetRequiredValue(_text)), probabilities, cancellation);
        int[] order = [.. Enumerable.Range(0, probabilities.Length).OrderByDescending(label => probabilities[label])];
        if (!arguments.GetValue(_json))
        {
            ReportTable table = new(("class", false), ("probability", true));
            foreach (int label in order)
            {
                table.Add(weights.Labels[label], probabilities[label].ToString("0.0000", CultureInfo.InvariantCulture));
            }

            table.Write();
            return;
        }

        JsonOutput.Write(json =>
        {
            json.WriteString("label", weights.Labels[likeliest]);
            json.WriteNumber("probability", probabilities[likeliest]);
            json.WriteStartArray("classes");
            foreach (int label in order)
            {
                json.WriteStartObject();
                json.WriteString("label", weights.Labels[label]);
                json.WriteNumber("probability", probabilities[label]);
                json.WriteEndObject();
            }

            json.WriteEndArray();
        });
    }
}
