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
        session.Append(model.Tokenizer!.Encode("<think>well</think>\n\nHi", SpecialTokenHandling.Recognize), answer: false);

        PromptMessage answer = new("assistant", "<think>well</think>\n\nHi");
        conversation.Prompt(ChatModels.Messages(template, first, answer, new("user", "Bye")), answer: false);

        Assert.Equal(prompt, conversation.ReusedTokens);
        Assert.Equal(
            "<|im_start|>user\nHello<|im_end|>\n<|im_start|>assistant\nHi<|im_end|>\n<|im_start|>user\nBye<|im_end|>\n<|im_start|>assistant\n",
            Encoding.UTF8.GetString(model.Tokenizer.Decode(session.Tokens)));
    }

    [Fact]
    public void Thoughts_that_take_too_long_are_ended_for_the_model()
    {
        using GptModel model = ChatModels.Create([.. ChatModels.ChatMlTokens, "<think>", "</think>"]);
        PromptTemplate template = new(model, ChatModels.Format(ChatModels.Thinking));
        using GptEngine engine = new(model);
        using GptSession session = engine.CreateSession(SamplingOptions.Greedy, new SessionOptions { MaxNewTokens = 4, StopTokens = template.StopTokens });
        Conversation conversation = new(template, session);
        conversation.Prompt(ChatModels.Messages(template, new PromptMessage("user", "Hello")));
        engine.Step(StepBudget.OnePass);
        int before = session.Tokens.Length;

        conversation.EndThinking();

        Assert.Equal([10, 260, 10, 10], session.Tokens[before..].ToArray());
        Assert.True(session.IsBusy);
    }

    [Fact]
    public void Thinking_can_be_switched_off_and_a_prompt_tells_whether_it_is_on()
    {
        using GptModel model = ChatModels.Create([.. ChatModels.ChatMlTokens, "<think>", "</think>"]);
        PromptTemplate template = new(model, ChatModels.Format(ChatModels.Thinking));
        TemplateVariables variables = ChatModels.Messages(template, new PromptMessage("user", "Hello"));
        variables.Set("enable_thinking", false);
        RenderedPrompt off = template.Render(variables);

        Assert.EndsWith("<think>\n\n</think>\n\n", off.Text, StringComparison.Ordinal);
        Assert.False(template.Thinking!.IsOpenAfter(off));
        Assert.True(template.Thinking.IsOpenAfter(JinjaTemplate.Parse("assistant\n<think>\n").Render(variables)));
    }
}
