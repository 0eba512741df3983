using System.Security.Cryptography;
using System.Text;
using TinyGpt.Dialogue.Tests.Stage;
using Xunit;

namespace TinyGpt.Dialogue.Tests.Saves;

/// <summary>A stage that was saved says what it would have said, and a save that is damaged is refused.</summary>
public sealed class SaveTests
{
    [Theory]
    [InlineData(false, 5, 14)]
    [InlineData(true, 30, null)]
    public void A_stage_saved_in_any_tick_goes_on_with_the_same_words(bool keysAndValues, int sequences, int? pages)
    {
        using GptModel model = DialogueModels.Bytes();
        string expected = Play(model, null, keysAndValues: false, sequences, pages);
        for (int savedAfter = 0; savedAfter < 130; savedAfter += 13)
        {
            Assert.Equal(expected, Play(model, savedAfter, keysAndValues, sequences, pages));
        }
    }

    [Fact]
    public void A_stage_saved_with_keys_and_values_within_its_first_slices_says_the_same()
    {
        using GptModel model = DialogueModels.Bytes();
        for (int ticks = 0; ticks < 8; ticks++)
        {
            // The second talk shares the pages of the first one's card, and copies the last of them.
            using DialogueStage stage = new(model, StageScript.Options());
            Npc mira = stage.Add(StageScript.Mira);
            StageScript.Ask(stage, stage.Open(mira), "Hello there my friend");
            Talk talk = stage.Open(mira, "Ann");
            talk.Say("Hi");
            for (int tick = 0; tick < ticks; tick++)
            {
                stage.Tick(StepBudget.Milliseconds(0));
            }

            using DialogueStage restored = Copy(stage, model, keysAndValues: true);
            StageScript.Finish(stage);
            StageScript.Finish(restored);
            Assert.Equal(StageScript.Lines(talk), StageScript.Lines(restored.Talks[1]));
        }
    }

    [Fact]
    public void Answers_saved_with_their_keys_and_values_all_end_in_an_arena_that_cannot_hold_them_together()
    {
        using GptModel model = DialogueModels.Bytes();
        using DialogueStage stage = new(model, StageScript.Options(sequences: 12, pages: 80));
        Talk[] talks = [.. Enumerable.Range(0, 5).Select(i => stage.Open(stage.Add(StageScript.Mira with { Name = $"Npc{i}", MaxAnswerTokens = 150 })))];
        Array.ForEach(talks, talk => talk.Say("Hello"));
        for (int tick = 0; tick < 30; tick++)
        {
            stage.Tick(StepBudget.OnePass);
        }

        Assert.All(talks, talk => Assert.Equal(TalkState.Answering, talk.State));
        using DialogueStage restored = Copy(stage, model, keysAndValues: true, StageScript.Options(sequences: 12, pages: 10));
        StageScript.Finish(stage);
        for (int tick = 0; restored.Tick(StepBudget.Passes(16)) != StepStatus.Idle; tick++)
        {
            Assert.True(tick < 500, "suspended answers hold the pages that they wait for");
        }

        Assert.Equal(talks.Select(StageScript.Lines), restored.Talks.Select(StageScript.Lines));
    }

    [Fact]
    public void Cards_moods_summaries_distances_unread_text_and_seeds_are_saved()
    {
        using GptModel model = DialogueModels.Bytes();
        using DialogueStage stage = new(model, StageScript.Options(seed: 77));
        Npc mira = stage.Add(StageScript.Mira);
        stage.Add(StageScript.Tom);
        mira.Mood = "sad";
        mira.SetFact("Sells", "ale 9");
        mira.Distance = 12.5f;
        Talk talk = stage.Open(mira, "Ranger");
        talk.Summary = "They met.";
        talk.Say("Hello");
        StageScript.Finish(stage);
        byte[] some = new byte[4];
        talk.TryRead(some, out _);
        using DialogueStage restored = Copy(stage, model);
        Assert.Equal(stage.Ticks, restored.Ticks);
        Npc copy = restored.Npcs[0];
        Assert.Equal(["Mira", "Tom"], restored.Npcs.Select(npc => npc.Name));
        Assert.Equal(("sad", "ale 9", 12.5f), (copy.Mood, copy.GetFact("Sells"), copy.Distance));
        Talk second = restored.Talks[0];
        Assert.Equal(("Ranger", "They met.", talk.Seed, talk.LastEnd), (second.Partner, second.Summary, second.Seed, second.LastEnd));
        Assert.Equal(talk.Transcript(), second.Transcript());
        Assert.Equal(StageScript.Read(talk), StageScript.Read(second));
        Assert.Equal(stage.Open(mira).Seed, restored.Open(copy).Seed);
        Assert.Equal(StageScript.Ask(stage, talk, "And now?"), StageScript.Ask(restored, second, "And now?"));
    }

