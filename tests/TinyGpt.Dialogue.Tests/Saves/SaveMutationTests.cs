using System.Security.Cryptography;
using TinyGpt.Constraints;
using TinyGpt.Dialogue.Tests.Stage;
using TinyGpt.Tests;
using Xunit;

namespace TinyGpt.Dialogue.Tests.Saves;

/// <summary>
/// Saves that a stranger wrote: their checksum is right, their values contradict each other. They are refused with the one exception that there is
/// for it, or make a stage that ticks, shows transcripts, takes lines and can be saved again.
/// </summary>
public sealed class SaveMutationTests
{
    private const int HeaderLength = 40; // magic, version and the model's hash, which are compared as they are
    private const int HashLength = 32;
    private const int MostMutations = 2000;

    private static readonly int[] Values = [0, 1, -1, 2, 255, 300, 1 << 20, int.MaxValue, int.MinValue];

    public static TheoryData<string> Scenes => ["busy", "crowded", "computed", "constrained"];

    [Theory]
    [MemberData(nameof(Scenes))]
    public void Every_byte_may_be_another(string scene) =>
        Mutate(scene, 1, (save, at) => save[at] ^= (byte)(at % 3 == 0 ? 0xFF : 1 << (at % 8)));

    [Theory]
    [MemberData(nameof(Scenes))]
    public void Every_number_may_be_another(string scene) =>
        Mutate(scene, 3, (save, at) => BitConverter.TryWriteBytes(save.AsSpan(at), Values[at / 3 % Values.Length]));

    [Theory]
    [InlineData("exchange-tick")]
    [InlineData("grammar")]
    [InlineData("transcript")]
    public void Saves_that_once_threw_later_or_took_seconds_are_refused_when_they_are_restored(string name)
    {
        string path = SharedData.RequireOrSkip($"cases/32-stage-saves/{name}.bin");
        using GptModel model = Tavern.TavernModel.Load();
        using FileStream stream = File.OpenRead(path);
        StageSaveException refused = Assert.Throws<StageSaveException>(() => DialogueStage.Restore(stream, model));
        Assert.DoesNotContain("cannot be read", refused.Reason, StringComparison.Ordinal);
        Assert.DoesNotContain("another model", refused.Reason, StringComparison.Ordinal);
    }

    private static void Mutate(string scene, int step, Action<byte[], int> change)
    {
        using GptModel model = DialogueModels.Bytes(DialogueModels.Config with { Layers = 1 });
        StageOptions options = StageScript.Options(sequences: 12, pages: 60);
        byte[] save = Save(scene, model);
        Range[] sessions = [.. FindSessions(save)];
        step += scene == "computed" ? save.Length / MostMutations : 0; // where most of it is keys and values
        int loaded = 0;
        for (int at = HeaderLength; at < save.Length - HashLength - sizeof(int); at += IsWithinText(save, at) ? 5 * step : step)
        {
            byte[] changed = [.. save];
            change(changed, at);
            foreach (Range session in sessions)
            {
                Sign(changed.AsSpan()[session]);
            }

            Sign(changed);
            loaded += IsRestored(changed, model, options) ? 1 : 0;
        }

        Assert.True(loaded > 50, $"{loaded} stages were restored: hardly anything was tried");
    }

    /// <summary>The saved sessions within a save, which have separate checksums.</summary>
    private static IEnumerable<Range> FindSessions(byte[] save)
    {
        for (int at = save.AsSpan().IndexOf("TGSS"u8); at >= 0;)
        {
            int end = at + BitConverter.ToInt32(save, at - sizeof(int));
            yield return at..end;
            int next = save.AsSpan(end).IndexOf("TGSS"u8);
            at = next < 0 ? -1 : end + next;
        }
    }

    private static void Sign(Span<byte> save) => SHA256.HashData(save[..^HashLength], save[^HashLength..]);

    private static bool IsRestored(byte[] save, GptModel model, StageOptions options)
    {
        DialogueStage stage;
        try
        {
            stage = DialogueStage.Restore(new MemoryStream(save), model, options);
        }
        catch (StageSaveException exception)
        {
            Assert.Null(exception.InnerException is not (null or PersonaException or GrammarException or ConstraintException or SnapshotException or ArgumentException or EndOfStreamException) ? exception : null);
            return false;
        }

        using (stage)
        {
            stage.Tick(StepBudget.Passes(2));
            foreach (Talk talk in stage.Talks)
            {
                talk.Interrupt(shownBytes: 2);
                talk.Transcript();
                talk.TrySay("Hello");
            }

            foreach (Exchange exchange in stage.Exchanges)
            {
                exchange.FirstSide.Transcript();
                exchange.SecondSide.Transcript();
            }

            stage.Tick(StepBudget.Passes(2));
            stage.Save(Stream.Null);
        }

        return true;
    }

    private static byte[] Save(string scene, GptModel model)
    {
        using DialogueStage stage = scene switch
        {
            "crowded" => SavedScenes.Crowded(model),
            "constrained" => SavedScenes.Constrained(model),
            _ => SavedScenes.Busy(model),
        };
        using MemoryStream stream = new();
        stage.Save(stream, keysAndValues: scene == "computed");
        return stream.ToArray();
    }

    /// <summary>Whether a byte is one of several letters, such as those of a persona, of which some are enough.</summary>
    private static bool IsWithinText(byte[] save, int at) => save.AsSpan(at - 4, 9).IndexOfAnyExceptInRange((byte)' ', (byte)'~') < 0;
}
