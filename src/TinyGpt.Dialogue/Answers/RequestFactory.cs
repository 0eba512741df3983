using System.Text;
using TinyGpt.Constraints;
using TinyGpt.Dialogue.Actions;
using TinyGpt.Dialogue.Grammars;
using TinyGpt.Dialogue.Prompts;

namespace TinyGpt.Dialogue.Answers;

/// <summary>Makes requests of grammars, each of which it compiles once, and of options. Thread-safe; allocates.</summary>
internal sealed class RequestFactory(GptModel model, PromptWriter prompts, int lookupTokens)
{
    private readonly GrammarCompiler _compiler = new(model);
    private readonly Dictionary<Grammar, AnswerRequest> _grammars = new(ReferenceEqualityComparer.Instance);

    private readonly ConstraintRequests _constraints = new(model, prompts, lookupTokens);

    private string AnswerEnd => prompts.Layout.AnswerEnd;

    /// <summary>What is asked of a character that answers under a grammar, which is compiled if it is new here.</summary>
    /// <exception cref="GrammarException">It cannot be compiled, or has texts that contain the end of an answer.</exception>
    public AnswerRequest ByGrammar(Grammar grammar, GrammarWork work)
    {
        ArgumentNullException.ThrowIfNull(grammar);
        lock (_grammars)
        {
            if (!_grammars.TryGetValue(grammar, out AnswerRequest request))
            {
                CompiledGrammar compiled = _compiler.Compile(grammar, prompts.Layout.AnswerLead, AnswerEnd, work);
                if (compiled.CanContain(Encoding.UTF8.GetBytes(AnswerEnd)))
                {
                    throw new GrammarException(
                        "A text of the grammar contains what ends an answer in the stage's layout and would be cut short: write other texts.");
                }

                SessionOptions options = new()
                {
                    Constraint = compiled,
                    MaxNewTokens = compiled.MostTokens,
                    StopStrings = [AnswerEnd],
                    LookupTokens = lookupTokens,
                };
                request = new AnswerRequest { Grammar = grammar, Options = options };
                _grammars.Add(grammar, request);
            }

            return request;
        }
    }

    /// <summary>What is asked of a character that answers under a constraint, which is compiled if it is new here.</summary>
    /// <param name="constraint">The constraint.</param>
    /// <param name="maxTokens">The most tokens; raised to what the shortest answer needs.</param>
    /// <exception cref="ConstraintException">No text of it can be written with the model's vocabulary without what ends an answer.</exception>
    public AnswerRequest ByConstraint(Constraint constraint, int maxTokens) => _constraints.Make(constraint, maxTokens);

    /// <summary>What is asked of a character that answers freely and may act, which is compiled.</summary>
    /// <exception cref="ConstraintException">The actions cannot be written with the model's vocabulary without what ends an answer.</exception>
    public AnswerRequest ByActions(ActionSet actions, int maxTokens, IReadOnlyList<string> stops) => _constraints.Make(actions, maxTokens, stops);

    /// <summary>What is asked of a character that chooses.</summary>
    /// <exception cref="ArgumentException">There are too few or too many options, or one is not as it must be.</exception>
    public AnswerRequest ByOptions(IReadOnlyList<string> options)
    {
        if (options.Count < 2 || options.Count > Grammar.MostParts)
        {
            throw new ArgumentException($"A choice has 2 … {Grammar.MostParts} options, not {options.Count}.", nameof(options));
        }

        int[][] tokens = new int[options.Count][];
        int[] said = new int[options.Count];
        for (int i = 0; i < tokens.Length; i++)
        {
            string option = options[i];
            if (string.IsNullOrWhiteSpace(option) || option.AsSpan().ContainsAnyInRange('\0', '\u001F')
                || option.Contains(AnswerEnd, StringComparison.Ordinal) || Encoding.UTF8.GetByteCount(option) > AnswerRun.OutputCapacity)
            {
                throw new ArgumentException(
                    $"Option {i} is empty, longer than {AnswerRun.OutputCapacity} bytes, has a control character, or contains the end of an answer.",
                    nameof(options));
            }

            int[] ids = prompts.Option(option);
            said[i] = ids.Length;
            tokens[i] = [.. ids, .. prompts.AnswerEnd];
        }

        return new AnswerRequest { Choice = new PendingChoice(new Choice([.. options]), tokens, said) };
    }
}
