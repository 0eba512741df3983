using TinyGpt.Constraints;
using TinyGpt.Dialogue.Answers;

namespace TinyGpt.Dialogue.Saves;

/// <summary>
/// The constraints of a save, as the text of what they were made of: equal ones are compiled once, and
/// their number and length are bounded.
/// </summary>
internal sealed class SavedConstraints(RequestFactory requests)
{
    private const int MaxConstraints = 64; // a bad one can take seconds to compile

    private readonly Dictionary<string, Constraint> _known = new(StringComparer.Ordinal);

    /// <exception cref="InvalidOperationException">There are more than a save can hold.</exception>
    public static void Check(IEnumerable<AnswerRun> runs)
    {
        HashSet<string> texts = new(StringComparer.Ordinal);
        foreach (AnswerRun run in runs)
        {
            if (run.Request is { Constraint: { } constraint, Actions: null })
            {
                texts.Add(constraint.Pattern.ToText());
            }
        }

        if (texts.Count > MaxConstraints)
        {
            throw new InvalidOperationException(
                $"Answers within {texts.Count} different constraints are under way, and a save can hold {MaxConstraints}: save when some have ended.");
        }
    }

    public static void Write(SaveWriter save, in AnswerRequest request)
    {
        save.Text(request.Constraint!.Pattern.ToText());
        save.Int32(request.Options!.MaxNewTokens);
    }

    /// <exception cref="StageSaveException">The text is too long, or the number of tokens is impossible.</exception>
    /// <exception cref="ConstraintException">The text is no constraint.</exception>
    public AnswerRequest Read(SaveReader save, int contextLength)
    {
        string text = save.Text(ConstraintRequests.MaxTextBytes, "the length of a constraint");
        int maxTokens = save.Int32(1, contextLength, "the tokens of an answer");
        if (!_known.TryGetValue(text, out Constraint? constraint))
        {
            if (_known.Count == MaxConstraints)
            {
                throw save.Failure($"it has more than {MaxConstraints} different constraints");
            }

            constraint = Constraint.FromPattern(Pattern.FromText(text));
            _known.Add(text, constraint);
        }

        return requests.ByConstraint(constraint, maxTokens);
    }
}
