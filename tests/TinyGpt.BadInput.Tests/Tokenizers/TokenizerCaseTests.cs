using TinyGpt.BadInput.Tests.Cases;
using TinyGpt.BadInput.Tests.Victims;
using TinyGpt.BadInput.Victim;
using Xunit;

namespace TinyGpt.BadInput.Tests.Tokenizers;

public sealed class TokenizerCaseTests(BadInputFixture fixture) : IClassFixture<BadInputFixture>
{
    private static readonly CaseTable Binary = new("binary vocabularies", [Ways.Vocabulary], VocabularyCases.Valid, VocabularyCases.All);
    private static readonly CaseTable Pieces = new(
        "binary vocabularies of version 2", [Ways.Vocabulary], PieceVocabularyCases.Valid, PieceVocabularyCases.All);

    private static readonly CaseTable Gpt2 = new("vocab.json and merges.txt", [Ways.TokenizerFolder], Gpt2FileCases.Valid, Gpt2FileCases.All);
    private static readonly CaseTable Config = new(
        "tokenizer_config.json", [Ways.TokenizerFolder], TokenizerConfigCases.Valid, TokenizerConfigCases.All);

    private static readonly CaseTable Single = new("tokenizer.json", [Ways.TokenizerFolder], TokenizerJsonCases.Valid, TokenizerJsonCases.All);

    public static TheoryData<string> BinaryNames => Binary.Names;

    public static TheoryData<string> PieceNames => Pieces.Names;

    public static TheoryData<string> Gpt2Names => Gpt2.Names;

    public static TheoryData<string> ConfigNames => Config.Names;

    public static TheoryData<string> SingleNames => Single.Names;

    [Theory]
    [MemberData(nameof(BinaryNames))]
    public void A_damaged_vocabulary_ends_as_documented(string name) => fixture.Check(Binary, Binary[name]);

    [Theory]
    [MemberData(nameof(PieceNames))]
    public void A_damaged_vocabulary_of_pieces_ends_as_documented(string name) => fixture.Check(Pieces, Pieces[name]);

    [Theory]
    [MemberData(nameof(ConfigNames))]
    public void A_damaged_tokenizer_configuration_ends_as_documented(string name) => fixture.Check(Config, Config[name]);

    [Theory]
    [MemberData(nameof(Gpt2Names))]
    public void Damaged_files_of_GPT2_end_as_documented(string name) => fixture.Check(Gpt2, Gpt2[name]);

    [Theory]
    [MemberData(nameof(SingleNames))]
    public void A_damaged_tokenizer_file_ends_as_documented(string name) => fixture.Check(Single, Single[name]);

    [Fact]
    public void There_are_as_many_cases_as_promised_and_no_two_are_the_same()
    {
        Binary.RequireDistinct(40);
        Pieces.RequireDistinct(35);
        Config.RequireDistinct(20);
        Gpt2.RequireDistinct(40);
        Single.RequireDistinct(50);
    }
}
