using TinyGpt.Constraints.Languages;
using TinyGpt.Constraints.Vocabularies;

namespace TinyGpt.Constraints.Matching;

/// <summary>
/// Finds out whether any ordinary text may come next (see <see cref="TextSlices"/>), by following all its characters at once from
/// language to language. Inside a string all of them lead back to the same one, so that is quick.
/// </summary>
internal sealed class TextLoops(GrammarParser parser)
{
    private const int MaxLanguages = 8;

    /// <summary>The bytes that continue a character, by what is left of it.</summary>
    private static readonly (ByteSet Bytes, Part Next)[][] Characters = Describe();

    private readonly List<int> _now = [];
    private readonly List<int> _next = [];
    private readonly HashSet<(int Language, Part Part)> _seen = [];
    private readonly Stack<(int Language, Part Part)> _open = new();

    /// <summary>How a character goes on: its border, or what bytes are left of it.</summary>
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
    }

    /// <summary>Looks for ordinary text.</summary>
    /// <param name="language">What is left of a terminal.</param>
    /// <param name="maxDistance">The longest of the shortest ways from after such a text to the terminal's end.</param>
    /// <returns>
    /// The most characters for which all texts may follow and, if less than <see cref="TextSlices.MaxCharacters"/>, no longer text may; 0 if
    /// there is no such number.
    /// </returns>
    public int Find(int language, out int maxDistance)
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
                Follow(from, ref any, ref all);
            }

            if (!all)
            {
                // With a counter that has run out no text goes on; one that could end on the way might go on behind its end.
                return any || ends ? 0 : count;
            }

            if (_next.Count == 0)
            {
                break; // all seen before
            }

            if (_next.Count > MaxLanguages)
            {
                return 0;
            }

            foreach (int next in _next)
            {
                ends |= parser.Regex.IsNullable(new RegexNode(next));
                maxDistance = Math.Max(maxDistance, parser.Regex.ShortestLength(new RegexNode(next)));
            }

            _now.Clear();
            _now.AddRange(_next);
        }

        return TextSlices.MaxCharacters;
    }

    private static (ByteSet Bytes, Part Next)[][] Describe()
    {
        ByteSet plain = default;
        for (int i = 0; i < 0x80; i++)
        {
            plain |= TextSlices.IsPlain((byte)i) ? ByteSet.Of((byte)i) : default;
        }

        ByteSet any = ByteSet.Range(0x80, 0xBF);
        return
        [
            [
                (plain, Part.Border), (ByteSet.Range(0xC2, 0xDF), Part.One), (ByteSet.Of(0xE0), Part.TwoFromA0),
                (ByteSet.Range(0xE1, 0xEC) | ByteSet.Range(0xEE, 0xEF), Part.Two), (ByteSet.Of(0xED), Part.TwoTo9F),
                (ByteSet.Of(0xF0), Part.ThreeFrom90), (ByteSet.Range(0xF1, 0xF3), Part.Three), (ByteSet.Of(0xF4), Part.ThreeTo8F),
            ],
            [(any, Part.Border)],
            [(any, Part.One)],
            [(any, Part.Two)],
            [(ByteSet.Range(0xA0, 0xBF), Part.One)],
            [(ByteSet.Range(0x80, 0x9F), Part.One)],
            [(ByteSet.Range(0x90, 0xBF), Part.Two)],
            [(ByteSet.Range(0x80, 0x8F), Part.Two)],
        ];
    }

    /// <summary>Follows every ordinary character from a language.</summary>
    /// <param name="language">The language.</param>
    /// <param name="any">Set if any of them may follow.</param>
    /// <param name="all">Cleared if one of them may not.</param>
    private void Follow(int language, ref bool any, ref bool all)
    {
        _open.Push((language, Part.Border));
        while (_open.TryPop(out (int Language, Part Part) at))
        {
            foreach ((ByteSet bytes, Part next) in Characters[(int)at.Part])
            {
                int before = RegexNode.Nothing.Id;
                for (int value = 0; value < 256; value++)
                {
                    if (!bytes.Contains((byte)value))
                    {
                        continue;
                    }

                    int after = parser.Regex.Step(new RegexNode(at.Language), (byte)value).Id;
                    all &= after != RegexNode.Nothing.Id;
                    any |= after != RegexNode.Nothing.Id;
                    if (after == before || after == RegexNode.Nothing.Id)
                    {
                        continue;
                    }

                    before = after;
                    if (_seen.Add((after, next)))
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
    }
}
