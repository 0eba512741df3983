using System.Text;
using TinyGpt.BadInput.Tests.Cases;
using TinyGpt.BadInput.Tests.Gguf;
using TinyGpt.BadInput.Tests.Safetensors;
using TinyGpt.BadInput.Tests.Snapshots;
using TinyGpt.BadInput.Tests.Tgpt;
using TinyGpt.BadInput.Tests.Tokenizers;
using TinyGpt.BadInput.Victim;

namespace TinyGpt.BadInput.Tests.Fuzzing;

/// <summary>A kind of file to mutate. A mutation that stops at the first checksum tests nothing after it, so most are repaired.</summary>
/// <param name="LoadedBy">How its mutants are loaded.</param>
/// <param name="Valid">What must load between mutants.</param>
/// <param name="Mutate">Makes a mutant.</param>
internal sealed record FuzzTarget(IReadOnlyList<string> LoadedBy, InputFiles Valid, Func<Mutator, InputFiles> Mutate)
{
    private static readonly string[] TgptWays = [Ways.TgptMapped, Ways.TgptStream, Ways.TgptMemory, Ways.TgptInfo, Ways.TgptVerified];

    public static readonly FuzzTarget[] All =
    [
        new(TgptWays, TgptDamage.File(TgptDamage.Image), mutator => TgptDamage.File(mutator.Damage(TgptDamage.Image))),
        new(TgptWays, TgptDamage.File(TgptDamage.Image), mutator => TgptDamage.File(WithOtherMetadata(mutator, TgptDamage.NewDraft()))),
        new(TgptDamage.WithContent, TgptDamage.File(TgptDamage.Image), mutator => TgptDamage.File(WithOtherContent(mutator, TgptDamage.NewDraft()))),
        new(TgptWays, TgptDamage.File(TgptPartCases.WithClassifier), mutator => TgptDamage.File(WithOtherMetadata(mutator, TgptPartCases.NewDraftWithClassifier()))),
        new(TgptDamage.WithContent, TgptDamage.File(TgptPartCases.WithClassifier), mutator => TgptDamage.File(WithOtherClassifier(mutator))),
        Of(Ways.Checkpoint, SafetensorsHeaderCases.Valid, SafetensorsDraft.Name, WithLengthThatFits),
        Of(Ways.ModelFolder, ModelFolderCases.Valid, SafetensorsDraft.Name, WithLengthThatFits),
        Of(Ways.ModelFolder, ModelFolderCases.Valid, "config.json"),
        Of(Ways.ModelFolder, ModelFolderCases.WithMore, "config.json"),
        Of(Ways.ModelFolder, ModelFolderCases.WithMore, "generation_config.json"),
        Of(Ways.ModelFolder, ModelFolderCases.WithMore, "classifier.safetensors", WithLengthThatFits),
        Of(Ways.Checkpoint, ShardCases.Valid, "model.safetensors.index.json"),
        Of(Ways.Gguf, GgufModelCases.Valid, GgufCases.Name),
        Of(Ways.ModelFolder, GgufModelCases.Valid, GgufCases.Name),
        Of(Ways.Vocabulary, VocabularyCases.Valid, "vocabulary"),
        Of(Ways.Vocabulary, PieceVocabularyCases.Valid, "vocabulary"),
        Of(Ways.Snapshot, SnapshotDraft.Valid, Ways.SnapshotSession, (save, mutator) => mutator.Below(4) == 0 ? save : SnapshotDraft.Rehash(save)),
        Of(Ways.TokenizerFolder, Gpt2FileCases.Valid, "vocab.json"),
        Of(Ways.TokenizerFolder, Gpt2FileCases.Valid, "merges.txt"),
        Of(Ways.TokenizerFolder, TokenizerJsonCases.Valid, "tokenizer.json"),
        Of(Ways.TokenizerFolder, TokenizerConfigCases.Valid, "tokenizer_config.json"),
    ];

    /// <summary>One file of some.</summary>
    private static FuzzTarget Of(string way, InputFiles valid, string name, Func<byte[], Mutator, byte[]>? repair = null) =>
        new([way], valid, mutator =>
        {
            byte[] damaged = mutator.Damage(valid.Contents[name]);
            return valid.With(name, repair is null ? damaged : repair(damaged, mutator));
        });

    private static byte[] WithOtherMetadata(Mutator mutator, TgptDraft draft)
    {
        byte[] text = mutator.Damage(Encoding.UTF8.GetBytes(TgptDraft.ReadMetadata(draft.Build()).ToJsonString()));
        return draft.Build(changeText: _ => text);
    }

    /// <summary>Other bytes in a chunk with hash and place put right, or compressed to a block that is then damaged.</summary>
    private static byte[] WithOtherContent(Mutator mutator, TgptDraft draft)
    {
        DraftChunk chunk = draft.Chunks[mutator.Below(draft.Chunks.Count)];
        byte[] content = chunk.Stored;
        if (chunk.Codec == "raw" && mutator.Below(2) == 0)
        {
            chunk.SetRaw(mutator.Damage(content));
            if (chunk.Stored.Length == 0)
            {
                chunk.SetRaw(content);
            }

            return draft.Build();
        }

        if (chunk.Codec == "raw")
        {
            chunk.Compress();
        }

        long length = chunk.Length;
        byte[] block = mutator.Damage(chunk.Stored);
        chunk.SetBlock(block.Length == 0 ? [0] : block, length, content);
        return draft.Build();
    }

    private static byte[] WithOtherClassifier(Mutator mutator)
    {
        TgptDraft draft = TgptPartCases.NewDraftWithClassifier();
        byte[] damaged = mutator.Damage(TgptPartCases.Classifier);
        draft.Chunk("classifier").SetRaw(damaged.Length == 0 ? [0] : damaged);
        return draft.Build();
    }

    /// <summary>Mostly gives a checkpoint's header the length of the JSON that it starts with.</summary>
    private static byte[] WithLengthThatFits(byte[] image, Mutator mutator)
    {
        const int LengthBytes = sizeof(long);
        int end = image.AsSpan().LastIndexOf("}}"u8);
        if (end >= LengthBytes && mutator.Below(4) != 0)
        {
            BitConverter.TryWriteBytes(image, (long)(end + 2 - LengthBytes));
        }

        return image;
    }
}
