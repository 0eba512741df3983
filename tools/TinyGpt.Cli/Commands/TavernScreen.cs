using System.Diagnostics;
using System.Globalization;
using System.Text;
using TinyGpt.Cli.Output;
using TinyGpt.Tavern;

namespace TinyGpt.Cli.Commands;

/// <summary>The talk that opens with the program: one person at a time, whose card can be read and changed.</summary>
internal sealed class TavernScreen(GptEngine engine, TavernCard first, SamplingOptions sampling) : IDisposable
{
    private const string Help =
        """
        /card                    show the facts that answers go by
        /card FIELD VALUE        change a fact, such as /card mood gruff or /card rumour bandits camp at the ford
        /card FIELD -            take a fact away
        /card WARE PRICE         change a price, such as /card ale 9
        /who                     show who is here
        /who NAME                talk with somebody else
        /stats                   show tokens a second and memory
        /quit                    leave
        """;

    private readonly byte[] _buffer = new byte[4096];
    private TavernTalk _talk = new(engine, first, sampling);
    private int _answerTokens;
    private TimeSpan _answerTime;

    /// <summary>Answers line after line until the input ends or the user leaves.</summary>
    public void Run(CancellationToken cancellation)
    {
        using Stream output = Terminal.OpenOutput();
        Introduce();
        while (Prompt.ReadLine("You: ", cancellation) is { } line)
        {
            line = line.Trim();
            if (line is "/quit" or "/exit")
            {
                return;
            }

            if (line.StartsWith('/'))
            {
                Obey(line);
            }
            else if (line.Length > 0)
            {
                Answer(line, output, cancellation);
            }
        }
    }

    /// <summary>Ends the talk.</summary>
    public void Dispose() => _talk.Dispose();

    private void Introduce() =>
        Console.Error.WriteLine($"You are at {_talk.Card.Home}, with {_talk.Card.Name}, the {_talk.Card.Trade}. Type a line, or /help.");

    private void Answer(string line, Stream output, CancellationToken cancellation)
    {
        _talk.Ask(line);
        output.Write(Encoding.UTF8.GetBytes($"{_talk.Card.Name}:"));
        using MemoryStream answer = new();
        long begun = Stopwatch.GetTimestamp();
        StepStatus status;
        do
        {
            status = engine.Step(StepBudget.OnePass, cancellation);
            while (_talk.Session.TryRead(_buffer, out int written))
            {
                output.Write(_buffer, 0, written);
                output.Flush();
                answer.Write(_buffer, 0, written);
            }
        }
        while (status != StepStatus.Idle);

        _answerTime += Stopwatch.GetElapsedTime(begun);
        _answerTokens += _talk.Session.GeneratedTokens;
        _talk.EndAnswer(answer.GetBuffer().AsSpan(0, (int)answer.Length));
        output.WriteByte((byte)'\n');
    }

    private void Obey(string line)
    {
        (string command, string rest) = Split(line);
        switch (command)
        {
            case "/card" when rest.Length == 0:
                Console.Error.Write(_talk.Card);
                break;
            case "/card":
                ChangeCard(rest);
                break;
            case "/who" when rest.Length == 0:
                foreach (TavernCard card in TavernFolk.All)
                {
                    Console.Error.WriteLine($"{card.Name}, {card.Trade} at {card.Home}");
                }

                break;
            case "/who":
                ChangePerson(rest);
                break;
            case "/stats":
                ShowFigures();
                break;
            case "/help":
                Console.Error.WriteLine(Help);
                break;
            default:
                Console.Error.WriteLine($"There is no command {command}; /help shows those that there are.");
                break;
        }
    }

    private void ChangeCard(string change)
    {
        (string first, string rest) = Split(change);
        TavernCard? card;
        string problem;
        bool changed;
        if (TavernCard.Fields.Contains(first, StringComparer.OrdinalIgnoreCase))
        {
            changed = _talk.Card.TryWith(first, rest == "-" ? null : rest, out card, out problem);
        }
        else if (change.LastIndexOf(' ') is > 0 and int space
            && int.TryParse(change.AsSpan(space + 1), NumberStyles.None, CultureInfo.InvariantCulture, out int coins)
            && coins is >= 1 and <= TavernCard.HighestPrice)
        {
            changed = _talk.Card.TryWithPrice(change[..space], coins, out card, out problem);
        }
        else
        {
            Console.Error.WriteLine($"'{change}' is neither FIELD VALUE, with one of {string.Join(", ", TavernCard.Fields)}, nor WARE PRICE.");
            return;
        }

        if (changed)
        {
            _talk.Card = card!;
            Console.Error.Write(_talk.Card);
        }
        else
        {
            Console.Error.WriteLine($"The card stays as it is: {problem}.");
        }
    }

    private void ChangePerson(string name)
    {
        if (TavernFolk.Find(name) is not { } card)
        {
            Console.Error.WriteLine($"There is no {name} here; /who shows who is.");
            return;
        }

        _talk.Dispose();
        _talk = new TavernTalk(engine, card, sampling);
        Introduce();
    }

    private void ShowFigures()
    {
        double perSecond = _answerTokens == 0 ? 0 : _answerTokens / _answerTime.TotalSeconds;
        Console.Error.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{_answerTokens} tokens, {perSecond:0} a second, questions included; {_talk.Session.Tokens.Length} of "
            + $"{engine.ContextLength} tokens of context; memory: {ByteSize.Format(engine.MemoryPlan)}"));
    }

    private static (string First, string Remainder) Split(string text)
    {
        int space = text.IndexOf(' ', StringComparison.Ordinal);
        return space < 0 ? (text, "") : (text[..space], text[(space + 1)..].Trim());
    }
}
