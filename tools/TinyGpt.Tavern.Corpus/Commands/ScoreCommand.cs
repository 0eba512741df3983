using System.CommandLine;

namespace TinyGpt.Tavern.Corpus;

/// <summary><c>tinygpt-tavern-corpus score</c>: asks a model questions on cards that it never saw.</summary>
internal sealed class ScoreCommand : Command
{
    private readonly Option<string> _model = new("--model", "-m")
    {
        Description = "The model, a .tgpt file.",
        HelpName = "MODEL",
        Required = true,
    };

    private readonly Option<int> _questions = new("--questions")
    {
        Description = "The number of questions; a tenth of that number of talks of 6 turns test repetition.",
        DefaultValueFactory = _ => 600,
    };

    private readonly Option<ulong> _seed = new("--seed")
    {
        Description = "The seed of the cards, the questions and the choice of tokens.",
        DefaultValueFactory = _ => 1,
    };

    private readonly Option<float> _temperature = new("--temperature") { Description = "0 for greedy answers." };
    private readonly Option<int> _samples = new("--samples") { Description = "How many talks to print, wrong answers first." };
    private readonly Option<bool> _json = new("--json") { Description = "Print JSON in place of tables." };

    public ScoreCommand()
        : base("score", "Ask a model questions on held-out cards and judge its answers.")
    {
        Add(_model);
        Add(_questions);
        Add(_seed);
        Add(_temperature);
        Add(_samples);
        Add(_json);
        _questions.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int>() < QuestionKind.All.Count)
            {
                result.AddError($"--questions takes {QuestionKind.All.Count} or more: one of each kind.");
            }
        });
        SetAction((arguments, cancellation) => Task.Run(() => Execute(arguments, cancellation), cancellation));
    }

    private void Execute(ParseResult arguments, CancellationToken cancellation)
    {
        ulong seed = arguments.GetValue(_seed);
        using ModelSpeaker speaker = new(
            arguments.GetRequiredValue(_model), arguments.GetValue(_temperature), seed, cancellation);
        Score score = Score.Of(
            speaker.Answer, LineLibrary.LoadShipped(), new CardDeck(CardLists.Shipped), arguments.GetValue(_questions), seed);
        if (arguments.GetValue(_json))
        {
            using Stream output = Console.OpenStandardOutput();
            ScoreReport.WriteJson(output, score);
        }
        else
        {
            ScoreReport.WriteTable(Console.Out, score);
        }

        // Beside the JSON, not in it.
        ScoreReport.WriteSamples(arguments.GetValue(_json) ? Console.Error : Console.Out, score, arguments.GetValue(_samples));
    }
}
