using System.Diagnostics;
using TinyGpt.Soak;
using Xunit;

namespace TinyGpt.Tests.Snapshots;

/// <summary>A process that saves all the time is killed at random moments; the file is always a whole save.</summary>
public sealed class KilledSaveTests
{
    private const int Kills = 200;

    [Fact]
    public void Two_hundred_kills_leave_the_old_save_or_the_new_one()
    {
        string folder = Directory.CreateTempSubdirectory("tinygpt").FullName;
        try
        {
            string path = Path.Combine(folder, "slot.save");
            using GptModel model = SoakModel.Make();
            using GptEngine engine = new(model);
            Random random = new(1);
            int unfinished = 0;
            HashSet<int> lengths = [];
            for (int kill = 0; kill < Kills; kill++)
            {
                RunAndKill(path, random.NextDouble() * 15);
                using GptSession session = engine.Restore(path);
                Assert.Equal(Enumerable.Range(0, session.Tokens.Length), session.Tokens.ToArray());
                lengths.Add(session.Tokens.Length);
                string[] leftovers = [.. Directory.GetFiles(folder).Where(file => file != path)];
                unfinished += leftovers.Length;
                Array.ForEach(leftovers, File.Delete);
            }

            Counts.Tell($"{Kills} kills: {lengths.Count} different saves, {unfinished} kills in the middle of writing");
            Assert.True(lengths.Count > 10, "the saver hardly ever saved");
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static void RunAndKill(string path, double milliseconds)
    {
        ProcessStartInfo start = new(Environment.ProcessPath!) { RedirectStandardOutput = true };
        if (Path.GetFileNameWithoutExtension(Environment.ProcessPath) != "dotnet")
        {
            start.FileName = "dotnet"; // the tests were started by their own executable
        }

        start.ArgumentList.Add("exec");
        start.ArgumentList.Add(Path.Combine(AppContext.BaseDirectory, "TinyGpt.Soak.dll"));
        start.ArgumentList.Add("save");
        start.ArgumentList.Add(path);
        using Process process = Process.Start(start)!;
        Assert.Equal("saving", process.StandardOutput.ReadLine());
        Thread.Sleep(TimeSpan.FromMilliseconds(milliseconds));
        process.Kill();
        process.WaitForExit();
    }
}
