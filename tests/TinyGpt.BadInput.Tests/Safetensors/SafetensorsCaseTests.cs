using TinyGpt.BadInput.Tests.Cases;
using TinyGpt.BadInput.Tests.Victims;
using TinyGpt.BadInput.Victim;
using Xunit;

namespace TinyGpt.BadInput.Tests.Safetensors;

public sealed class SafetensorsCaseTests(BadInputFixture fixture) : IClassFixture<BadInputFixture>
{
    private static readonly CaseTable Single = new("safetensors", [Ways.Checkpoint], SafetensorsHeaderCases.Valid, SafetensorsHeaderCases.All);
    private static readonly CaseTable Shards = new("safetensors in shards", [Ways.Checkpoint], ShardCases.Valid, ShardCases.All);
    private static readonly CaseTable Folders = new("Hugging Face folders", [Ways.ModelFolder], ModelFolderCases.Valid, ModelFolderCases.All);

    public static TheoryData<string> SingleNames => Single.Names;

    public static TheoryData<string> ShardNames => Shards.Names;

    public static TheoryData<string> FolderNames => Folders.Names;

    [Theory]
    [MemberData(nameof(SingleNames))]
    public void A_damaged_file_ends_as_documented(string name) => fixture.Check(Single, Single[name]);

    [Theory]
    [MemberData(nameof(ShardNames))]
    public void A_damaged_index_or_shard_ends_as_documented(string name) => fixture.Check(Shards, Shards[name]);

    [Theory]
    [MemberData(nameof(FolderNames))]
    public void A_folder_that_contradicts_itself_ends_as_documented(string name) => fixture.Check(Folders, Folders[name]);

    [Fact]
    public void There_are_as_many_cases_as_promised_and_no_two_are_the_same()
    {
        Single.RequireDistinct(60);
        Shards.RequireDistinct(20);
        Folders.RequireDistinct(40);
    }
}
