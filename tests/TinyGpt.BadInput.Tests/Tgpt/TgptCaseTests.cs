using TinyGpt.BadInput.Tests.Cases;
using TinyGpt.BadInput.Tests.Victims;
using TinyGpt.BadInput.Victim;
using Xunit;

namespace TinyGpt.BadInput.Tests.Tgpt;

public sealed class TgptCaseTests(BadInputFixture fixture) : IClassFixture<BadInputFixture>
{
    private const int LeastCases = 120;

    private static readonly CaseTable Table = new(
        ".tgpt",
        [Ways.TgptInfo, Ways.TgptMapped, Ways.TgptVerified, Ways.TgptMemory, Ways.TgptStream],
        TgptDamage.File(TgptDamage.Image),
        [.. TgptHeaderCases.All, .. TgptJsonCases.All, .. TgptConfigCases.All, .. TgptChunkCases.All, .. TgptLz4Cases.All, .. TgptContentCases.All,
            .. TgptPartCases.All]);

    public static TheoryData<string> Names => Table.Names;

    [Theory]
    [MemberData(nameof(Names))]
    public void A_damaged_model_ends_as_documented(string name) => fixture.Check(Table, Table[name]);

    [Fact]
    public void There_are_as_many_cases_as_promised_and_no_two_are_the_same() => Table.RequireDistinct(LeastCases);
}
