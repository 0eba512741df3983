using System.CommandLine;
using TinyGpt.Cli.Options;
using TinyGpt.Cli.Output;
using TinyGpt.Import;

namespace TinyGpt.Cli.Commands;

/// <summary><c>tinygpt pull</c>: a model of a hub into the cache, as a .tgpt file.</summary>
internal sealed class PullCommand : CliCommand
{
    private const string GgufExtension = ".gguf";

    private readonly Argument<HubModelName> _name = new("NAME")
    {
        Description = "The model's name on the hub: OWNER/NAME, or a short one such as gpt2.",
        CustomParser = result =>
        {
            string text = result.Tokens[^1].Value;
            if (HubModelName.TryParse(text, out HubModelName? name))
            {
                return name;
            }

            result.AddError($"'{text}' is not a model's name such as owner/name.");
            return null;
        },
    };

    private readonly Option<string> _revision = new("--revision")
    {
        Description = "A branch, tag or commit of the model.",
        HelpName = "REVISION",
        DefaultValueFactory = _ => ModelHub.DefaultRevision,
    };

    private readonly Option<string> _file = new("--file", "-f")
    {
        Description = "One GGUF file of the model, instead of its safetensors.",
        HelpName = "FILE.gguf",
    };

    private readonly Option<bool> _offline = OfflineOption.Create();
    private readonly Option<bool> _json = OutputArguments.CreateJson();

    public PullCommand()
        : base(
            "pull",
            "Download a model and make a .tgpt file from it.",
            "Prints the path of the file. Afterwards '-m NAME' means this file in every command that takes -m.",
            "An interrupted download continues where it stopped. Complete files are not downloaded again.",
            "",
            $"{HubOptions.EndpointVariable}      the hub, unless it is https://huggingface.co",
            $"{HubOptions.TokenVariable}         the token for private models, and for those whose conditions must be accepted",
            $"{HubOptions.OfflineVariable}   1 forbids the network",
            $"{HubCache.FolderVariable}    the folder of the cache, unless it is the system's own place for caches")
    {
        Add(_name);
        Add(_revision);
        Add(_file);
        Add(_offline);
        Add(_json);
        _file.Validators.Add(result =>
        {
            if (result.Tokens is [.., { Value: string file }] && !file.EndsWith(GgufExtension, StringComparison.OrdinalIgnoreCase))
            {
                result.AddError($"--file takes a name that ends in {GgufExtension}, not '{file}'.");
            }
        });
    }

    public override IReadOnlyList<string> Examples { get; } =
    [
        "tinygpt pull gpt2",
        "tinygpt pull HuggingFaceTB/SmolLM2-135M-Instruct --revision main --json",
        "tinygpt pull owner/name-GGUF --file name-q8_0.gguf",
    ];

    protected override void Execute(ParseResult arguments, CancellationToken cancellation)
    {
        HubModelName name = arguments.GetRequiredValue(_name);
        string revision = arguments.GetRequiredValue(_revision);
        string? file = arguments.GetValue(_file);
        HubOptions options = HubOptions.FromEnvironment(arguments.GetValue(_offline));
        PulledModel model = options.Offline && options.Cache.Find(name, revision, file) is { } found
            ? found
            : Pull(options, name, revision, file, cancellation);
        if (arguments.GetValue(_json))
        {
            WriteJson(model);
        }
        else
        {
            Console.Out.WriteLine(model.Path);
        }
    }

    private static PulledModel Pull(HubOptions options, HubModelName name, string revision, string? file, CancellationToken cancellation)
    {
        using ModelHub hub = new(options);
        PullPlan plan = hub.PlanAsync(name, revision, file, cancellation).GetAwaiter().GetResult();
        return HubModels.Pull(hub, plan, cancellation);
    }

    private static void WriteJson(PulledModel model) => JsonOutput.Write(json =>
    {
        json.WriteString("name", model.Name.Text);
        json.WriteString("revision", model.Revision);
        json.WriteString("commit", model.Commit);
        json.WriteString("output", model.Path);
        json.WriteNumber("fileBytes", new FileInfo(model.Path).Length);
        json.WriteNumber("downloadedBytes", model.DownloadedBytes);
    });
}
