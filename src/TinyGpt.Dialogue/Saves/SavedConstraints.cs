using System.Text;
using TinyGpt.Constraints;
using TinyGpt.Dialogue.Answers;

namespace TinyGpt.Dialogue.Saves;

/// <summary>
/// The constraints of a save, as the text of what they were made of: equal ones are compiled once, and
/// their number and length are bounded.
/// </summary>
internal sealed class SavedConstraints(RequestFactory requests)
{
    private const int MaxBytes = 1 << 22;
    private const int MaxConstraints = 64; // a bad one can take seconds to compile

    private readonly Dictionary<string, Constraint> _known = new(StringComparer.Ordinal);
    private int _bytesLeft = MaxBytes;

    public static void Write(SaveWriter save, in AnswerRequest request)
    {
        save.Text(request.Constraint!.Pattern.ToText());
        save.Int32(request.Options!.MaxNewTokens);
    }

    /// <exception cref="StageSaveException">The text is too long, or the number of tokens is impossible.</exception>
    /// <exception cref="ConstraintException">The text is no constraint.</exception>
    public AnswerRequest Read(SaveReader save, int contextLength)
    {
        string text = save.Text(_bytesLeft, "the length of a constraint");
        int maxTokens = save.Int32(1, contextLength, "the tokens of an answer");
        if (!_known.TryGetValue(text, out Constraint? constraint))
        {
            if (_known.Count == MaxConstraints)
            {
                throw save.Failure($"it has more than {MaxConstraints} different constraints");
            }

            _bytesLeft -= Encoding.UTF8.GetByteCount(text);
            constraint = Constraint.FromPattern(Pattern.FromText(text));
            _known.Add(text, constraint);
        }

        return requests.ByConstraint(constraint, maxTokens);
    }
}
