namespace TinyGpt.Import;

/// <summary>What pulling a model is busy with.</summary>
public enum PullStage
{
    /// <summary>Another process pulls the same model, and this one waits until that is over.</summary>
    Waiting,

    /// <summary>Files are downloaded, or those that are there are checked.</summary>
    Downloading,

    /// <summary>The <c>.tgpt</c> file is made.</summary>
    Packing,
}

/// <summary>How far pulling a model is.</summary>
/// <param name="Stage">What is being done.</param>
/// <param name="BytesDone">Bytes that are done in this stage. They become fewer where a file must begin anew.</param>
/// <param name="Bytes">All bytes of this stage.</param>
public readonly record struct PullProgress(PullStage Stage, long BytesDone, long Bytes);
