using System.Globalization;

namespace TinyGpt.Tavern.Corpus;

/// <summary>Whole numbers as text, the same in every culture.</summary>
internal static class Numbers
{
    /// <summary>A number in digits.</summary>
    public static string Write(int number) => number.ToString(CultureInfo.InvariantCulture);
}
