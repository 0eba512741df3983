namespace TinyGpt.Import.Packing;

/// <summary>Where a tensor's float32 rows come from, whatever their order and type in the checkpoint. Thread-safe.</summary>
internal interface IRowSource
{
    /// <summary>The file, for errors.</summary>
    string File { get; }

    /// <summary>The tensor's name there, for errors.</summary>
    string Name { get; }

    /// <summary>Rows, as the packed tensor has them.</summary>
    int Rows { get; }

    /// <summary>Columns, as the packed tensor has them.</summary>
    int Columns { get; }

    /// <summary>Copies consecutive rows.</summary>
    /// <param name="first">The first row.</param>
    /// <param name="count">How many.</param>
    /// <param name="target">Row i goes to <c>i·stride</c>; bytes between rows do not change.</param>
    /// <param name="stride">Floats from one row to the next, at least <see cref="Columns"/>.</param>
    void CopyRows(int first, int count, Span<float> target, int stride);
}
