using TinyGpt.Dialogue.Answers;
using TinyGpt.Dialogue.Grammars;

namespace TinyGpt.Dialogue.Saves;

/// <summary>
/// The grammars of a save: equal ones are compiled once, and all together may take the work of <see cref="MaxGrammars"/> that take all they may.
/// </summary>
internal sealed class SavedGrammars(RequestFactory requests)
{
    private const int MaxGrammars = 4;

    private readonly GrammarWork _work = new(MaxGrammars);
    private readonly Dictionary<string, AnswerRequest> _known = new(StringComparer.Ordinal);

    public AnswerRequest Read(SaveReader save)
    {
        Grammar grammar = GrammarForm.Read(save);
        string form = GrammarForm.Key(grammar);
        if (!_known.TryGetValue(form, out AnswerRequest request))
        {
            request = requests.ByGrammar(grammar, new GrammarWork(whole: _work));
            _known.Add(form, request);
        }

        return request;
    }
}
