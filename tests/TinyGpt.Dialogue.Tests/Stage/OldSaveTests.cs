using System.Text;
using Xunit;

namespace TinyGpt.Dialogue.Tests.Stage;

/// <summary>A stage in <c>tests/Golden</c> that the first version saved in the middle of an answer.</summary>
public sealed class OldSaveTests
{
    [Fact]
    public void A_saved_stage_goes_on_with_the_words_that_it_would_have_had()
    {
        using GptModel model = GptModel.Load(PathOf("first-lz4.tgpt"));
        using FileStream saved = File.OpenRead(PathOf("first-lz4.stage"));
        using DialogueStage stage = DialogueStage.Restore(saved, model, new StageOptions { Seed = 7 });
        Talk talk = Assert.Single(stage.Talks);
        Assert.Equal(TalkState.Suspended, talk.State); // in the middle of its answer
        StageScript.Finish(stage);
        Assert.Equal(["A room?", Encoding.UTF8.GetString(Convert.FromHexString(
            "31314EEFBFBDDCB07E6C6C66EFBFBD424768EFBFBDEFBFBDEFBFBD31EFBFBDEFBFBD664EEFBFBDEFBFBD6C6C"))], talk.Transcript().Select(line => line.Text));
    }

    private static string PathOf(string name) => Path.Combine(AppContext.BaseDirectory, "Golden", name);
}
