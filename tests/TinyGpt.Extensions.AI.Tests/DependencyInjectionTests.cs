using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using TinyGpt.Dialogue.Tests;
using TinyGpt.Import;
using TinyGpt.Tests;
using Xunit;

namespace TinyGpt.Extensions.AI.Tests;

/// <summary>The client as a program gets it from its container, and what is said of wrong options.</summary>
public sealed class DependencyInjectionTests : IDisposable
{
    private readonly GptModel _model = DialogueModels.Bytes();

    public void Dispose() => _model.Dispose();

    [Fact]
    public async Task Four_concurrent_callers_get_the_answers_that_they_would_get_alone()
    {
        using TestLogger logger = new();
        await using ServiceProvider provider = new ServiceCollection()
            .AddSingleton<ILogger<TinyGptChatClient>>(logger)
            .AddMetrics()
            .AddTinyGptChatClient(options =>
            {
                options.Model = _model;
                options.ModelId = "tiny";
                options.Engine = new GptEngineOptions { MaxSequences = 4, Threads = 2 };
                options.Sampling = new SamplingOptions { Temperature = 1, Seed = 21 };
                options.MaxOutputTokens = 50;
            })
            .BuildServiceProvider();
        IChatClient client = provider.GetRequiredService<IChatClient>();
        Assert.Same(provider.GetRequiredService<TinyGptChatClient>(), client);
        string[] questions = ["who are you?", "what is for sale?", "where does the road go, and who walks on it at night?", "why"];
        logger.HoldStarts();
        using CountdownEvent asked = new(questions.Length);
        Task<ChatResponse>[] answers = [.. questions.Select(question => Task.Run(() =>
        {
            Task<ChatResponse> answer = client.GetResponseAsync(question);
            asked.Signal();
            return answer;
        }))];
        Assert.True(asked.Wait(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken));
        logger.LetGo();
        ChatResponse[] responses = await Task.WhenAll(answers);
        string[] events = [.. logger.Lines.Where(line => line.StartsWith("Debug: Answer", StringComparison.Ordinal))];
        Assert.Equal(questions.Length, events.TakeWhile(line => line.StartsWith("Debug: Answer started", StringComparison.Ordinal)).Count());
        Assert.Equal(2 * questions.Length, events.Length);
        for (int i = 0; i < questions.Length; i++)
        {
            (string text, int input, int output) = ChatModels.Alone(
                _model, $"User: {questions[i]}\nAssistant:", new SamplingOptions { Temperature = 1, Seed = 21 }, 50);
            Assert.Equal(text, responses[i].Text);
            Assert.Equal((input, output), ((int)responses[i].Usage!.InputTokenCount!.Value, (int)responses[i].Usage!.OutputTokenCount!.Value));
            Assert.Equal("tiny", responses[i].ModelId);
        }
    }

    [Fact]
    public async Task The_container_disposes_the_client()
    {
        ServiceProvider provider = new ServiceCollection().AddTinyGptChatClient(options => options.Model = _model).BuildServiceProvider();
        IChatClient client = provider.GetRequiredService<IChatClient>();
        await provider.DisposeAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => client.GetResponseAsync("hello"));
    }

    [Fact]
    public async Task A_model_given_by_its_path_answers_in_its_own_format_under_its_files_name()
    {
        string source = SharedData.RequireOrSkip("models/slm4096");
        string path = Path.Combine(Path.GetTempPath(), $"questions-{Guid.NewGuid():N}.tgpt");
        try
        {
            Packer.Pack(source, path);
            await using ServiceProvider provider = new ServiceCollection()
                .AddTinyGptChatClient(options =>
                {
                    options.ModelPath = path;
                    options.PromptFormat = new ChatPromptFormat(
                        (tokenizer, messages) => tokenizer.Encode($"Q: {messages[^1].Text}\nA:"), "\nQ:", ".");
                })
                .BuildServiceProvider();
            ChatResponse response = await provider.GetRequiredService<IChatClient>().GetResponseAsync("What is SLM?");
            Assert.Equal("SLM is a Small Language Model trained on a single page of memory", response.Text);
            Assert.Equal(ChatFinishReason.Stop, response.FinishReason);
            Assert.Equal(Path.GetFileNameWithoutExtension(path), response.ModelId);
        }
        finally
        {
            File.Delete(path); // which the client has closed by now
        }
    }

    [Fact]
    public async Task A_file_that_is_no_model_or_cannot_speak_is_refused()
    {
        string path = Path.Combine(Path.GetTempPath(), $"tinygpt-{Guid.NewGuid():N}.tgpt");
        try
        {
            SyntheticModel.Write(DialogueModels.Config, path);
            OptionsValidationException mute = Assert.Throws<OptionsValidationException>(
                () => new TinyGptChatClient(new TinyGptChatClientOptions { ModelPath = path }));
            Assert.Contains("no tokenizer", Assert.Single(mute.Failures), StringComparison.Ordinal);
            await File.WriteAllBytesAsync(path, [1, 2, 3]);
            Assert.Throws<ModelFormatException>(() => new TinyGptChatClient(new TinyGptChatClientOptions { ModelPath = path }));
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public void Every_wrong_option_is_named_when_the_host_starts_and_when_the_client_is_made()
    {
        void Configure(TinyGptChatClientOptions options)
        {
            options.ModelPath = "nowhere.tgpt";
            options.Model = _model;
            options.ModelId = " ";
            options.Engine = new GptEngineOptions { MaxSequences = 0 };
            options.Sampling = new SamplingOptions { TopP = 2 };
            options.MaxOutputTokens = 0;
            options.PromptFormat = null!;
        }

        string[] expected =
        [
            "Engine.MaxSequences: 0 is out of range", "MaxOutputTokens: is 0", "Model, ModelPath: set one", "ModelId: is empty",
            "ModelPath: there is no file 'nowhere.tgpt'", "PromptFormat: is null", "Sampling.TopP: 2 is out of range",
        ];
        using ServiceProvider provider = new ServiceCollection().AddTinyGptChatClient(Configure).BuildServiceProvider();
        TinyGptChatClientOptions wrong = new();
        Configure(wrong);
        foreach (Action make in new Action[]
        {
            provider.GetRequiredService<IStartupValidator>().Validate,
            () => provider.GetRequiredService<IChatClient>(),
            () => _ = new TinyGptChatClient(wrong),
        })
        {
            OptionsValidationException error = Assert.Throws<OptionsValidationException>(make);
            Assert.Equal(expected.Length, error.Failures.Count());
            Assert.All(
                error.Failures.Order(StringComparer.Ordinal).Zip(expected),
                pair => Assert.StartsWith(pair.Second, pair.First, StringComparison.Ordinal));
        }
    }

    [Fact]
    public void Neither_a_model_nor_a_path_is_an_error_and_so_are_missing_parts()
    {
        OptionsValidationException none = Assert.Throws<OptionsValidationException>(() => new TinyGptChatClient(new TinyGptChatClientOptions()));
        Assert.StartsWith("Model, ModelPath: set one", Assert.Single(none.Failures), StringComparison.Ordinal);
        OptionsValidationException parts = Assert.Throws<OptionsValidationException>(
            () => new TinyGptChatClient(new TinyGptChatClientOptions { Model = _model, Engine = null!, Sampling = null! }));
        Assert.Equal(["Engine: is null.", "Sampling: is null."], parts.Failures);
        Assert.Throws<ArgumentException>(() => new ChatPromptFormat((_, _) => [1], ""));
    }
}
