using System.CommandLine;
using System.Globalization;
using System.Numerics;

namespace TinyGpt.Cli.Options;

/// <summary>Makes options that take a number, and say which numbers when they are given another.</summary>
internal static class NumberOption
{
    /// <summary>Makes an option.</summary>
    /// <param name="name">Its name, with hyphens.</param>
    /// <param name="description">The help's text.</param>
    /// <param name="defaultValue">What it is when not given.</param>
    /// <param name="isValid">Which numbers are taken.</param>
    /// <param name="range">The same in words: "0 or more".</param>
    public static Option<T> Create<T>(string name, string description, T defaultValue, Func<T, bool> isValid, string range)
        where T : struct, INumber<T>
    {
        Option<T> option = new(name) { Description = description, DefaultValueFactory = _ => defaultValue, HelpName = "N" };
        option.CustomParser = result =>
        {
            string text = result.Tokens[^1].Value;
            if (T.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out T value) && isValid(value))
            {
                return value;
            }

            result.AddError($"{name} takes {range}, not '{text}'.");
            return default;
        };
        return option;
    }
}
