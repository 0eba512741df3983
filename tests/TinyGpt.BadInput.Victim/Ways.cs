namespace TinyGpt.BadInput.Victim;

/// <summary>The names of the ways in which a file gets in.</summary>
public static class Ways
{
    /// <summary>A <c>.tgpt</c> file's own description.</summary>
    public const string TgptInfo = "tgpt-info";

    /// <summary>A <c>.tgpt</c> file that is mapped, with the default checks.</summary>
    public const string TgptMapped = "tgpt-mapped";

    /// <summary>A <c>.tgpt</c> file that is mapped, every checksum looked at.</summary>
    public const string TgptVerified = "tgpt-verified";

    /// <summary>A <c>.tgpt</c> file in memory.</summary>
    public const string TgptMemory = "tgpt-memory";

    /// <summary>A <c>.tgpt</c> file from a stream that can neither seek nor tell its length.</summary>
    public const string TgptStream = "tgpt-stream";

    /// <summary>A safetensors file, or a folder of them.</summary>
    public const string Checkpoint = "checkpoint";

    /// <summary>The tensors of a GGUF file.</summary>
    public const string Gguf = "gguf";

    /// <summary>A Hugging Face folder or a GGUF file, packed in memory.</summary>
    public const string ModelFolder = "folder";

    /// <summary>A folder's tokenizer files.</summary>
    public const string TokenizerFolder = "tokenizer";

    /// <summary>A folder with a model and a session that was saved with it.</summary>
    public const string Snapshot = "snapshot";

    /// <summary>The model's name in the folder of <see cref="Snapshot"/>.</summary>
    public const string SnapshotModel = "model.tgpt";

    /// <summary>The session's name in the folder of <see cref="Snapshot"/>.</summary>
    public const string SnapshotSession = "session.save";

    /// <summary>The binary form of a vocabulary.</summary>
    public const string Vocabulary = "vocabulary";
}
