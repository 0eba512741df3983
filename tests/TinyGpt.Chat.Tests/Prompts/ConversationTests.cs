using System.Text;
using Xunit;

namespace TinyGpt.Chat.Tests.Prompts;

/// <summary>Talks turn by turn: only what is new is encoded and computed.</summary>
public sealed class ConversationTests
{
    [Fact]
    public void A_turn_costs_what_is_new_and_gives_the_ids_of_the_whole_talk()
    {
        using GptModel model = ChatModels.Create(ChatModels.ChatMlTokens);
        PromptTemplate template = new(model, ChatModels.Format(ChatModels.ChatMl));
        using GptEngine engine = new(model);
        using GptSession session = engine.CreateSession(SamplingOptions.Greedy);
        Conversation conversation = new(template, session);
        PromptMessage first = new("user", new string('a', 100));

        conversation.Prompt(ChatModels.Messages(template, first), answer: false);
        session.Append(model.Tokenizer!.Encode("Sure."), answer: false);
        int[] said = session.Tokens.ToArray();
        PromptMessage answer = new("assistant", "Sure.");
        PromptMessage second = new("user", "b");
        conversation.Prompt(ChatModels.Messages(template, first, answer, second), answer: false);

        int[] whole = template.Encode(template.Render(ChatModels.Messages(template, first, answer, second)));
        Assert.Equal("\nuser\nb\nassistant\n".Length, conversation.EncodedBytes);
        Assert.Equal(said.Length, conversation.ReusedTokens);
        Assert.Equal(whole, session.Tokens.ToArray());
    }

    [Fact]
    public void A_template_that_drops_thoughts_goes_back_to_the_first_difference()
    {
        using GptModel model = ChatModels.Create([.. ChatModels.ChatMlTokens, "<think>", "</think>"]);
        PromptTemplate template = new(model, ChatModels.Format(ChatModels.Thinking));
        using GptEngine engine = new(model);
        using GptSession session = engine.CreateSession(SamplingOptions.Greedy);
        Conversation conversation = new(template, session);
        PromptMessage first = new("user", "Hello");
        conversation.Prompt(ChatModels.Messages(template, first), answer: false);
        int prompt = session.Tokens.Length;
        session.Append(model.Tokenizer!.Encode("<think>well</think>\n\nHi", Text.SpecialTokenHandling.Recognize), answer: false);

        PromptMessage answer = new("assistant", "<think>well</think>\n\nHi");
        conversation.Prompt(ChatModels.Messages(template, first, answer, new("user", "Bye")), answer: false);

        Assert.Equal(prompt, conversation.ReusedTokens);
        Assert.Equal(
            "<|im_start|>user\nHello<|im_end|>\n<|im_start|>assistant\nHi<|im_end|>\n<|im_start|>user\nBye<|im_end|>\n<|im_start|>assistant\n",
            Encoding.UTF8.GetString(model.Tokenizer.Decode(session.Tokens)));
    }
}
