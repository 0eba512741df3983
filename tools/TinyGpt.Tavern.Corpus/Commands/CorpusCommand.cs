using System.CommandLine;
using System.Globalization;

namespace TinyGpt.Tavern.Corpus;

/// <summary><c>tinygpt-tavern-corpus corpus</c>: writes talks to train with and talks to validate with.</summary>
internal sealed class CorpusCommand : Command
{
    private readonly Option<string> _output = new("--output", "-o")
    {
        Description = "The folder for train.jsonl and validation.jsonl.",
        HelpName = "FOLDER",
        Required = true,
    };

    private readonly Option<int> _talks = new("--talks") { Description = "How many talks to train with.", Required = true };
    private readonly Option<ulong> _seed = new("--seed") { Description = "The same seed, the same bytes.", DefaultValueFactory = _ => 1 };
    private readonly Option<int> _heldOut = new("--held-out")
    {
        Description = "How many talks to validate with; their cards are none of those trained with.",
        DefaultValueFactory = _ => 300,
    };

    private readonly Option<int> _facts = new("--facts")
    {
        Description = "Of ten talks, how many are learned for their facts and refusals alone, the wording of other answers being context: "
            + "a model learns to look facts up several times sooner.",
        DefaultValueFactory = _ => 0,
    };

    private readonly Option<int> _drills = new("--drills")
    {
        Description = "Of ten talks, how many ask for wares and nothing else, one after the other.",
        DefaultValueFactory = _ => 0,
    };

    private readonly Option<int> _lookups = new("--lookups")
    {
        Description = "Of ten talks, how many are lists of lookups instead, of which only what is looked up is learned: a model learns to look prices up.",
        DefaultValueFactory = _ => 0,
    };

    private readonly Option<string[]> _emphasize = new("--emphasize")
    {
        Description = "Intents that are asked four times as often, such as ask-price: where a model is weak.",
        HelpName = "INTENT,...",
        AllowMultipleArgumentsPerToken = true,
        CustomParser = result => [.. result.Tokens.SelectMany(token => token.Value.Split(','))],
        DefaultValueFactory = _ => [],
    };

    private readonly Option<int> _repeats = new("--repeats")
    {
        Description = "Of a hundred questions, how many were asked before in their talk.",
        DefaultValueFactory = _ => TalkEmphasis.None.RepeatPercent,
    };

    public CorpusCommand()
        : base("corpus", "Write talks as JSON, one a line: {\"segments\":[{\"text\":\"...\",\"train\":false},...]}.")
    {
        Add(_output);
        Add(_talks);
        Add(_seed);
        Add(_heldOut);
        Add(_facts);
        Add(_drills);
        Add(_lookups);
        Add(_emphasize);
        Add(_repeats);
        _repeats.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int>() is < 0 or > 100)
            {
                result.AddError("--repeats takes a whole number from 0 to 100.");
            }
        });
        foreach (Option<int> tenths in (Option<int>[])[_facts, _drills, _lookups])
        {
            tenths.Validators.Add(result =>
            {
                if (result.GetValueOrDefault<int>() is < 0 or > 10)
                {
                    result.AddError($"{tenths.Name} takes a whole number from 0 to 10.");
                }
            });
        }

        foreach (Option<int> count in (Option<int>[])[_talks, _heldOut])
        {
            count.Validators.Add(result =>
            {
                if (result.GetValueOrDefault<int>() < 1)
                {
                    result.AddError($"{count.Name} takes a whole number, 1 or more.");
                }
            });
        }

        SetAction((arguments, cancellation) => Task.Run(() => Execute(arguments, cancellation), cancellation));
    }

    private void Execute(ParseResult arguments, CancellationToken cancellation)
    {
        string folder = arguments.GetRequiredValue(_output);
        ulong seed = arguments.GetValue(_seed);
        int factTalks = arguments.GetValue(_facts);
        int drills = arguments.GetValue(_drills);
        int lookups = arguments.GetValue(_lookups);
        LineLibrary lines = LineLibrary.LoadShipped();
        HashSet<string> emphasized = [.. arguments.GetValue(_emphasize)!];
        if (emphasized.FirstOrDefault(name => !lines.Intents.ContainsKey(name)) is { } unknown)
        {
            throw new ArgumentException($"--emphasize: there is no intent '{unknown}'.");
        }

        CardDeck deck = new(CardLists.Shipped);
        LookupList lookupList = new(deck);
        TalkWriter writer = new(
            lines,
            deck,
            new TalkEmphasis { Intents = emphasized, RepeatPercent = arguments.GetValue(_repeats) });
        Directory.CreateDirectory(folder);
        foreach ((string name, int talks, CardPart part) in ((string, int, CardPart)[])
            [("train.jsonl", arguments.GetValue(_talks), CardPart.Training),
             ("validation.jsonl", arguments.GetValue(_heldOut), CardPart.HeldOut)])
        {
            CorpusSummary summary = new();
            using FileStream file = File.Create(Path.Combine(folder, name));
            for (int i = 0; i < talks; i++)
            {
                cancellation.ThrowIfCancellationRequested();
                if (i % 10 < lookups)
                {
                    TalkJson.Write(file, lookupList.Write(seed, i, part));
                    continue;
                }

                Talk talk = i % 10 >= 10 - drills ? writer.WriteDrill(seed, i, part) : writer.Write(seed, i, part);
                summary.Add(talk);
                TalkJson.Write(file, i % 10 < factTalks ? talk.FactSegments : talk.Segments);
            }

            Console.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{file.Name}: {summary}"));
        }
    }
}
