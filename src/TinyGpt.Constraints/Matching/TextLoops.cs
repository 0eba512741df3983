using TinyGpt.Constraints.Languages;
using TinyGpt.Constraints.Vocabularies;

namespace TinyGpt.Constraints.Matching;

/// <summary>
/// Finds out whether any ordinary text may come next (see <see cref="TextSlices"/>), by following all its characters at once from
/// language to language. Inside a string all of them lead back to the same one, so that is quick.
/// </summary>
internal sealed class TextLoops(RegexTable regex)
{
    private const int MaxLanguages = 256;

    private static readonly (ByteSet Bytes, Part Next)[][] UnicodeParts = DescribeUnicode();

    private readonly List<int> _now = [];
    private readonly List<int> _next = [];
    private readonly HashSet<(int Language, Part Part)> _seen = [];
    private readonly Stack<(int Language, Part Part)> _open = new();

    /// <summary>The rest of a character: its border, or its remaining bytes.</summary>
    private enum Part
    {
        Border,
        One,
        Two,
        Three,
        TwoFromA0,
        TwoTo9F,
        ThreeFrom90,
        ThreeTo8F,
        BesidesSeparators,
        NoSeparator,
    }

    /// <summary>Looks for ordinary text.</summary>
    /// <param name="language">What is left of a terminal.</param>
    /// <param name="characters">Which characters are ordinary.</param>
    /// <param name="maxDistance">The longest of the shortest ways from after such a text to the terminal's end.</param>
    /// <returns>
    /// The most characters for which all texts may follow and, if less than <see cref="TextSlices.MaxCharacters"/>, no longer text may; 0 if
    /// there is no such number.
    /// </returns>
    public int Find(int language, OrdinaryCharacters characters, out int maxDistance)
    {
        maxDistance = 0;
        _seen.Clear();
        _now.Clear();
        _now.Add(language);
        bool ends = false;
        for (int count = 0; count < TextSlices.MaxCharacters; count++)
        {
            _next.Clear();
            bool any = false;
            bool all = true;
            foreach (int from in _now)
            {
                Follow(from, characters, ref any, ref all);
                if (!all && any)
                {
                    return 0;
                }
            }

            if (!all)
            {
                // A counter has run out, and no text continues. One that could end on the way might continue after its end.
                return ends ? 0 : count;
            }

            if (_next.Count == 0)
            {
                break; // all seen before
            }

            if (_seen.Count > MaxLanguages)
            {
                return 0;
            }

            foreach (int next in _next)
            {
                ends |= regex.IsNullable(new RegexNode(next));
                maxDistance = Math.Max(maxDistance, regex.ShortestLength(new RegexNode(next)));
            }

            _now.Clear();
            _now.AddRange(_next);
        }

        return TextSlices.MaxCharacters;
    }

    /// <summary>The bytes that continue a character, by what is left of it.</summary>
    private static (ByteSet Bytes, Part Next)[][] DescribeUnicode()
    {
        ByteSet any = ByteSet.Range(0x80, 0xBF);
        return
        [
            [
                (ByteSet.Range(0xC2, 0xDF), Part.One), (ByteSet.Of(0xE0), Part.TwoFromA0), (ByteSet.Of(0xE2), Part.BesidesSeparators),
                (ByteSet.Of(0xE1) | ByteSet.Range(0xE3, 0xEC) | ByteSet.Range(0xEE, 0xEF), Part.Two), (ByteSet.Of(0xED), Part.TwoTo9F),
                (ByteSet.Of(0xF0), Part.ThreeFrom90), (ByteSet.Range(0xF1, 0xF3), Part.Three), (ByteSet.Of(0xF4), Part.ThreeTo8F),
            ],
            [(any, Part.Border)],
            [(any, Part.One)],
            [(any, Part.Two)],
            [(ByteSet.Range(0xA0, 0xBF), Part.One)],
            [(ByteSet.Range(0x80, 0x9F), Part.One)],
            [(ByteSet.Range(0x90, 0xBF), Part.Two)],
            [(ByteSet.Range(0x80, 0x8F), Part.Two)],
            [(ByteSet.Of(0x80), Part.NoSeparator), (ByteSet.Range(0x81, 0xBF), Part.One)],
            [(any & ~ByteSet.Range(0xA8, 0xA9), Part.Border)],
        ];
    }

    /// <summary>Follows every ordinary character from a language.</summary>
    /// <param name="language">The language.</param>
    /// <param name="characters">Which are ordinary.</param>
    /// <param name="any">Set if any of them may follow.</param>
    /// <param name="all">Cleared if one of them may not.</param>
    private void Follow(int language, OrdinaryCharacters characters, ref bool any, ref bool all)
    {
        FollowBytes(language, characters.Ascii, Part.Border, ref any, ref all);
        if (!characters.IsUnicode)
        {
            return;
        }

        _open.Push((language, Part.Border));
        while (_open.TryPop(out (int Language, Part Part) at))
        {
            foreach ((ByteSet bytes, Part next) in UnicodeParts[(int)at.Part])
            {
                FollowBytes(at.Language, bytes, next, ref any, ref all);
            }
        }
    }

    private void FollowBytes(int language, in ByteSet bytes, Part next, ref bool any, ref bool all)
    {
        RegexNode from = new(language);
        int classes = regex.ClassCount(from);
        for (int i = 0; i < classes; i++)
        {
            if ((regex.ClassBytes(from, i) & bytes).IsEmpty)
            {
                continue;
            }

            int after = regex.StepByClass(from, i).Id;
            all &= after != RegexNode.Nothing.Id;
            any |= after != RegexNode.Nothing.Id;
            if (after != RegexNode.Nothing.Id && _seen.Add((after, next)))
            {
                if (next == Part.Border)
                {
                    _next.Add(after);
                }
                else
                {
                    _open.Push((after, next));
                }
            }
        }
    }
}
