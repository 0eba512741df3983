using System.Globalization;
using System.Text;

namespace TinyGpt.Chat.Jinja.Builtins;

/// <summary>Writes dates as <c>strftime</c> does in the C locale.</summary>
internal static class DateText
{
    internal static string Format(DateTimeOffset now, string format)
    {
        StringBuilder text = new();
        for (int i = 0; i < format.Length; i++)
        {
            if (format[i] != '%' || i + 1 == format.Length)
            {
                text.Append(format[i]);
                continue;
            }

            char directive = format[++i];
            bool isPlain = directive == '-' && i + 1 < format.Length;
            if (isPlain)
            {
                directive = format[++i];
            }

            text.Append(Directive(now, directive, isPlain));
        }

        return text.ToString();
    }

    private static string Directive(DateTimeOffset now, char directive, bool isPlain)
    {
        string Number(int value, int width) => value.ToString(isPlain ? "0" : new string('0', width), CultureInfo.InvariantCulture);
        string Text(string pattern) => now.ToString(pattern, CultureInfo.InvariantCulture);
        int hour = now.Hour % 12 == 0 ? 12 : now.Hour % 12;
        return directive switch
        {
            'Y' => Number(now.Year, 4),
            'y' => Number(now.Year % 100, 2),
            'm' => Number(now.Month, 2),
            'd' => Number(now.Day, 2),
            'e' => Number(now.Day, 1).PadLeft(isPlain ? 1 : 2),
            'H' => Number(now.Hour, 2),
            'I' => Number(hour, 2),
            'M' => Number(now.Minute, 2),
            'S' => Number(now.Second, 2),
            'f' => now.ToString("ffffff", CultureInfo.InvariantCulture),
            'j' => Number(now.DayOfYear, 3),
            'B' => Text("MMMM"),
            'b' or 'h' => Text("MMM"),
            'A' => Text("dddd"),
            'a' => Text("ddd"),
            'p' => now.Hour < 12 ? "AM" : "PM",
            'u' => Number(now.DayOfWeek == DayOfWeek.Sunday ? 7 : (int)now.DayOfWeek, 1),
            'w' => Number((int)now.DayOfWeek, 1),
            'U' => Number((now.DayOfYear + 6 - (int)now.DayOfWeek) / 7, 2),
            'W' => Number((now.DayOfYear + 6 - (((int)now.DayOfWeek + 6) % 7)) / 7, 2),
            'F' => Text("yyyy-MM-dd"),
            'T' or 'X' => Text("HH:mm:ss"),
            'R' => Text("HH:mm"),
            'D' or 'x' => Text("MM/dd/yy"),
            'c' => Text("ddd MMM ") + now.Day.ToString(CultureInfo.InvariantCulture).PadLeft(2) + Text(" HH:mm:ss yyyy"),
            's' => now.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture),
            'n' => "\n",
            't' => "\t",
            'z' or 'Z' => "", // the time has no zone, as datetime.now() has none
            '%' => "%",
            _ => $"%{directive}",
        };
    }
}
