using System.Text;

namespace TinyGpt.Chat.Jinja.Values;

/// <summary>Puts texts together and keeps where each character comes from.</summary>
internal sealed class TrackedTextBuilder(Budget budget)
{
    private readonly StringBuilder _text = new();
    private readonly List<int> _cuts = [];
    private bool _startsAsTemplate = true;
    private bool _endsAsTemplate = true;

    internal int Length => _text.Length;

    internal void Append(TrackedText text)
    {
        budget.Characters(text.Length);
        if (text.Length == 0)
        {
            return;
        }

        Turn(text.StartsAsTemplate);
        foreach (int cut in text.Cuts)
        {
            _cuts.Add(_text.Length + cut);
        }

        _endsAsTemplate = text.StartsAsTemplate ^ ((text.Cuts.Length & 1) != 0);
        _text.Append(text.Value);
    }

    internal void Append(ReadOnlySpan<char> text, bool isTemplate)
    {
        budget.Characters(text.Length);
        if (!text.IsEmpty)
        {
            Turn(isTemplate);
            _text.Append(text);
        }
    }

    internal TrackedText Finish(bool isMarkup = false) =>
        _text.Length == 0 ? TrackedText.Empty.AsMarkup(isMarkup) : new TrackedText(_text.ToString(), _startsAsTemplate, [.. _cuts], isMarkup);

    private void Turn(bool isTemplate)
    {
        if (_text.Length == 0)
        {
            _startsAsTemplate = isTemplate;
        }
        else if (isTemplate != _endsAsTemplate)
        {
            _cuts.Add(_text.Length);
        }

        _endsAsTemplate = isTemplate;
    }
}
