using System.Diagnostics;
using TinyGpt.Kernels;
using TinyGpt.Kernels.Contract;

namespace TinyGpt.Measuring;

/// <summary>
/// Measures a model's tokens per second. Each figure comes with the read bandwidth or the multiply-add peak of the same number of threads, taken between
/// the very repeats that it is compared with: a machine's speed drifts by half within minutes. Not thread-safe.
/// </summary>
public sealed class InferenceBenchmark : IDisposable
{
    private const int FirstWarmUpFactor = 4;
    private const int FewestRepeats = 3;

    private readonly GptModel _model;
    private readonly string _shape;
    private readonly BenchmarkSettings _settings;
    private readonly Action<string> _progress;
    private readonly ModelWork _work;
    private readonly MemoryBandwidth _bandwidth;
    private readonly byte[] _discarded = new byte[4096];
    private bool _isWarm;

    /// <summary>Prepares the measurements.</summary>
    /// <param name="model">The model; must stay alive as long as this.</param>
    /// <param name="shape">What the rows call it.</param>
    /// <param name="settings">What to measure.</param>
    /// <param name="progress">Told what begins.</param>
    public InferenceBenchmark(GptModel model, string shape, BenchmarkSettings settings, Action<string> progress)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(settings);
        _model = model;
        _shape = shape;
        _settings = settings;
        _progress = progress;
        _work = new ModelWork(model.Config, model.Info.Tensors);
        _bandwidth = new MemoryBandwidth(MemoryBandwidth.BufferBytesLike(_work.WeightBytes));
    }

    private int ChunkTokens => _settings.ChunkTokens ?? new GptEngineOptions().MaxBatchTokens;

    /// <summary>Measures everything that the settings ask for and the model's context has room for.</summary>
    /// <param name="cancellation">Checked between slices.</param>
    /// <exception cref="KernelTierException">This process cannot execute the tier.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancellation"/> was signalled.</exception>
    public BenchmarkReport Run(CancellationToken cancellation)
    {
        KernelTier tier = KernelTiers.Select(_settings.Tier);
        double freeShare = Machine.MeasureFreeShare();
        List<BenchmarkRow> rows = MeasureTogether(
        [
            .. from threads in _settings.Threads
               from prompt in _settings.Prompts.Where(HasRoomFor)
               from prepare in (Func<Measurement>[])
               [
                   () => PreparePrefill(tier, threads, prompt, cancellation),
                   () => PrepareMatrices(tier, threads, prompt),
               ]
               select prepare,
        ]);
        foreach (int threads in _settings.Threads)
        {
            rows.AddRange(MeasureTogether(
            [
                .. from way in _settings.Decodes.Where(way => HasRoomFor(Math.Max(1, way.Context) + 1))
                   select (Func<Measurement>)(() => PrepareDecode(tier, threads, way, cancellation)),
                () => PrepareTokenMatrices(tier, threads),
            ]));
        }

        freeShare = Math.Min(freeShare, Machine.MeasureFreeShare());
        return new BenchmarkReport(Machine.Description, KernelTiers.Name(tier), [.. rows.OrderBy(row => row.Threads)], freeShare);
    }

    /// <summary>Frees the buffers.</summary>
    public void Dispose() => _bandwidth.Dispose();

    /// <summary>Something to measure, ready to be run.</summary>
    /// <param name="Owned">What it runs on.</param>
    /// <param name="Work">The work.</param>
    /// <param name="Describe">Makes the row of what was measured.</param>
    private sealed record Measurement(IDisposable Owned, TimedWork Work, Func<BenchmarkRow> Describe);

    /// <summary>
    /// Measures several things in turn, repeat by repeat: what is compared with each other then met the same machine, whose speed drifts.
    /// </summary>
    private List<BenchmarkRow> MeasureTogether(IReadOnlyList<Func<Measurement>> preparations)
    {
        List<Measurement> measurements = [];
        try
        {
            foreach (Func<Measurement> prepare in preparations)
            {
                Measurement measurement = prepare();
                measurements.Add(measurement);
                measurement.Work.WarmUp(_isWarm ? _settings.WarmUp : FirstWarmUpFactor * _settings.WarmUp);
                _isWarm = true;
            }

            OthersWatch others = new();
            long begun = Stopwatch.GetTimestamp();
            for (int repeat = 0; repeat < _settings.Repeats; repeat++)
            {
                if (repeat >= FewestRepeats && Stopwatch.GetElapsedTime(begun) > _settings.RepeatTime)
                {
                    break;
                }

                foreach (Measurement measurement in measurements)
                {
                    measurement.Work.TakeSample();
                }
            }

            double? othersShare = others.Share;
            return [.. measurements.Select(measurement => measurement.Describe() with { OthersShare = othersShare })];
        }
        finally
        {
            foreach (Measurement measurement in measurements)
            {
                measurement.Owned.Dispose();
            }
        }
    }

    private Measurement PreparePrefill(KernelTier tier, int threads, int prompt, CancellationToken cancellation)
    {
        _progress($"threads {threads}: prefill of {prompt} tokens");
        GptEngine engine = CreateEngine(tier, threads, sequences: 1, positions: prompt + 1, _settings.PromptKvPrecision);
        GptSession session = CreateSession(engine, newTokens: 1);
        GptSession[] sessions = [session];
        int[] tokens = RandomTokens(prompt, seed: 0);
        TimedWork work = new(
            () =>
            {
                session.Rewind(0);
                session.Append(tokens);
                Drain(engine, sessions, cancellation);
            },
            () => MultiplyPeak.MeasureIntegers(tier, threads, 1)?[0]);
        return new Measurement(engine, work, Describe);

        BenchmarkRow Describe()
        {
            Spread seconds = work.Seconds;
            double multiplyAdds = _work.PrefillMultiplyAdds(prompt, ChunkTokens) / 1e9;
            return new BenchmarkRow
            {
                Phase = "prefill",
                Shape = _shape,
                Threads = threads,
                Batch = 1,
                Context = prompt,
                KvPrecision = _settings.PromptKvPrecision,
                TokensPerSecond = PerSecond(prompt, seconds),
                GigaMacs = multiplyAdds / seconds.Median,
                RatioToPeak = multiplyAdds / work.ReferenceWork,
                CoreWidth = work.CoreWidth,
                AllocatedBytes = work.AllocatedBytes,
            };
        }
    }

    private Measurement PrepareMatrices(KernelTier tier, int threads, int prompt)
    {
        _progress($"threads {threads}: the matrices of {prompt} tokens");
        MatrixWork matrices = MatrixWork.OfPrompt(tier, _model.Info.Tensors, prompt, Math.Min(prompt, ChunkTokens));
        TimedWork work = new(() => matrices.Run(threads), () => MultiplyPeak.MeasureIntegers(tier, threads, 1)?[0]);
        return new Measurement(matrices, work, Describe);

        BenchmarkRow Describe()
        {
            double multiplyAdds = matrices.MultiplyAdds / 1e9;
            return new BenchmarkRow
            {
                Phase = "matrices",
                Shape = _shape,
                Threads = threads,
                Batch = 1,
                Context = prompt,
                TokensPerSecond = PerSecond(prompt, work.Seconds),
                GigaMacs = multiplyAdds / work.Seconds.Median,
                RatioToPeak = multiplyAdds / work.ReferenceWork,
                CoreWidth = work.CoreWidth,
            };
        }
    }

    private Measurement PrepareTokenMatrices(KernelTier tier, int threads)
    {
        _progress($"threads {threads}: the matrices of {_settings.Tokens} tokens, one by one");
        MatrixWork matrices = MatrixWork.OfTokens(tier, _model.Weights, _settings.Tokens);
        TimedWork work = new(() => matrices.Run(threads), () => _bandwidth.Measure(threads, 1)[0]);
        return new Measurement(matrices, work, Describe);

        BenchmarkRow Describe() => new()
        {
            Phase = "token-matrices",
            Shape = _shape,
            Threads = threads,
            Batch = 1,
            TokensPerSecond = PerSecond(_settings.Tokens, work.Seconds),
            BytesPerToken = matrices.WeightBytes,
            BandwidthGBs = work.Reference,
            RatioToBandwidth = matrices.WeightBytes * (double)_settings.Tokens / 1e9 / work.ReferenceWork,
            GigaMacs = matrices.MultiplyAdds / 1e9 / work.Seconds.Median,
            CoreWidth = work.CoreWidth,
        };
    }

    private Measurement PrepareDecode(KernelTier tier, int threads, DecodeCase way, CancellationToken cancellation)
    {
        (int batch, int context, KvPrecision precision) = way;
        int start = Math.Max(1, context);
        int tokens = Math.Min(_settings.Tokens, _model.Config.ContextLength - start);
        _progress($"threads {threads}: decode of {tokens} tokens after {context}, batch {batch}, {KvPrecisions.Name(precision)} keys and values");
        GptEngine engine = CreateEngine(tier, threads, batch, start + tokens, precision);
        GptSession[] sessions = new GptSession[batch];
        for (int i = 0; i < batch; i++)
        {
            // Each sequence has a different prompt, because shared pages would be read from the cache.
            sessions[i] = CreateSession(engine, tokens);
            sessions[i].Append(RandomTokens(start, seed: i), answer: false);
        }

        Drain(engine, sessions, cancellation);
        TimedWork work = new(
            () =>
            {
                foreach (GptSession session in sessions)
                {
                    session.Rewind(start);
                    session.Continue();
                }

                Drain(engine, sessions, cancellation);
            },
            () => _bandwidth.Measure(threads, 1)[0]);
        return new Measurement(engine, work, Describe);

        BenchmarkRow Describe()
        {
            Spread seconds = work.Seconds;
            double meanKeys = start + ((tokens - 1) / 2.0);
            double bytesPerToken = ((double)_work.WeightBytes / batch) + (meanKeys * _work.CacheBytesPerPosition(precision));
            double tokensTimesBatch = (double)tokens * batch;
            return new BenchmarkRow
            {
                Phase = "decode",
                Shape = _shape,
                Threads = threads,
                Batch = batch,
                Context = context,
                KvPrecision = precision,
                TokensPerSecond = PerSecond(tokensTimesBatch, seconds),
                BytesPerToken = bytesPerToken,
                BandwidthGBs = work.Reference,
                RatioToBandwidth = bytesPerToken * tokensTimesBatch / 1e9 / work.ReferenceWork,
                GigaMacs = _work.DecodeMultiplyAdds * tokensTimesBatch / seconds.Median / 1e9,
                CoreWidth = work.CoreWidth,
                AllocatedBytes = work.AllocatedBytes,
            };
        }
    }

    private static Spread PerSecond(double tokens, Spread seconds) =>
        new(tokens / seconds.Median, tokens / seconds.Largest, tokens / seconds.Smallest);

    /// <summary>Steps until nothing is left to do. A model with a tokenizer waits for its text to be read.</summary>
    private void Drain(GptEngine engine, GptSession[] sessions, CancellationToken cancellation)
    {
        while (engine.Step(StepBudget.Unlimited, cancellation) != StepStatus.Idle)
        {
            foreach (GptSession session in sessions)
            {
                while (session.TryRead(_discarded, out _))
                {
                }
            }
        }
    }

    private GptEngine CreateEngine(KernelTier tier, int threads, int sequences, int positions, KvPrecision precision)
    {
        int pages = (positions + AttentionHead.PositionsPerPage - 1) / AttentionHead.PositionsPerPage;
        GptEngineOptions options = new()
        {
            MaxSequences = sequences,
            KvPages = sequences * pages,
            KvPrecision = precision,
            Threads = threads,
            Tier = tier,
        };
        return new GptEngine(_model, _settings.ChunkTokens is { } chunk ? options with { MaxBatchTokens = chunk } : options);
    }

    private static GptSession CreateSession(GptEngine engine, int newTokens) =>
        engine.CreateSession(SamplingOptions.Greedy, new SessionOptions { MaxNewTokens = newTokens, StopAtEndOfText = false });

    private bool HasRoomFor(int tokens)
    {
        if (tokens <= _model.Config.ContextLength)
        {
            return true;
        }

        _progress($"left out: {tokens} tokens are more than the context of {_model.Config.ContextLength}");
        return false;
    }

    private int[] RandomTokens(int count, int seed)
    {
        // The same on every run: attention over different tokens takes the same time, but a figure should be repeatable to the bit.
        Random random = new(seed);
        int[] tokens = new int[count];
        for (int i = 0; i < count; i++)
        {
            tokens[i] = random.Next(_model.Config.VocabularySize);
        }

        return tokens;
    }
}
