namespace TinyGpt.Import.Packing;

/// <summary>Where packed tensors go, one after the other in the order of the file.</summary>
internal unsafe interface ITensorSink
{
    /// <summary>Gives the place for the next chunk.</summary>
    /// <param name="length">The chunk's length in bytes, 1 or more.</param>
    /// <returns>As many writable bytes, aligned to 64, valid until <see cref="Commit"/>.</returns>
    byte* Reserve(long length);

    /// <summary>Takes the chunk that was written to the reserved place.</summary>
    TgptChunk Commit();
}
