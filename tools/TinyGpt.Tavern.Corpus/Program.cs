using System.CommandLine;
using TinyGpt.Tavern.Corpus;

RootCommand root = new("Writes the talks that the tavern's model learns from, and scores what it learned.")
{
    new CorpusCommand(),
    new ScoreCommand(),
};
try
{
    return await root.Parse(args).InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false });
}
catch (OperationCanceledException)
{
    Console.Error.WriteLine("error: cancelled");
    return 130;
}
catch (Exception failure)
{
    Console.Error.WriteLine($"error: {failure.Message}");
    return 1;
}
