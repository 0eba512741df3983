using System.Buffers.Binary;
using System.Text;
using TinyGpt.BadInput.Tests.Cases;
using TinyGpt.BadInput.Tests.Gguf;
using TinyGpt.BadInput.Tests.Safetensors;
using TinyGpt.BadInput.Tests.Tgpt;
using TinyGpt.BadInput.Tests.Tokenizers;
using TinyGpt.BadInput.Tests.Victims;
using TinyGpt.BadInput.Victim;
using Xunit;

namespace TinyGpt.BadInput.Tests.Sweeps;

public sealed class SweepTests(BadInputFixture fixture) : IClassFixture<BadInputFixture>
{
    private static readonly string[] TgptWays = [Ways.TgptMapped, Ways.TgptStream, Ways.TgptMemory, Ways.TgptInfo, Ways.TgptVerified];

    [Fact]
    public void Every_truncation_of_a_model_is_harmless() =>
        TgptSweep().Truncate(TgptDamage.Smallest(), RepairCutModel);

    [Fact]
    public void Every_flipped_bit_at_the_start_of_a_model_is_harmless() => TgptSweep().Flip(TgptDamage.Smallest(), image =>
    {
        TgptDraft.Rehash(image);
        return image;
    });

    [Fact]
    public void Every_truncation_and_flipped_bit_of_a_vocabulary_is_harmless()
    {
        DamageSweep sweep = new(
            fixture, "binary vocabulary", [Ways.Vocabulary], VocabularyCases.Valid, bytes => InputFiles.File("vocabulary", bytes));
        sweep.Truncate(SampleVocabulary.Bytes);
        sweep.Flip(SampleVocabulary.Bytes);
        sweep.Truncate(SamplePieces.Bytes);
        sweep.Flip(SamplePieces.Bytes);
    }

    [Fact]
    public void Every_truncation_and_flipped_bit_of_a_vocabulary_in_a_model_whose_hashes_are_right_is_harmless()
    {
        DamageSweep sweep = new(fixture, "vocabulary in .tgpt", TgptDamage.WithContent, TgptDamage.File(TgptDamage.Image), bytes =>
        {
            TgptDraft draft = TgptDamage.NewDraft();
            draft.Chunk("tokenizer").SetRaw(bytes);
            return TgptDamage.File(draft.Build());
        });
        sweep.Truncate(SampleVocabulary.Bytes);
        sweep.Flip(SampleVocabulary.Bytes);
    }

    [Fact]
    public void Every_truncation_and_flipped_bit_of_a_checkpoint_is_harmless()
    {
        byte[] image = SafetensorsHeaderCases.Valid.Contents[SafetensorsDraft.Name];
        DamageSweep sweep = new(
            fixture, "safetensors", [Ways.Checkpoint], SafetensorsHeaderCases.Valid, bytes => InputFiles.File(SafetensorsDraft.Name, bytes));
        sweep.Truncate(image, RepairCutHeader);
        sweep.Flip(image);
    }

    [Fact]
    public void Every_truncation_and_flipped_bit_of_a_folder_s_checkpoint_is_harmless()
    {
        byte[] image = ModelFolderCases.Valid.Contents[SafetensorsDraft.Name];
        DamageSweep sweep = new(
            fixture, "Hugging Face folder", [Ways.ModelFolder], ModelFolderCases.Valid, bytes => ModelFolderCases.Valid.With(SafetensorsDraft.Name, bytes));
        sweep.Truncate(image, RepairCutHeader);
        sweep.Flip(image);
    }

    [Fact]
    public void Every_truncation_and_flipped_bit_of_a_GGUF_file_is_harmless()
    {
        byte[] image = GgufModelCases.Valid.Contents[GgufCases.Name];
        DamageSweep sweep = new(
            fixture, "GGUF", [Ways.Gguf, Ways.ModelFolder], GgufModelCases.Valid, bytes => InputFiles.File(GgufCases.Name, bytes));
        sweep.Truncate(image);
        sweep.Flip(image);
    }

    [Theory]
    [InlineData("vocab.json")]
    [InlineData("merges.txt")]
    public void Every_truncation_and_flipped_bit_of_a_file_of_GPT2_is_harmless(string name) => Tokenizer(Gpt2FileCases.Valid, name);

    [Fact]
    public void Every_truncation_and_flipped_bit_of_a_tokenizer_configuration_is_harmless() =>
        Tokenizer(TokenizerConfigCases.Valid, "tokenizer_config.json");

    [Fact]
    public void Every_truncation_and_flipped_bit_of_a_tokenizer_file_is_harmless() => Tokenizer(TokenizerJsonCases.Valid, "tokenizer.json");

    private void Tokenizer(InputFiles valid, string name)
    {
        DamageSweep sweep = new(fixture, name, [Ways.TokenizerFolder], valid, bytes => valid.With(name, bytes));
        sweep.Truncate(valid.Contents[name]);
        sweep.Flip(valid.Contents[name]);
    }

    private DamageSweep TgptSweep()
    {
        InputFiles valid = TgptDamage.File(TgptDamage.Smallest());
        return new DamageSweep(fixture, ".tgpt", TgptWays, valid, TgptDamage.File);
    }

    /// <summary>Makes the lengths and the hash in the header those of what is left.</summary>
    private static byte[] RepairCutModel(byte[] image)
    {
        if (image.Length > TgptDraft.HeaderLength)
        {
            Span<byte> metadataLength = image.AsSpan(TgptDraft.MetadataLengthAt);
            long left = Math.Min(BinaryPrimitives.ReadInt64LittleEndian(metadataLength), image.Length - TgptDraft.HeaderLength);
            BinaryPrimitives.WriteInt64LittleEndian(metadataLength, left);
            BinaryPrimitives.WriteInt64LittleEndian(image.AsSpan(TgptDraft.FileLengthAt), image.Length);
            TgptDraft.Rehash(image);
        }

        return image;
    }

    /// <summary>Makes the header's length that of what is left of it, and closes its objects.</summary>
    private static byte[] RepairCutHeader(byte[] image)
    {
        const int LengthBytes = sizeof(long);
        if (image.Length > LengthBytes)
        {
            long left = Math.Min(BinaryPrimitives.ReadInt64LittleEndian(image), image.Length - LengthBytes);
            byte[] header = Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(image, LengthBytes, (int)left).TrimEnd(',') + "}");
            return SafetensorsDraft.File(left < image.Length - LengthBytes ? header[..^1] : header, image[(LengthBytes + (int)left)..]);
        }

        return image;
    }
}