    [Fact]
    public void A_save_of_another_model_or_for_a_larger_engine_is_refused()
    {
        using GptModel model = DialogueModels.Bytes();
        using GptModel other = DialogueModels.Bytes(seed: 2);
        using DialogueStage stage = new(model, StageScript.Options());
        for (int i = 0; i < 4; i++)
        {
            stage.Open(stage.Add(StageScript.Mira with { MaxAnswerTokens = 200 })).Say("Hello");
        }

        for (int tick = 0; tick < 40; tick++)
        {
            stage.Tick(StepBudget.OnePass);
        }

        Assert.All(stage.Talks, talk => Assert.Equal(TalkState.Answering, talk.State));
        byte[] save = Save(stage);
        StageSaveException thrown = Assert.Throws<StageSaveException>(() => Restore(save, other, StageScript.Options()));
        Assert.Equal("slot 3", thrown.File);
        Assert.Contains("another model", thrown.Reason, StringComparison.Ordinal);
        Assert.Contains(
            "MaxSequences", Assert.Throws<StageSaveException>(() => Restore(save, model, StageScript.Options(sequences: 2))).Reason, StringComparison.Ordinal);
        Restore(save, model, StageScript.Options(sequences: 5)).Dispose();
    }

    [Fact]
    public void Every_truncation_and_changed_byte_is_refused()
    {
        using GptModel model = DialogueModels.Bytes();
        using DialogueStage stage = SavedScenes.Busy(model);
        byte[] save = Save(stage);
        for (int length = 0; length < save.Length; length += length < 120 ? 1 : 297)
        {
            Assert.Throws<StageSaveException>(() => Restore(save[..length], model, StageScript.Options()));
        }

        Random random = new(1);
        for (int i = 0; i < 100; i++)
        {
            byte[] damaged = [.. save];
            damaged[random.Next(save.Length)] ^= (byte)(1 << random.Next(8));
            Assert.Throws<StageSaveException>(() => Restore(damaged, model, StageScript.Options()));
        }
    }

    [Fact]
    public void A_save_that_somebody_wrote_wrong_on_purpose_is_refused_or_makes_a_stage_that_works()
    {
        using GptModel model = DialogueModels.Bytes();
        using DialogueStage stage = SavedScenes.Busy(model);
        byte[] save = Save(stage);
        int[] values = [0, 1, -1, 2, 255, 300, int.MaxValue, int.MinValue, 1 << 20];
        Random random = new(2);
        int loaded = 0;
        for (int i = 0; i < 400; i++)
        {
            byte[] changed = [.. save];
            int at = 40 + random.Next(save.Length - 40 - 36);
            BitConverter.TryWriteBytes(changed.AsSpan(at), values[i % values.Length]);
            SHA256.HashData(changed.AsSpan(0, save.Length - 32), changed.AsSpan(save.Length - 32));
            try
            {
                using DialogueStage restored = Restore(changed, model, StageScript.Options(sequences: 12));
                for (int tick = 0; tick < 3; tick++)
                {
                    restored.Tick(StepBudget.Passes(2));
                }

                Assert.All(restored.Talks, talk => talk.Transcript());
                loaded++;
            }
            catch (StageSaveException)
            {
                // What a damaged save may lead to; anything else fails the test.
            }
        }

        Assert.InRange(loaded, 1, 399);
    }

    [Fact]
    public void Answers_under_every_kind_of_grammar_go_on_after_a_save()
    {
        using GptModel model = DialogueModels.Bytes();
        Grammar[] grammars =
        [
            SavedScenes.Deed,
            Grammar.Json(Grammar.Repeat(Grammar.Choice("yes, \"yes\"", "no"), 2, 3)),
            Grammar.Sequence(Grammar.Literal("I say "), Grammar.Json(Grammar.Choice("yes", "no")), Grammar.Literal(" and mean it")),
            Grammar.Choice(Grammar.Number(-5, 5000), Grammar.Boolean, Grammar.Text(9)),
        ];
        foreach (Grammar grammar in grammars)
        {
            for (int ticks = 0; ticks < 9; ticks += 4)
            {
                using DialogueStage stage = new(model, StageScript.Options());
                Talk talk = stage.Open(stage.Add(StageScript.Mira));
                talk.Ask("Well?", grammar);
                for (int tick = 0; tick < ticks; tick++)
                {
                    stage.Tick(StepBudget.OnePass);
                }

                using DialogueStage restored = Copy(stage, model);
                StageScript.Finish(stage);
                StageScript.Finish(restored);
                Assert.Equal(StageScript.Lines(talk), StageScript.Lines(restored.Talks[0]));
                Assert.Equal(TalkEnd.Finished, restored.Talks[0].LastEnd);
            }
        }
    }

