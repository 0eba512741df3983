using TinyGpt.BadInput.Tests.Cases;
using TinyGpt.BadInput.Tests.Victims;
using TinyGpt.BadInput.Victim;
using Xunit;

namespace TinyGpt.BadInput.Tests.Gguf;

public sealed class GgufCaseTests(BadInputFixture fixture) : IClassFixture<BadInputFixture>
{
    private static readonly CaseTable Files = new("GGUF", [Ways.Gguf], GgufCases.Valid, GgufCases.All);
    private static readonly CaseTable Models = new("models in GGUF", [Ways.ModelFolder], GgufModelCases.Valid, GgufModelCases.All);

    public static TheoryData<string> FileNames => Files.Names;

    public static TheoryData<string> ModelNames => Models.Names;

    [Theory]
    [MemberData(nameof(FileNames))]
    public void A_damaged_file_ends_as_documented(string name) => fixture.Check(Files, Files[name]);

    [Theory]
    [MemberData(nameof(ModelNames))]
    public void A_model_that_contradicts_itself_ends_as_documented(string name) => fixture.Check(Models, Models[name]);

    [Fact]
    public void There_are_as_many_cases_as_promised_and_no_two_are_the_same()
    {
        Files.RequireDistinct(60);
        Models.RequireDistinct(70);
    }
}
