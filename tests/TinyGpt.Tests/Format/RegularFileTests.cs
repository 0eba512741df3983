using System.Diagnostics;
using TinyGpt.Import;
using Xunit;

namespace TinyGpt.Tests.Format;

/// <summary>Pipes and devices are refused before they are opened: opening a pipe without a writer would wait for ever.</summary>
public sealed class RegularFileTests
{
    public static TheoryData<string, string> Ways()
    {
        TheoryData<string, string> ways = [];
        foreach (string kind in (string[])["pipe", "link to a pipe", "/dev/zero", "/dev/null", "empty"])
        {
            foreach (string way in Openings.Keys)
            {
                ways.Add(kind, way);
            }
        }

        return ways;
    }

    private static Dictionary<string, (string File, Action<string> Open)> Openings { get; } = new()
    {
        ["a .tgpt file"] = ("model.tgpt", path => GptModel.Load(path)),
        ["what a .tgpt file says"] = ("model.tgpt", path => TgptFile.ReadInfo(path)),
        ["a GGUF file"] = ("model.gguf", path => GgufFile.Open(path)),
        ["a safetensors file"] = ("model.safetensors", path => SafetensorsCheckpoint.Open(path)),
        ["a source of any kind"] = ("model", path => ModelSource.LoadAny(path)),
        ["a tokenizer"] = ("tokenizer.json", path => TokenizerFiles.Read(Path.GetDirectoryName(path)!)),
        ["a save"] = ("save.tgss", Restore),
    };

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task What_is_no_regular_file_is_refused_by_name_at_once(string kind, string way)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no such files.");
        string folder = Directory.CreateTempSubdirectory("tinygpt-").FullName;
        try
        {
            string path = Path.Combine(folder, Openings[way].File);
            Make(path, kind);
            Task opening = Task.Run(() => Openings[way].Open(path), TestContext.Current.CancellationToken);
            Exception refusal = await Assert.ThrowsAnyAsync<Exception>(() => opening.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken));
            Assert.True(refusal is ModelFormatException or SnapshotException, refusal.ToString());
            Assert.Contains(path, refusal.Message, StringComparison.Ordinal);
            Assert.Contains(way == "a tokenizer" ? "JSON" : "a pipe or a device", refusal.Message, StringComparison.Ordinal);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static void Restore(string path)
    {
        using GptModel model = TestModels.Random(TestModels.Even with { Layers = 1 });
        using GptEngine engine = new(model);
        engine.Restore(path);
    }

    private static void Make(string path, string kind)
    {
        switch (kind)
        {
            case "empty":
                File.WriteAllBytes(path, []);
                break;
            case "pipe":
                MakePipe(path);
                break;
            case "link to a pipe":
                MakePipe(path + ".pipe");
                File.CreateSymbolicLink(path, path + ".pipe");
                break;
            default:
                File.CreateSymbolicLink(path, kind);
                break;
        }
    }

    private static void MakePipe(string path)
    {
        using Process process = Process.Start("mkfifo", [path]);
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
    }
}
