using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using System.Text;
using TinyGpt.Cli.Options;
using TinyGpt.Cli.Output;

namespace TinyGpt.Cli.Commands;

/// <summary><c>tinygpt tokenize</c>: bytes to token ids, and back.</summary>
internal sealed class TokenizeCommand : CliCommand
{
    private readonly Argument<string?> _text = new("TEXT")
    {
        Description = "The text, or with --decode the ids. Without it and without --file, standard input is read, byte for byte.",
        Arity = ArgumentArity.ZeroOrOne,
    };

    private readonly ModelArguments _model = new();
    private readonly Option<string> _file = new("--file", "-f") { Description = "A file with the text or the ids.", HelpName = "FILE" };
    private readonly Option<bool> _decode = new("--decode") { Description = "Turn ids back into exactly their bytes." };
    private readonly Option<bool> _special = new("--special")
    {
        Description = "Recognize special tokens in the text, such as <|endoftext|>.",
    };

    private readonly Option<bool> _json = OutputArguments.CreateJson();

    public TokenizeCommand()
        : base(
            "tokenize",
            "Turn text into token ids, or ids into text.",
            "Ids are printed on one line with spaces between. --decode returns any bytes exactly.",
            "MODEL may be a folder with only the files of a tokenizer.")
    {
        Add(_text);
        _model.AddTo(this);
        Add(_file);
        Add(_decode);
        Add(_special);
        Add(_json);
        Validators.Add(result =>
        {
            if (result.GetResult(_text) is { Tokens.Count: > 0 } && result.GetResult(_file) is not null)
            {
                result.AddError("TEXT and --file cannot be given together.");
            }
            else if (IsSet(result, _decode) && (IsSet(result, _json) || IsSet(result, _special)))
            {
                result.AddError("--decode writes bytes: --json and --special are for the other way.");
            }
        });
    }

    public override IReadOnlyList<string> Examples { get; } =
    [
        "tinygpt tokenize -m gpt2.tgpt \"Hello, world\"",
        "tinygpt tokenize -m path/to/gpt2 --file book.txt --json",
        "tinygpt tokenize -m gpt2.tgpt < photo.png | tinygpt tokenize -m gpt2.tgpt --decode > same.png",
    ];

    protected override void Execute(ParseResult arguments, CancellationToken cancellation)
    {
        string path = _model.Require(arguments, cancellation);
        Tokenizer tokenizer = ModelLoading.OpenTokenizer(path, cancellation);
        byte[] input = ReadInput(arguments, cancellation);
        if (arguments.GetValue(_decode))
        {
            WriteDecoded(tokenizer, input);
            return;
        }

        int[] ids = tokenizer.Encode(input, arguments.GetValue(_special) ? SpecialTokenHandling.Recognize : SpecialTokenHandling.AsText);
        if (arguments.GetValue(_json))
        {
            JsonOutput.Write(json =>
            {
                json.WriteNumbers("ids", ids);
                json.WriteNumber("count", ids.Length);
            });
        }
        else
        {
            WriteIds(ids);
        }
    }

    private static bool IsSet(SymbolResult result, Option option) => result.GetResult(option) is { Implicit: false };

    private byte[] ReadInput(ParseResult arguments, CancellationToken cancellation)
    {
        if (arguments.GetValue(_text) is { } text)
        {
            return Encoding.UTF8.GetBytes(text);
        }

        if (arguments.GetValue(_file) is { } file)
        {
            return File.ReadAllBytes(file);
        }

        return StandardInput.ReadToEnd(cancellation);
    }

    private static void WriteDecoded(Tokenizer tokenizer, byte[] input)
    {
        if (!TokenIdList.TryParse(Encoding.UTF8.GetString(input), out List<int> ids, out string stranger))
        {
            throw new CommandFailedException($"the input is not a list of token ids: '{stranger}' is none");
        }

        TokenIdList.RequireInVocabulary(ids, tokenizer.VocabularySize);
        using Stream output = Terminal.OpenExactOutput();
        output.Write(tokenizer.Decode([.. ids]));
    }

    private static void WriteIds(ReadOnlySpan<int> ids)
    {
        StringBuilder line = new();
        foreach (int id in ids)
        {
            line.Append(CultureInfo.InvariantCulture, $"{id} ");
        }

        Console.Out.WriteLine(line.ToString().TrimEnd());
    }
}
