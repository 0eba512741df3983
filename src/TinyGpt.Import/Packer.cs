using TinyGpt.Format;
using TinyGpt.Import.Packing;
using TinyGpt.Kernels;

namespace TinyGpt.Import;

/// <summary>Packs a checkpoint into a <c>.tgpt</c> file, or into memory. Thread-safe; every call uses all processors.</summary>
public static unsafe class Packer
{
    /// <summary>Packs a checkpoint into a file.</summary>
    /// <param name="source">
    /// A Hugging Face folder, a <c>.safetensors</c> file with its <c>config.json</c> beside it, a <c>.gguf</c> file, or a <c>.tgpt</c> file
    /// that is to have fewer bits or compressed chunks.
    /// </param>
    /// <param name="output">The <c>.tgpt</c> file; replaced if it exists, and only once the new one is complete.</param>
    /// <param name="options">How to pack, or null for the defaults.</param>
    /// <param name="progress">Told after each tensor and now and then within a large one, one report at a time; or null.</param>
    /// <param name="cancellation">Stops packing; no file is left.</param>
    /// <exception cref="FileNotFoundException">There is no such source, or a part of it is missing.</exception>
    /// <exception cref="ModelFormatException">The source is damaged, contradicts itself or is not supported.</exception>
    public static PackReport Pack(
        string source,
        string output,
        PackOptions? options = null,
        IProgress<PackProgress>? progress = null,
        CancellationToken cancellation = default)
    {
        using ITensorSource tensors = ModelSource.Open(source);
        return WriteFile(tensors, output, options ?? new PackOptions(), progress, cancellation);
    }

    /// <summary>Packs a checkpoint into native memory and opens it there. Nothing is compressed or written to disk.</summary>
    /// <param name="source">As for <see cref="Pack"/>.</param>
    /// <param name="options">How to pack, or null for the defaults.</param>
    /// <param name="progress">Told after each tensor and now and then within a large one, one report at a time; or null.</param>
    /// <param name="cancellation">Stops packing.</param>
    /// <exception cref="FileNotFoundException">There is no such source, or a part of it is missing.</exception>
    /// <exception cref="ModelFormatException">The source is damaged, contradicts itself or is not supported.</exception>
    public static TgptFile PackInMemory(
        string source, PackOptions? options = null, IProgress<PackProgress>? progress = null, CancellationToken cancellation = default)
    {
        using ITensorSource tensors = ModelSource.Open(source);
        return OpenInMemory(tensors, source, options ?? new PackOptions(), progress, cancellation);
    }

    internal static PackReport WriteFile(
        ITensorSource source, string output, PackOptions options, IProgress<PackProgress>? progress, CancellationToken cancellation)
    {
        PackReport? report = null;
        AtomicFile.Write(output, stream =>
        {
            using TgptWriter writer = new(
                stream, source.Config, TokenizerOf(source, options), options.Compress, options.Precision, source.Parts);
            List<PackedTensor> tensors = Fill(writer, source, options.Precision, progress, cancellation);
            report = new PackReport(source.Config, source.SourceBytes, writer.Finish(), tensors);
        });
        return report!;
    }

    internal static TgptFile OpenInMemory(
        ITensorSource source, string name, PackOptions options, IProgress<PackProgress>? progress, CancellationToken cancellation)
    {
        using TgptImage image = new(source.Config, TokenizerOf(source, options), source.Parts, options.Precision);
        Fill(image, source, options.Precision, progress, cancellation);
        return image.Open(name);
    }

    private static TokenizerContent? TokenizerOf(ITensorSource source, PackOptions options) => options.Tokenizer ?? source.Tokenizer;

    private static List<PackedTensor> Fill(
        ITensorSink sink,
        ITensorSource source,
        WeightPrecision precision,
        IProgress<PackProgress>? progress,
        CancellationToken cancellation)
    {
        IReadOnlyList<TensorShape> shapes = ModelTensors.Of(source.Config, precision);
        long bytes = shapes.Sum(shape => shape.Bytes);
        long done = 0;
        List<PackedTensor> packed = new(shapes.Count);
        Lock reporting = new();
        foreach (TensorShape shape in shapes)
        {
            cancellation.ThrowIfCancellationRequested();
            double largest = 0;
            void ReportShare(double share)
            {
                lock (reporting)
                {
                    if (share > largest)
                    {
                        largest = share;
                        progress!.Report(new PackProgress(
                            shape.Name, packed.Count, shapes.Count, done + (long)(share * shape.Bytes), bytes));
                    }
                }
            }

            QuantizationError error = source.Fill(
                shape, sink.Reserve(shape.Bytes), progress is null ? null : ReportShare, cancellation);
            packed.Add(new PackedTensor(shape, sink.Commit(), error));
            done += shape.Bytes;
            progress?.Report(new PackProgress(shape.Name, packed.Count, shapes.Count, done, bytes));
        }

        return packed;
    }
}
