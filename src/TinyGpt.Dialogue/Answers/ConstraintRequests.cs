using System.Text;
using TinyGpt.Constraints;
using TinyGpt.Dialogue.Actions;
using TinyGpt.Dialogue.Prompts;

namespace TinyGpt.Dialogue.Answers;

/// <summary>
/// Requests of constraints, each of which is compiled once, for answers within the stage's layout: they begin with what begins an answer, may
/// end with what ends one, and never have the character that begins it. Thread-safe; allocates.
/// </summary>
internal sealed class ConstraintRequests(GptModel model, PromptWriter prompts, int lookupTokens)
{
    /// <summary>The most bytes of a constraint's text, so that a save can hold it.</summary>
    public const int MaxTextBytes = 1 << 20;

    private readonly Dictionary<Constraint, CompiledConstraint> _compiled = new(ReferenceEqualityComparer.Instance);
    private readonly Dictionary<(Constraint Constraint, int MaxTokens), AnswerRequest> _requests = [];
    private ConstraintVocabulary? _vocabulary;

    /// <summary>What is asked of a character that answers under a constraint.</summary>
    /// <param name="constraint">The constraint; known by reference.</param>
    /// <param name="maxTokens">The most tokens; raised to what the shortest answer needs.</param>
    /// <exception cref="ConstraintException">No text of it can be written, or its own text is too long for a save.</exception>
    public AnswerRequest Make(Constraint constraint, int maxTokens)
    {
        lock (_compiled)
        {
            if (!_requests.TryGetValue((constraint, maxTokens), out AnswerRequest request))
            {
                if (!_compiled.TryGetValue(constraint, out CompiledConstraint? compiled))
                {
                    if (Encoding.UTF8.GetByteCount(constraint.Pattern.ToText()) > MaxTextBytes)
                    {
                        throw new ConstraintException($"The constraint has more than {MaxTextBytes:N0} bytes of text, which a save cannot hold.");
                    }

                    compiled = Compile(constraint);
                    _compiled.Add(constraint, compiled);
                }

                request = Make(constraint, compiled, maxTokens, [prompts.Layout.AnswerEnd]);
                _requests.Add((constraint, maxTokens), request);
            }

            return request;
        }
    }

    /// <summary>What is asked of a character that may act. Nothing is kept of it here, since actions change with what is there.</summary>
    /// <param name="actions">The actions.</param>
    /// <param name="maxTokens">The most tokens; raised to what the shortest answer needs.</param>
    /// <param name="stops">The texts that end an answer.</param>
    /// <exception cref="ConstraintException">No text of it can be written.</exception>
    public AnswerRequest Make(ActionSet actions, int maxTokens, IReadOnlyList<string> stops)
    {
        lock (_compiled)
        {
            return Make(actions.Constraint, Compile(actions.Constraint), maxTokens, stops) with { Actions = actions };
        }
    }

    private AnswerRequest Make(Constraint constraint, CompiledConstraint compiled, int maxTokens, IReadOnlyList<string> stops) => new()
    {
        Constraint = constraint,
        Options = new SessionOptions
        {
            Constraint = compiled,
            MaxNewTokens = Math.Max(maxTokens, compiled.ShortestAnswer + 1), // a token is a byte at least
            StopStrings = stops,
            LookupTokens = lookupTokens,
        },
    };

    private CompiledConstraint Compile(Constraint constraint)
    {
        int? end = prompts.AnswerEnd is [int single] ? single : model.Config.EndOfTextToken;
        _vocabulary ??= new ConstraintVocabulary(model, end, Encoding.UTF8.GetBytes(prompts.Layout.AnswerEnd).AsSpan(0, 1));
        Pattern whole = Pattern.Sequence(Pattern.Text(prompts.Layout.AnswerLead), constraint.Pattern);
        return Constraint.FromPattern(whole).Compile(_vocabulary);
    }
}
