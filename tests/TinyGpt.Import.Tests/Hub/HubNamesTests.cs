using System.Text;
using TinyGpt.Import.Hub;
using Xunit;

namespace TinyGpt.Import.Tests;

public sealed class HubNamesTests
{
    [Theory]
    [InlineData("gpt2")]
    [InlineData("openai-community/gpt2")]
    [InlineData("HuggingFaceTB/SmolLM2-135M-Instruct")]
    [InlineData("Qwen/Qwen2.5-0.5B")]
    [InlineData("a_b/c.d_e")]
    public void Names_of_models(string text)
    {
        Assert.True(HubModelName.TryParse(text, out HubModelName? name));
        Assert.Equal(text, name.Text);
        Assert.Equal(text[(text.IndexOf('/', StringComparison.Ordinal) + 1)..], name.ShortName);
    }

    [Theory]
    [InlineData("")]
    [InlineData("/")]
    [InlineData("a/")]
    [InlineData("/a")]
    [InlineData("a/b/c")]
    [InlineData("..")]
    [InlineData("../a")]
    [InlineData("a/..")]
    [InlineData("a..b")]
    [InlineData(".hidden")]
    [InlineData("a/-b")]
    [InlineData("a--b")]
    [InlineData("a b")]
    [InlineData("a\\b")]
    [InlineData("a?b")]
    [InlineData("a#b")]
    [InlineData("a%2fb")]
    [InlineData("C:a")]
    [InlineData("repository.git")]
    [InlineData("nul")]
    [InlineData("gpt2\n")]
    [InlineData("модель")]
    public void Other_texts_are_no_names(string text)
    {
        Assert.False(HubModelName.TryParse(text, out _));
        Assert.Throws<FormatException>(() => HubModelName.Parse(text));
    }

    [Fact]
    public void A_name_is_not_endless()
    {
        Assert.False(HubModelName.TryParse(new string('a', 97), out _));
        Assert.True(HubPath.IsSafe(new string('a', 200)));
        Assert.False(HubPath.IsSafe(new string('a', 201)));
        Assert.False(HubPath.IsSafe(new string('模', 67)));
    }

    [Theory]
    [InlineData("config.json")]
    [InlineData("model-00001-of-00002.safetensors")]
    [InlineData("Q4/name.Q4_K_M.gguf")]
    [InlineData("with space.gguf")]
    [InlineData("模型.gguf")]
    public void Paths_that_may_become_files(string path)
    {
        Assert.True(HubPath.IsSafe(path));
        string start = Path.GetFullPath("folder") + Path.DirectorySeparatorChar;
        Assert.StartsWith(start, HubPath.PlaceIn("folder", path), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("/etc/passwd")]
    [InlineData("../model.safetensors")]
    [InlineData("a/../../b")]
    [InlineData("a//b")]
    [InlineData("./a")]
    [InlineData("a/.")]
    [InlineData("..\\a")]
    [InlineData("\\\\server\\share")]
    [InlineData("C:\\a")]
    [InlineData("C:a")]
    [InlineData("a:stream")]
    [InlineData("con")]
    [InlineData("NUL.safetensors")]
    [InlineData("a/com1.json")]
    [InlineData("a.")]
    [InlineData("a ")]
    [InlineData(" a")]
    [InlineData("a\0b")]
    [InlineData("a\nb")]
    [InlineData("a\u001b[2J")]
    [InlineData("a*")]
    [InlineData("model\u202Esrosnetefas.exe")]
    [InlineData("1/2/3/4/5/6/7/8/9")]
    public void Paths_that_may_not(string path) => Assert.False(HubPath.IsSafe(path));

    [Fact]
    public void A_path_is_shown_without_what_terminals_obey()
    {
        Assert.Equal(@"a\x1b[2Jb", HubPath.Show("a\u001b[2Jb"));
        Assert.Equal(101, HubPath.Show(new string('x', 5000)).Length);
    }

    // Values of `git hash-object` and `sha256sum`.
    [Theory]
    [InlineData(false, "hello\n", "ce013625030ba8dba906f756967f9e9ca394464a")]
    [InlineData(false, "", "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391")]
    [InlineData(true, "hello\n", "5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03")]
    public void Hashes_are_those_of_git_and_of_large_files(bool isSha256, string content, string hex)
    {
        ContentHash hash = ContentHash.Parse(isSha256, hex.ToUpperInvariant())!;
        Assert.True(hash.Matches(Encoding.UTF8.GetBytes(content)));
        Assert.False(hash.Matches(Encoding.UTF8.GetBytes(content + "x")));
        Assert.Null(ContentHash.Parse(!isSha256, hex));
        Assert.Null(ContentHash.Parse(isSha256, "x" + hex[1..]));
    }
}
