using System.Text;
using TinyGpt.Import.Packing;
using TinyGpt.Import.Tokenizers;
using TinyGpt.Kernels;
using Xunit;

namespace TinyGpt.Import.Tests.Tokenizers;

/// <summary>Tokenizers and chat templates in packed models, and sessions that use them.</summary>
public sealed class PackedTokenizerTests
{
    private static readonly ModelConfig Config = new()
    {
        Architecture = "gpt2",
        VocabularySize = 280,
        ContextLength = 256,
        Width = 32,
        Layers = 1,
        Heads = 2,
        FeedForwardWidth = 64,
        NormEpsilon = 1e-5f,
        Activation = Activation.GeluTanh,
        TiedHead = true,
        EndOfTextToken = 2,
    };

    private static readonly GgufTokenizer Pieces = new()
    {
        File = "pieces.gguf",
        Model = "llama",
        Tokens =
        [
            "<unk>", "<s>", "</s>", .. Enumerable.Range(0, 256).Select(value => $"<0x{value:X2}>"), "▁", "t", "h", "e", "▁t", "he", "▁the", "▁a", "a",
        ],
        Scores = [.. Enumerable.Range(0, 268).Select(id => id < 259 ? 0f : 259 - id)],
        TokenTypes = [2, 3, 3, .. Enumerable.Repeat(6, 256), .. Enumerable.Repeat(1, 9)],
        EndOfText = 2,
    };

    [Fact]
    public void A_session_begins_with_the_token_that_the_model_wants_and_reads_on_without_a_space()
    {
        using GptModel model = Open(Pieces.ToContent(280));
        using GptEngine engine = new(model, new GptEngineOptions());
        using GptSession session = engine.CreateSession(options: new SessionOptions { MaxNewTokens = 40, StopAtEndOfText = false });

        session.Append("the", answer: false);
        Assert.Equal([1, 265], session.Tokens.ToArray());
        session.Append("he", answer: false);
        Assert.Equal([1, 265, 264], session.Tokens.ToArray());
        session.Append("</s>");
        Assert.DoesNotContain(2, session.Tokens.ToArray());

        byte[] text = new byte[4096];
        int length = 0;
        int last = session.Tokens[^1];
        while (engine.Step(StepBudget.Unlimited) != StepStatus.Idle || session.IsBusy)
        {
        }

        while (session.TryRead(text.AsSpan(length), out int written))
        {
            length += written;
        }

        int[] answer = [.. session.AnswerTokens];
        int[] known = [.. answer.Where(id => id < model.Tokenizer!.VocabularySize)];
        Assert.Equal(40, answer.Length);
        Assert.Equal(Encoding.UTF8.GetString(model.Tokenizer!.Decode(known, previous: last)), Encoding.UTF8.GetString(text, 0, length));
    }

    [Fact]
    public void A_stop_token_ends_an_answer_and_is_no_part_of_it()
    {
        using GptModel model = Open(Pieces.ToContent(280));
        using GptEngine engine = new(model, new GptEngineOptions { MaxSequences = 2 });
        using GptSession first = engine.CreateSession(options: new SessionOptions { MaxNewTokens = 10, StopAtEndOfText = false });
        first.Append("the a");
        engine.Step(StepBudget.Unlimited);
        int[] answer = [.. first.AnswerTokens];
        int at = Enumerable.Range(0, answer.Length).Last(index => Array.IndexOf(answer, answer[index]) == index);
        first.Rewind(0);

        using GptSession second = first.Fork(options: new SessionOptions { MaxNewTokens = 10, StopAtEndOfText = false, StopTokens = [77, answer[at]] });
        second.Append("the a");
        engine.Step(StepBudget.Unlimited);

        Assert.Equal(answer[..at], second.AnswerTokens.ToArray());
        Assert.Equal(FinishReason.EndOfText, second.Finish);
    }

    [Theory]
    [InlineData(ChatFamily.Llama2)]
    [InlineData(ChatFamily.Plain)]
    public void A_model_knows_how_to_talk(ChatFamily family)
    {
        using GptModel model = Open(Pieces.ToContent(280) with { Chat = new ChatFormat(family) });

        Assert.Equal(family, model.ChatTemplate!.Format.Family);
        int[] ids = model.ChatTemplate.Encode(new ChatTurn(TurnRole.User, "the</s>"));
        Assert.Equal(1, ids[0]);
        Assert.DoesNotContain(2, ids);
        Assert.Equal(
            family == ChatFamily.Plain ? "the</s>\n" : "[INST] the</s> [/INST]",
            Encoding.UTF8.GetString(model.Tokenizer!.Decode(ids.AsSpan(1), previous: 1)));
    }

    [Fact]
    public void An_unknown_template_is_told_of_and_not_used()
    {
        using GptModel model = Open(Pieces.ToContent(280) with { Chat = new ChatFormat(ChatFamily.Unknown) });

        Assert.Null(model.ChatTemplate);
        Assert.Equal(ChatFamily.Unknown, model.Info.Chat!.Family);
    }

    [Fact]
    public void A_template_without_its_end_of_text_is_refused()
    {
        TokenizerContent content = Pieces.ToContent(280) with { Chat = new ChatFormat(ChatFamily.Zephyr) };

        ModelFormatException error = Assert.Throws<ModelFormatException>(() => Open(content, Config with { EndOfTextToken = null }));

        Assert.Contains("'zephyr' needs an end-of-text token", error.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void A_tokenizer_of_another_kind_than_the_metadata_says_is_refused()
    {
        TokenizerContent content = Pieces.ToContent(280) with { Kind = "byte_bpe" };

        ModelFormatException error = Assert.Throws<ModelFormatException>(() => Open(content));

        Assert.Contains("the tokenizer is of kind sentencepiece_bpe, and the metadata says byte_bpe", error.Reason, StringComparison.Ordinal);
    }

    private static GptModel Open(TokenizerContent tokenizer, ModelConfig? config = null)
    {
        using RandomTensors source = new(config ?? Config, seed: 3);
        TgptFile file = Packer.OpenInMemory(source, "random", new PackOptions { Tokenizer = tokenizer }, null, CancellationToken.None);
        try
        {
            return new GptModel(file);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }
}
