using TinyGpt.Format;
using Xunit;

namespace TinyGpt.Import.Tests.Files;

/// <summary>What is left of writing a file that broke off, and what errors call the file.</summary>
public sealed class AtomicFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void The_next_run_sweeps_what_killed_ones_left()
    {
        string left = _folder.Write("model.tgpt.abcd2345.x1y.tmp", "half a model");
        string[] others =
        [
            _folder.Write("model.tgpt.abcd2345.tmp", "another name"), _folder.Write("other.tgpt.abcd2345.x1y.tmp", "another file's"),
            _folder.Write("model.tgpt.ABCD2345.x1y.tmp", "no name of ours"), _folder.Write("model.tgpt.bak", "the user's own"),
            _folder.Write("model.tgpt.efgh2345.x1y.tmp", ""), // which another process may have made this moment
        ];
        AtomicFile.Write(_folder.At("model.tgpt"), stream => stream.WriteByte(7));

        Assert.False(File.Exists(left));
        Assert.All(others, other => Assert.True(File.Exists(other)));
        Assert.Equal([7], File.ReadAllBytes(_folder.At("model.tgpt")));
    }

    [Fact]
    public void An_empty_one_goes_once_it_is_old()
    {
        string left = _folder.Write("model.tgpt.abcd2345.x1y.tmp", "");
        File.SetLastWriteTimeUtc(left, DateTime.UtcNow.AddMinutes(-1));
        AtomicFile.Write(_folder.At("model.tgpt"), stream => stream.WriteByte(7));

        Assert.False(File.Exists(left));
    }

    [Fact]
    public void What_another_writer_has_open_stays()
    {
        AtomicFile.Write(_folder.At("model.tgpt"), outer =>
        {
            outer.WriteByte(1);
            outer.Flush();
            AtomicFile.Write(_folder.At("model.tgpt"), inner => inner.WriteByte(2));
            Assert.Equal([2], File.ReadAllBytes(_folder.At("model.tgpt")));
        });

        Assert.Equal([1], File.ReadAllBytes(_folder.At("model.tgpt")));
        Assert.Single(Directory.GetFiles(_folder.Name));
    }

    [Fact]
    public void Errors_name_the_file_and_not_the_temporary_one()
    {
        string missing = Path.Combine(_folder.Name, "no folder", "model.tgpt");
        Directory.CreateDirectory(_folder.At("folder.tgpt"));
        foreach (string path in new[] { missing, _folder.At("folder.tgpt") })
        {
            Exception failure = Assert.ThrowsAny<Exception>(() => AtomicFile.Write(path, stream => stream.WriteByte(1)));

            Assert.True(failure is IOException or UnauthorizedAccessException);
            Assert.Contains(path, failure.Message, StringComparison.Ordinal);
            Assert.DoesNotContain(".tmp", failure.Message, StringComparison.Ordinal);
        }

        Assert.Empty(Directory.GetFiles(_folder.Name));
    }

    [Theory]
    [InlineData("/dev/zero")]
    [InlineData("/dev/null")]
    public void A_device_is_no_model(string path)
    {
        Assert.SkipUnless(File.Exists(path), "this system has no such device");

        Assert.Contains("a pipe or a device", Assert.Throws<ModelFormatException>(() => ModelSource.LoadAny(path)).Message, StringComparison.Ordinal);
        Assert.Throws<ModelFormatException>(() => TgptFile.ReadInfo(path));
    }
}
