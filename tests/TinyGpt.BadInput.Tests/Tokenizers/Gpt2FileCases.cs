using System.Globalization;
using System.Text;
using TinyGpt.BadInput.Tests.Cases;

namespace TinyGpt.BadInput.Tests.Tokenizers;

/// <summary>vocab.json and merges.txt, and the two files that may be beside them.</summary>
internal static class Gpt2FileCases
{
    private const string NoJson = "not valid JSON";

    public static readonly InputFiles Valid = InputFiles.Folder()
        .With("vocab.json", """{"a": 0, "b": 1, "ab": 2, "<|endoftext|>": 3}"""u8.ToArray())
        .With("merges.txt", "#version: 0.2\na b\n"u8.ToArray());

    public static readonly BadCase[] All =
    [
        new("no merges.txt", "neither tokenizer.json nor", () => Valid.Without("merges.txt")),
        new("no vocab.json", "neither tokenizer.json nor", () => Valid.Without("vocab.json")),
        new("an empty vocabulary file", NoJson, Vocabulary("")),
        new("a vocabulary of no tokens", "0 tokens", VocabularyAlone("{}")),
        new("a vocabulary that is an array", "not an object", Vocabulary("[\"a\"]")),
        new("a vocabulary that is cut", NoJson, Vocabulary("{\"a\": 0")),
        new("a vocabulary with something after it", NoJson, Vocabulary("{\"a\": 0} 1")),
        new("an id that is text", "not a number", Vocabulary("{\"a\": \"0\"}")),
        new("an id with a fraction", "not a 32-bit integer", Vocabulary("{\"a\": 0.5}")),
        new("an id of a million digits", "not a 32-bit integer", Vocabulary($"{{\"a\": {new string('9', 1_000_000)}}}")),
        new("an id below zero", "ids run from 0", Vocabulary("{\"a\": -1}")),
        new("an id beyond every limit", "ids run from 0", Vocabulary("{\"a\": 1048576}")),
        new("the highest id alone", "no token has id 0", VocabularyAlone("{\"a\": 1048575}")),
        new("an id twice", "cannot have id 0", Vocabulary("{\"a\": 0, \"b\": 0}")),
        new("a token twice", "comes twice", Vocabulary("{\"a\": 0, \"a\": 1}")),
        new("a token twice, once as an escape", "comes twice", Vocabulary("{\"a\": 0, \"\\u0061\": 1}")),
        new("a gap between ids", "no token has id 1", VocabularyAlone("{\"a\": 0, \"b\": 2}")),
        new("an empty token", "is empty", Vocabulary("{\"\": 0}")),
        new("a token outside the alphabet of bytes", "which is no byte", VocabularyAlone("{\"a\": 0, \"日\": 1}")),
        new("a token of 1025 bytes", "has 1025 bytes", VocabularyAlone($"{{\"{new string('a', 1025)}\": 0}}")),
        new("a token of a megabyte", "at most 16384 are read", Vocabulary($"{{\"{new string('a', 1 << 20)}\": 0}}")),
        new("half of a surrogate pair", "surrogate", Vocabulary("{\"\\ud800\": 0}")),
        new("a token that is no UTF-8", "not valid UTF-8", () => Valid.With("vocab.json", [.. "{\""u8, 0xC0, 0x80, .. "\": 0}"u8])),
        new("a vocabulary in UTF-16", NoJson, () => Valid.With("vocab.json", Encoding.Unicode.GetBytes("{\"a\": 0}"))),
        new("a hundred thousand levels", "not a number", Vocabulary($"{{\"a\": {new string('[', 100_000)}")),
        new("as many tokens as GPT-2 has and a wrong one", "not a number", Vocabulary(ManyTokens())),
        new("a line of one token", "line 2 is not two tokens", Merges("#version: 0.2\na\n")),
        new("a line of three tokens", "line 1 is not two tokens", Merges("a b b\n")),
        new("a line of two spaces", "line 1 is not two tokens", Merges("a  b\n")),
        new("a line of a space alone", "line 1 is not two tokens", Merges(" \n")),
        new("an empty line between merges", "an empty line", Merges("a b\n\nb a\n")),
        new("a merge of an unknown token", "needs the token 'c'", Merges("a c\n")),
        new("a merge of an unknown result", "needs the token 'ba'", Merges("b a\n")),
        new("the same merge twice", "joins the same pair", Merges("a b\na b\n")),
        new("a merge of a special token's text", "needs the token '<|endoftext|>a'", Merges("<|endoftext|> a\n")),
        new("a line of a megabyte", "at most 16384 are read", Merges($"a {new string('b', 1 << 20)}")),
        new("a merge that is no UTF-8", "line 1 is not valid UTF-8", () => Valid.With("merges.txt", [(byte)'a', (byte)' ', 0xF5])),
        new("a hundred thousand merges of unknown tokens", "needs the token '0'", Merges(ManyMerges())),
        new("an added token that is a list", "not an object", Added("[\"<pad>\"]")),
        new("an added token without a number", "not a number", Added("{\"<pad>\": null}")),
        new("an added token in another's place", "cannot have id 0", Added("{\"<pad>\": 0}")),
        new("an added token with two ids", "two ids", Added("{\"a\": 9}")),
        new("two added tokens of one id", "given twice", Added("{\"<pad>\": 4, \"<unk>\": 4}")),
        new("an added token longer than may be", "has 1500 bytes", Added($"{{\"{string.Concat(Enumerable.Repeat("日", 500))}\": 4}}")),
        new("more added tokens than may be", "more than 16384", Added(ManyNames())),
        new("a special token's role that is a number", "is not an array", Special("{\"bos_token\": 3}")),
        new("special tokens within each other", "is not a string", Special("{\"bos_token\": [[\"a\"]]}")),
        new("a special token whose content is null", "not a string", Special("{\"bos_token\": {\"content\": null}}")),
        new("a role twice", "has the name", Special("{\"pad_token\": \"a\", \"pad_token\": \"b\"}")),
        new("more roles than may be", "more than 1024", Special(ManyRoles())),
        new("a special token of 33 levels", "the JSON is damaged", Special($"{{\"bos_token\": {{\"x\": {new string('[', 40)}}} }}")),
    ];

    private static Func<InputFiles> Vocabulary(string text) => Written("vocab.json", text);

    private static Func<InputFiles> VocabularyAlone(string text) =>
        () => Valid.With("vocab.json", Encoding.UTF8.GetBytes(text)).With("merges.txt", []);

    private static Func<InputFiles> Merges(string text) => Written("merges.txt", text);

    private static Func<InputFiles> Added(string text) => Written("added_tokens.json", text);

    private static Func<InputFiles> Special(string text) => Written("special_tokens_map.json", text);

    private static Func<InputFiles> Written(string name, string text) => () => Valid.With(name, Encoding.UTF8.GetBytes(text));

    private static string ManyTokens() => Joined(50_257, number => $"\"{number}\": {number}", ", \"z\": \"z\"");

    private static string ManyNames() => Joined(20_000, number => $"\"{number}\": {number + 4}", "");

    private static string ManyRoles() => Joined(2000, number => $"\"{number}\": null", "");

    private static string ManyMerges() =>
        string.Concat(Enumerable.Range(0, 100_000).Select(number => string.Create(CultureInfo.InvariantCulture, $"{number} {number}\n")));

    private static string Joined(int count, Func<int, FormattableString> member, string last) =>
        $"{{{string.Join(',', Enumerable.Range(0, count).Select(number => FormattableString.Invariant(member(number))))}{last}}}";
}
