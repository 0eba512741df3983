using System.CommandLine;
using System.Text;
using System.Text.Json;
using TinyGpt.Chat;
using TinyGpt.Cli.Options;
using TinyGpt.Cli.Output;

namespace TinyGpt.Cli.Commands;

/// <summary><c>tinygpt template</c>: the prompt that a model's chat template makes of messages.</summary>
internal sealed class TemplateCommand : CliCommand
{
    private readonly ModelArguments _model = new();
    private readonly Option<string> _messages = new("--messages")
    {
        Description = "A JSON file with an array of messages, each with role and content.",
        HelpName = "FILE",
        Required = true,
    };

    private readonly Option<string> _tools = new("--tools") { Description = "A JSON file with an array of tools.", HelpName = "FILE" };
    private readonly Option<string[]> _set = new("--set")
    {
        Description = "Set a variable of the template; VALUE is JSON, or else text. Can be repeated.",
        HelpName = "NAME=VALUE",
        Arity = ArgumentArity.OneOrMore,
    };

    private readonly Option<bool> _ids = new("--ids") { Description = "Print the prompt's token ids on one line." };

    public TemplateCommand()
        : base(
            "template",
            "Print the prompt that a model's chat template makes of messages.",
            "Variables are those of transformers: messages, tools, documents, add_generation_prompt, bos_token, eos_token, enable_thinking.",
            "MODEL may be a folder with only the files of a tokenizer.")
    {
        _model.AddTo(this);
        Add(_messages);
        Add(_tools);
        Add(_set);
        Add(_ids);
        Validators.Add(result =>
        {
            foreach (string assignment in result.GetValue(_set) ?? [])
            {
                if (assignment.IndexOf('=', StringComparison.Ordinal) <= 0)
                {
                    result.AddError($"--set takes NAME=VALUE, not '{assignment}'.");
                }
            }
        });
    }

    public override IReadOnlyList<string> Examples { get; } =
    [
        "tinygpt template -m model.tgpt --messages talk.json",
        "tinygpt template -m model.tgpt --messages talk.json --tools tools.json --set enable_thinking=false --ids",
    ];

    protected override void Execute(ParseResult arguments, CancellationToken cancellation)
    {
        PromptTemplate template = PromptLoading.Open(_model.Require(arguments, cancellation));
        TemplateVariables variables = template.CreateVariables();
        SetFromFile(variables, "messages", arguments.GetValue(_messages)!);
        if (arguments.GetValue(_tools) is { } tools)
        {
            SetFromFile(variables, "tools", tools);
        }

        foreach (string assignment in arguments.GetValue(_set) ?? [])
        {
            int equals = assignment.IndexOf('=', StringComparison.Ordinal);
            Set(variables, assignment[..equals], assignment[(equals + 1)..]);
        }

        RenderedPrompt prompt = template.Render(variables);
        if (arguments.GetValue(_ids))
        {
            Console.Out.WriteLine(string.Join(' ', template.Encode(prompt)));
            return;
        }

        using Stream output = Terminal.OpenExactOutput();
        output.Write(Encoding.UTF8.GetBytes(prompt.Text));
    }

    private static void SetFromFile(TemplateVariables variables, string name, string path)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(path));
            variables.Set(name, document.RootElement.ValueKind == JsonValueKind.Array
                ? document.RootElement
                : throw new CommandFailedException($"{path}: holds no JSON array"));
        }
        catch (Exception exception) when (exception is JsonException or ArgumentException)
        {
            throw new CommandFailedException($"{path}: cannot be read as JSON: {exception.Message}");
        }
    }

    private static void Set(TemplateVariables variables, string name, string value)
    {
        if (name.EndsWith("_token", StringComparison.Ordinal))
        {
            variables.Set(name, value, isTemplate: true);
            return;
        }

        try
        {
            using JsonDocument document = JsonDocument.Parse(value);
            variables.Set(name, document.RootElement);
        }
        catch (JsonException)
        {
            variables.Set(name, value);
        }
    }
}