    [Fact]
    public void A_stage_is_saved_while_it_runs_in_the_background()
    {
        using GptModel model = DialogueModels.Bytes();
        using DialogueStage stage = new(model, StageScript.Options());
        Talk talk = stage.Open(stage.Add(StageScript.Mira with { MaxAnswerTokens = 200 }));
        using BackgroundRun run = stage.RunInBackground();
        talk.Say("Hello");
        List<byte[]> saves = [];
        while (talk.State != TalkState.Idle)
        {
            saves.Add(Save(stage));
        }

        Assert.Null(run.Failure);
        foreach (byte[] save in saves.Where((_, i) => i % Math.Max(1, saves.Count / 5) == 0))
        {
            using DialogueStage restored = Restore(save, model, StageScript.Options());
            StageScript.Finish(restored);
            Assert.Equal(StageScript.Lines(talk), StageScript.Lines(restored.Talks[0]));
        }
    }

    /// <summary>A talk, an exchange, a choice and an answer under a grammar; saved and restored after the given number of ticks.</summary>
    private static string Play(GptModel model, int? savedAfter, bool keysAndValues, int sequences, int? pages)
    {
        DialogueStage stage = new(model, StageScript.Options(sequences, pages));
        Npc[] npcs = [.. Enumerable.Range(0, 5).Select(i => stage.Add(StageScript.Mira with { Name = $"Npc{i}" }))];
        Talk[] talks = [.. npcs.Take(3).Select(npc => stage.Open(npc))];
        Exchange exchange = stage.OpenBetween(npcs[3], npcs[4]);
        exchange.Begin("How is business?", lines: 3);
        StringBuilder[] texts = [.. Enumerable.Range(0, 4).Select(_ => new StringBuilder())];
        Choice? choice = null;
        byte[] buffer = new byte[8];
        for (int tick = 0; tick < 400; tick++)
        {
            switch (tick)
            {
                case 0:
                    talks[0].Say("Hello, tell me all.");
                    choice = talks[1].Choose("Which door?", ["the left door", "the right door", "none"]);
                    talks[2].Ask("What do you do?", SavedScenes.Deed);
                    break;
                case 40:
                    talks[0].Say("Enough!");
                    npcs[0].Distance = 50;
                    npcs[2].Distance = 30;
                    break;
                case 100:
                    talks[1].Ask("And now?", SavedScenes.Deed, remember: false);
                    break;
            }

            if (tick == savedAfter)
            {
                DialogueStage copy = Copy(stage, model, keysAndValues, StageScript.Options(sequences, pages));
                stage.Dispose();
                stage = copy;
                npcs = [.. stage.Npcs];
                talks = [.. stage.Talks];
                exchange = stage.Exchanges[0];
                choice = talks[1].PendingChoice ?? choice;
            }

            stage.Tick(StepBudget.OnePass);
            for (int i = 0; i < talks.Length; i++)
            {
                if (i > 0 || tick is < 20 or > 40)
                {
                    texts[i].Append(StageScript.Read(talks[i]));
                }
            }

            while (exchange.TryRead(buffer, out int written, out _))
            {
                texts[3].Append(Encoding.UTF8.GetString(buffer, 0, written));
            }
        }

        Assert.True(choice!.IsMade);
        string result = string.Join('\n', texts.Skip(1).Select(text => text.ToString())) + "\n" + choice.Text
            + string.Join('\n', talks.Skip(1).Append(exchange.FirstSide).Append(exchange.SecondSide).Select(StageScript.Lines));
        stage.Dispose();
        return result;
    }

    private static byte[] Save(DialogueStage stage, bool keysAndValues = false)
    {
        using MemoryStream stream = new();
        stage.Save(stream, keysAndValues);
        return stream.ToArray();
    }

    private static DialogueStage Restore(byte[] save, GptModel model, StageOptions options)
    {
        using MemoryStream stream = new(save);
        return DialogueStage.Restore(stream, model, options, "slot 3");
    }

    private static DialogueStage Copy(DialogueStage stage, GptModel model, bool keysAndValues = false, StageOptions? options = null) =>
        Restore(Save(stage, keysAndValues), model, options ?? StageScript.Options());
}
