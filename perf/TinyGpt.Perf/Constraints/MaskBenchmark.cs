using System.Diagnostics;
using System.Text.Json;
using TinyGpt.Constraints;
using TinyGpt.Import;

namespace TinyGpt.Perf;

/// <summary>
/// MaskBench: JSON schemas with instances that are valid or not. Each schema is compiled; each instance is tokenized, and for every token
/// the set of allowed tokens is asked for and the token is committed.
/// </summary>
internal sealed class MaskBenchmark
{
    private const double MicrosecondsPerSecond = 1e6;

    // The instances were written by others, and many do not keep to the schema's order.
    private static readonly JsonSchemaOptions Options = new() { PropertyOrder = PropertyOrder.Any };

    private readonly Tokenizer _tokenizer;
    private readonly ConstraintVocabulary _vocabulary;
    private readonly ulong[] _allowed;
    private readonly long[] _times = new long[1 << 16]; // of one instance's tokens

    private MaskBenchmark(TokenVocabulary vocabulary, int? endOfText)
    {
        _tokenizer = Tokenizer.Create(vocabulary);
        _vocabulary = new ConstraintVocabulary(vocabulary, endOfText);
        _allowed = new ulong[(_vocabulary.TokenCount + 63) / 64];
    }

    /// <summary>Runs all schemas twice, and measures the second time: the first is for the compiler of the runtime, and sizes the caches.</summary>
    /// <param name="file">Lines of <c>{"name","schema","tests":[{"valid","data"}]}</c>.</param>
    /// <param name="tokenizer">A folder with a tokenizer, or a <c>.tgpt</c> file.</param>
    /// <param name="cancellation">Stops it.</param>
    public static MaskReport Run(string file, string tokenizer, CancellationToken cancellation)
    {
        MaskBenchmark benchmark = Open(tokenizer);
        List<MaskCase> cases = MaskCase.Read(file);
        benchmark.RunAll(cases, cancellation);
        return benchmark.RunAll(cases, cancellation);
    }

    private static MaskBenchmark Open(string path)
    {
        if (ModelSource.IsTgpt(path))
        {
            using GptModel model = GptModel.Load(path);
            return new MaskBenchmark(
                model.Tokenizer?.Vocabulary ?? throw new ModelFormatException(path, "the model has no tokenizer"), model.Config.EndOfTextToken);
        }

        // Parts of the Llama 3 package are in a subfolder.
        string folder = TokenizerFiles.Exists(path) || !TokenizerFiles.Exists(Path.Combine(path, "models")) ? path : Path.Combine(path, "models");
        TokenVocabulary vocabulary = TokenizerFiles.Read(folder);
        return new MaskBenchmark(vocabulary, TokenizerFiles.ReadContent(folder).EndOfText);
    }

    private MaskReport RunAll(List<MaskCase> cases, CancellationToken cancellation)
    {
        MaskReport report = new();
        foreach (MaskCase one in cases)
        {
            cancellation.ThrowIfCancellationRequested();
            report.Add(RunOne(one, report));
        }

        return report;
    }

    private MaskResult RunOne(MaskCase one, MaskReport report)
    {
        CompiledConstraint constraint;
        long start = Stopwatch.GetTimestamp();
        try
        {
            constraint = Constraint.FromJsonSchema(one.Schema, Options).Compile(_vocabulary);
        }
        catch (ConstraintException failure)
        {
            return new MaskResult(one.Name, failure, null);
        }

        using (constraint)
        {
            _allowed.AsSpan().Clear();
            constraint.Allow(constraint.Start, _allowed);
            report.FirstMasks.Add(Microseconds(Stopwatch.GetTimestamp() - start));
            for (int i = 0; i < one.Instances.Count; i++)
            {
                MaskInstance instance = one.Instances[i];
                int[] tokens = _tokenizer.Encode(instance.Text);
                bool accepted = Accepts(constraint, tokens, report, out int rejectedAt);
                if (accepted != instance.IsValid)
                {
                    return new MaskResult(one.Name, null, Describe(i, instance, tokens, rejectedAt));
                }
            }
        }

        return new MaskResult(one.Name, null, null);
    }

    private bool Accepts(CompiledConstraint constraint, int[] tokens, MaskReport report, out int rejectedAt)
    {
        long allocated = GC.GetAllocatedBytesForCurrentThread();
        int state = constraint.Start;
        int asked = 0;
        bool accepted = false;
        rejectedAt = -1;
        int count = Math.Min(tokens.Length, _times.Length - 1);
        for (int i = 0; i <= count; i++)
        {
            long start = Stopwatch.GetTimestamp();
            int token = i < count ? tokens[i] : _vocabulary.EndOfText ?? -1;
            bool allowed;
            state = constraint.IsState(state) ? state : constraint.Replay(tokens.AsSpan(0, i));
            if (constraint.IsComplete(state))
            {
                allowed = accepted = i == count;
            }
            else
            {
                _allowed.AsSpan().Clear();
                constraint.Allow(state, _allowed);
                allowed = token >= 0 && (_allowed[token / 64] >> (token % 64) & 1) != 0;
                accepted = i == count && allowed;
            }

            state = allowed && i < count ? constraint.Advance(state, token) : state;
            _times[asked++] = Stopwatch.GetTimestamp() - start;
            if (!allowed)
            {
                rejectedAt = i;
                break;
            }
        }

        report.AllocatedBytes += GC.GetAllocatedBytesForCurrentThread() - allocated;
        foreach (long time in _times.AsSpan(0, asked))
        {
            report.Masks.Add(Microseconds(time));
        }

        return accepted;
    }

    private static double Microseconds(long ticks) => ticks * MicrosecondsPerSecond / Stopwatch.Frequency;

    private MaskFailure Describe(int index, MaskInstance instance, int[] tokens, int rejectedAt)
    {
        if (!instance.IsValid)
        {
            return new MaskFailure(IsRejection: false, $"instance {index} is invalid, and accepted: {instance.Text}");
        }

        string before = System.Text.Encoding.UTF8.GetString(_tokenizer.Decode(tokens.AsSpan(0, Math.Min(rejectedAt, tokens.Length)), 0));
        string token = rejectedAt < tokens.Length ? System.Text.Encoding.UTF8.GetString(_tokenizer.TokenBytes(tokens[rejectedAt])) : "the end";
        return new MaskFailure(IsRejection: true, $"instance {index} is valid, and rejected at {JsonSerializer.Serialize(token, MaskJson.Default.String)} after {before}");
    }
}
