using System.ComponentModel.DataAnnotations;
using System.Text.Json;
using Microsoft.Extensions.AI;
using TinyGpt.Dialogue.Tests;
using Xunit;

namespace TinyGpt.Extensions.AI.Tests;

/// <summary>Answers as C# types: whatever a random model writes at temperature 2, and wherever its tokens run out, can be read.</summary>
public sealed class TypedAnswerTests : IDisposable
{
    private const int Answers = 24;

    private readonly GptModel _model = DialogueModels.Bytes(DialogueModels.Config with { ContextLength = 2048 });
    private readonly TinyGptChatClient _client;

    public TypedAnswerTests() => _client = ChatModels.Client(_model);

    public enum Unit
    {
        Celsius,
        Fahrenheit,
    }

    [Fact]
    public Task Whole_number() => Read<Box<int>>();

    [Fact]
    public Task Whole_numbers() => ReadSome<int>();

    [Fact]
    public Task No_whole_number() => Read<Box<int?>>();

    [Fact]
    public Task Long_whole_number() => Read<Box<long>>();

    [Fact]
    public Task Single_precision() => Read<Box<float>>();

    [Fact]
    public Task Double_precision() => ReadSome<double>();

    [Fact]
    public Task Decimals() => ReadSome<decimal>();

    [Fact]
    public Task DateTimes() => ReadSome<DateTime>();

    [Fact]
    public Task DateTimeOffsets() => ReadSome<DateTimeOffset>();

    [Fact]
    public Task NullableDateTime() => Read<Box<DateTime?>>();

    [Fact]
    public Task Dates() => ReadSome<DateOnly>();

    [Fact]
    public Task Times() => ReadSome<TimeOnly>();

    [Fact]
    public Task TimeSpans() => ReadSome<TimeSpan>();

    [Fact]
    public Task NullableTimeSpan() => Read<Box<TimeSpan?>>();

    [Fact]
    public Task Guids() => ReadSome<Guid>();

    [Fact]
    public Task Uris() => ReadSome<Uri>(uri => Assert.True(uri.IsAbsoluteUri));

    [Fact]
    public Task Versions() => ReadSome<Version>();

    [Fact]
    public Task Characters() => ReadSome<char>();

    [Fact]
    public Task Strings() => Read<Box<string?>>();

    [Fact]
    public Task Enums() => ReadSome<Unit?>();

    [Fact]
    public Task Dictionaries() => Read<Dictionary<string, int>>();

    [Fact]
    public Task Trees() => Read<Tree>();

    [Fact]
    public Task Anything() => Read<Box<JsonElement>>();

    [Fact]
    public Task Small_integers_with_a_range() => Read<Small>();

    [Fact]
    public Task A_list_of_integers_by_itself() => Read<List<int>>();

    [Fact]
    public Task A_report() => Read<Report>(report => Assert.NotNull(report.Where));

    /// <summary>Reads lists of one type, and checks each element.</summary>
    private async Task ReadSome<T>(Action<T>? check = null)
    {
        int elements = 0;
        await Read<List<T>>(list =>
        {
            elements += list.Count;
            list.ForEach(element => check?.Invoke(element));
        });
        Assert.True(elements > 0);
    }

    /// <summary>Reads the answers of one type, half of them with too few tokens for what the model would like to say.</summary>
    private async Task Read<T>(Action<T>? check = null)
    {
        int shortened = 0;
        ChatResponse<T>[] responses = await Task.WhenAll(Enumerable.Range(0, Answers).Select(seed => _client.GetResponseAsync<T>(
            "Answer.", new ChatOptions { Temperature = 2, Seed = seed, MaxOutputTokens = seed % 2 == 0 ? 500 : 1000 })));
        foreach (ChatResponse<T> response in responses)
        {
            try
            {
                check?.Invoke(response.Result);
                Assert.NotNull(response.Result);
            }
            catch (JsonException exception)
            {
                Assert.Fail($"{response.FinishReason} {exception.Message}\n{response.Text}");
            }

            FinishReason finish = (FinishReason)response.AdditionalProperties![TinyGptChatClient.FinishProperty]!;
            Assert.True(finish is FinishReason.Complete or FinishReason.Shortened, $"{finish}: {response.Text}");
            Assert.Equal(finish == FinishReason.Complete ? ChatFinishReason.Stop : ChatFinishReason.Length, response.FinishReason);
            shortened += finish == FinishReason.Shortened ? 1 : 0;
        }

        TestContext.Current.TestOutputHelper?.WriteLine($"{shortened} of {Answers} were ended in time");
    }

    public void Dispose()
    {
        _client.Dispose();
        _model.Dispose();
    }

    private sealed record Box<T>(T Value);

    private sealed record Tree(string Name, List<Tree> Children);

    private sealed record Small([property: Range(0, 255)] byte Byte, [property: Range(-32768, 32767)] short Short, [property: Range(0, int.MaxValue)] uint Unsigned);

    private sealed record Report(
        Place Where, List<int> Days, Dictionary<string, bool> Flags, double? Wind, DateTime When, int[] Codes, Unit Unit, DateOnly Until);

    private sealed record Place(string Name, bool IsIndoors, TimeSpan Open);
}
