using System.Security.Cryptography;
using System.Text;
using TinyGpt.Dialogue.Tests.Stage;
using Xunit;

namespace TinyGpt.Dialogue.Tests.Saves;

/// <summary>Saves that were written before: they open, go on with the words that they had then, and are written byte for byte as then.</summary>
public sealed class GoldenSaveTests
{
    [Theory]
    [InlineData("busy", 12, null, "59794276bf3a4ec6")]
    [InlineData("crowded", 6, 12, "e83de83520665558")]
    public void A_save_of_before_goes_on_with_its_words_and_is_written_as_before(string scene, int sequences, int? pages, string words)
    {
        using GptModel model = DialogueModels.Bytes();
        byte[] golden = Golden(scene);
        using DialogueStage restored = DialogueStage.Restore(new MemoryStream(golden), model, StageScript.Options(sequences, pages));
        string text = Words(restored);
        using DialogueStage stage = scene == "busy" ? SavedScenes.Busy(model) : SavedScenes.Crowded(model);
        using MemoryStream again = new();
        stage.Save(again);
        Assert.Equal(golden, again.ToArray());
        Assert.Equal(Words(stage), text);
        Assert.Equal(words, Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)))[..16]);
    }

    private static byte[] Golden(string name)
    {
        using Stream stream = typeof(GoldenSaveTests).Assembly.GetManifestResourceStream($"{name}.tgst")!;
        using MemoryStream copy = new();
        stream.CopyTo(copy);
        return copy.ToArray();
    }

    /// <summary>What all characters say until they are done, each talk by itself, transcripts included.</summary>
    private static string Words(DialogueStage stage)
    {
        Talk[] sides = [.. stage.Exchanges.SelectMany(exchange => new[] { exchange.FirstSide, exchange.SecondSide })];
        Dictionary<Talk, StringBuilder> words = stage.Talks.Concat(sides).ToDictionary(talk => talk, _ => new StringBuilder());
        while (stage.Tick(StepBudget.OnePass) != StepStatus.Idle)
        {
            foreach ((Talk talk, StringBuilder text) in words)
            {
                text.Append(StageScript.Read(talk));
            }
        }

        return string.Join('\n', words.Select(pair => $"{pair.Value}{StageScript.Read(pair.Key)}\n{StageScript.Lines(pair.Key)}"));
    }
}
