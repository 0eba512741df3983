using System.CommandLine;
using System.Globalization;
using System.Text;
using TinyGpt.Cli.Options;
using TinyGpt.Cli.Output;
using TinyGpt.Kernels;

namespace TinyGpt.Cli.Commands;

/// <summary><c>tinygpt classify</c>: what class a text belongs to.</summary>
internal sealed class ClassifyCommand : CliCommand
{
    private readonly Option<string> _model = new("--model", "-m")
    {
        Description = "A model that 'finetune --task classify' made: its folder, or the .tgpt file that 'pack' made of that.",
        HelpName = "MODEL",
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
        : base("classify", "Find the class of a text.", "Prints the classes and their probabilities, the most likely first.")
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
        string path = arguments.GetRequiredValue(_model);
        using GptModel model = ModelLoading.Open(path, _engine.IsVerbose(arguments) ? options : null, cancellation);
        ModelLoading.RequireTokenizer(model, path, ", so it reads no text");
        ClassifierWeights weights = model.Classifier
            ?? throw new CommandFailedException($"{path}: the model has no classifier; 'tinygpt finetune --task classify' makes one");
        using TextClassifier classifier = new(model, options.Threads, options.Tier);
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
