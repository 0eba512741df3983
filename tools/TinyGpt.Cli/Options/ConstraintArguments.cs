using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using System.Text;
using TinyGpt.Constraints;

namespace TinyGpt.Cli.Options;

/// <summary>The options that say what an answer must look like.</summary>
internal sealed class ConstraintArguments
{
    private const long MaxFileBytes = 8L << 20;

    private readonly Option<string> _schema = new("--json-schema")
    {
        Description = "A file with a JSON schema; the answer is JSON that it allows.",
        HelpName = "FILE",
    };

    private readonly Option<string> _grammar = new("--grammar")
    {
        Description = "A file with a grammar in GBNF; the answer is what its rule 'root' allows.",
        HelpName = "FILE",
    };

    private readonly Option<string> _regex = new("--regex")
    {
        Description = "A regular expression; the whole answer matches it.",
        HelpName = "REGEX",
    };

    /// <summary>Adds the options to a command. Only one of them can be given.</summary>
    public void AddTo(Command command)
    {
        command.Add(_schema);
        command.Add(_grammar);
        command.Add(_regex);
        command.Validators.Add(result =>
        {
            Option[] given = [.. new Option[] { _schema, _grammar, _regex }.Where(option => result.GetResult(option) is not null)];
            if (given.Length > 1)
            {
                result.AddError($"{given[0].Name} and {given[1].Name} cannot be given together.");
            }
        });
    }

    /// <summary>Whether a command's arguments say what an answer must look like.</summary>
    public bool IsGivenIn(CommandResult result) =>
        result.GetResult(_schema) is not null || result.GetResult(_grammar) is not null || result.GetResult(_regex) is not null;

    /// <summary>What an answer must look like, or null where nothing is said.</summary>
    /// <exception cref="CommandFailedException">The schema, grammar or expression cannot be used.</exception>
    public Constraint? Read(ParseResult arguments)
    {
        if (arguments.GetValue(_schema) is { } schema)
        {
            return Understand(schema, () => Constraint.FromJsonSchema(ReadFile(schema)));
        }

        if (arguments.GetValue(_grammar) is { } grammar)
        {
            return Understand(grammar, () => Constraint.FromGbnf(Encoding.UTF8.GetString(ReadFile(grammar))));
        }

        return arguments.GetValue(_regex) is { } regex ? Understand(_regex.Name, () => Constraint.FromRegex(regex)) : null;
    }

    private static Constraint Understand(string name, Func<Constraint> read)
    {
        try
        {
            return read();
        }
        catch (ConstraintException failure)
        {
            throw new CommandFailedException($"{name}: {failure.Message}");
        }
    }

    private static byte[] ReadFile(string path)
    {
        ModelLoading.RequireFile(path);
        long bytes = new FileInfo(path).Length;
        return bytes > MaxFileBytes
            ? throw new CommandFailedException(string.Create(CultureInfo.InvariantCulture, $"{path}: has {bytes:N0} bytes; at most {MaxFileBytes:N0} are read"))
            : WrittenText.ReadFile(path);
    }
}
