using TinyGpt.BadInput.Tests.Cases;
using TinyGpt.BadInput.Tests.Sweeps;
using TinyGpt.BadInput.Tests.Victims;
using TinyGpt.BadInput.Victim;
using Xunit;

namespace TinyGpt.BadInput.Tests.Snapshots;

public sealed class SnapshotCaseTests(BadInputFixture fixture) : IClassFixture<BadInputFixture>
{
    private const int LeastCases = 80;

    private static readonly CaseTable Table = new("saved sessions", [Ways.Snapshot], SnapshotDraft.Valid, SnapshotCases.All);

    public static TheoryData<string> Names => Table.Names;

    [Theory]
    [MemberData(nameof(Names))]
    public void A_damaged_save_ends_as_documented_and_leaves_the_engine_as_it_was(string name) => fixture.Check(Table, Table[name]);

    [Fact]
    public void There_are_as_many_cases_as_promised_and_no_two_are_the_same() => Table.RequireDistinct(LeastCases);

    [Fact]
    public void Every_truncation_and_flipped_bit_of_a_save_is_harmless()
    {
        DamageSweep sweep = new(fixture, "saved sessions", [Ways.Snapshot], SnapshotDraft.Valid, SnapshotDraft.File);
        sweep.Truncate(SnapshotDraft.Smallest(), SnapshotDraft.Rehash);
        sweep.Flip(SnapshotDraft.Smallest(), SnapshotDraft.Rehash);
    }
}
