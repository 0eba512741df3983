using System.Text;
using TinyGpt.Constraints;
using TinyGpt.Dialogue.Prompts;

namespace TinyGpt.Dialogue.Answers;

/// <summary>
/// Requests of constraints, each of which is compiled once, for answers within the stage's layout: they begin with what begins an answer, may
/// end with what ends one, and never have the character that begins it. Thread-safe; allocates.
/// </summary>
internal sealed class ConstraintRequests(GptModel model, PromptWriter prompts, int lookupTokens)
{
    private readonly Dictionary<Constraint, CompiledConstraint> _compiled = new(ReferenceEqualityComparer.Instance);
    private readonly Dictionary<(Constraint Constraint, int MaxTokens), AnswerRequest> _requests = [];
    private ConstraintVocabulary? _vocabulary;

    /// <summary>What is asked of a character that answers under a constraint.</summary>
    /// <param name="constraint">The constraint; known by reference.</param>
    /// <param name="maxTokens">The most tokens; raised to what the shortest answer needs.</param>
    /// <exception cref="ConstraintException">No text of it can be written.</exception>
    public AnswerRequest Make(Constraint constraint, int maxTokens)
    {
        lock (_compiled)
        {
            if (!_requests.TryGetValue((constraint, maxTokens), out AnswerRequest request))
            {
                CompiledConstraint compiled = Compile(constraint);
                request = new AnswerRequest
                {
                    Constraint = constraint,
                    Options = new SessionOptions
                    {
                        Constraint = compiled,
                        MaxNewTokens = Math.Max(maxTokens, compiled.ShortestAnswer + 1), // a token is a byte at least
                        StopStrings = [prompts.Layout.AnswerEnd],
                        LookupTokens = lookupTokens,
                    },
                };
                _requests.Add((constraint, maxTokens), request);
            }

            return request;
        }
    }

    private CompiledConstraint Compile(Constraint constraint)
    {
        if (!_compiled.TryGetValue(constraint, out CompiledConstraint? compiled))
        {
            int? end = prompts.AnswerEnd is [int single] ? single : model.Config.EndOfTextToken;
            _vocabulary ??= new ConstraintVocabulary(model, end, Encoding.UTF8.GetBytes(prompts.Layout.AnswerEnd).AsSpan(0, 1));
            Pattern whole = Pattern.Sequence(Pattern.Text(prompts.Layout.AnswerLead), constraint.Pattern);
            compiled = Constraint.FromPattern(whole).Compile(_vocabulary);
            _compiled.Add(constraint, compiled);
        }

        return compiled;
    }
}
