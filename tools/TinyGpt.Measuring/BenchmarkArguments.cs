using System.CommandLine;
using System.Globalization;
using TinyGpt.Import;
using TinyGpt.Kernels;

namespace TinyGpt.Measuring;

/// <summary>The benchmark's options, for this program and for <c>tinygpt bench</c>.</summary>
public sealed class BenchmarkArguments
{
    private const int MostThreads = 256;
    private const int MostTokens = ModelConfig.LargestContext;
    private const int MostRows = 4096;

    private readonly Option<string> _shape = new("--shape")
    {
        Description = "Without a model: the shape of the one to make, with random weights, in memory: "
            + $"{string.Join(", ", SyntheticModel.Shapes)}.",
        HelpName = "SHAPE",
        DefaultValueFactory = _ => SyntheticModel.Shapes[0],
    };

    private readonly NumberList _threads = new(
        "--threads",
        "Threads to compute with, one series of measurements each.",
        [.. new[] { 1, Math.Min(Environment.ProcessorCount, MostThreads) }.Distinct()],
        1,
        MostThreads);

    private readonly NumberList _batches = new("--batch", "Sequences to decode together.", [1, 8], 1, MostRows);

    private readonly NumberList _contexts = new(
        "--context", "Tokens that each sequence has before the timed decoding.", [0], 0, MostTokens);

    private readonly Option<KvPrecision[]?> _precisions = new("--kv")
    {
        Description = $"How keys and values are kept: {string.Join(", ", KvPrecisions.All.Select(KvPrecisions.Name))}, or several with commas. "
            + $"By default {KvPrecisions.Name(KvPrecisions.All[0])}; prompts are read with the first.",
        HelpName = "KV,KV",
        CustomParser = result =>
        {
            List<KvPrecision> precisions = [];
            foreach (string name in result.Tokens[^1].Value.Split(','))
            {
                if (!KvPrecisions.TryParse(name, out KvPrecision precision))
                {
                    result.AddError($"--kv takes {string.Join(", ", KvPrecisions.All.Select(KvPrecisions.Name))}, not '{name}'.");
                    return null;
                }

                precisions.Add(precision);
            }

            return [.. precisions];
        },
    };

    private readonly NumberList _prompts = new("--prompt", "Lengths of prompts to read.", [128, 512], 1, MostTokens);

    private readonly NumberList _tokens = new("--tokens", "Tokens to decode in each repeat.", [128], 1, MostTokens, single: true);

    private readonly NumberList _repeats = new("--repeats", "Timed repeats of each measurement.", [5], 1, 1000, single: true);

    private readonly NumberList _chunk = new(
        "--chunk", "Tokens of a prompt in one pass.", [new GptEngineOptions().MaxBatchTokens], 1, MostRows, single: true);

    private readonly Option<KernelTier?> _tier = new("--tier")
    {
        Description = $"The kernels to compute with: {string.Join(", ", KernelTiers.All.Select(KernelTiers.Name))}.",
        HelpName = "TIER",
        CustomParser = result =>
        {
            string name = result.Tokens[^1].Value;
            if (KernelTiers.TryParse(name, out KernelTier tier))
            {
                return tier;
            }

            result.AddError($"--tier takes one of {string.Join(", ", KernelTiers.All.Select(KernelTiers.Name))}, not '{name}'.");
            return null;
        },
    };

    /// <summary>Adds the options to a command.</summary>
    public void AddTo(Command command)
    {
        ArgumentNullException.ThrowIfNull(command);
        foreach (Option option in (Option[])[_shape, _threads, _batches, _contexts, _precisions, _prompts, _tokens, _repeats, _chunk, _tier])
        {
            command.Add(option);
        }

        _shape.Validators.Add(result =>
        {
            if (result.Tokens is [.., { Value: string shape }] && !SyntheticModel.Shapes.Contains(shape))
            {
                result.AddError($"--shape takes one of {string.Join(", ", SyntheticModel.Shapes)}, not '{shape}'.");
            }
        });
    }

    /// <summary>What was asked for.</summary>
    public BenchmarkSettings Read(ParseResult arguments)
    {
        ArgumentNullException.ThrowIfNull(arguments);
        KvPrecision[] precisions = arguments.GetValue(_precisions) is { Length: > 0 } given ? given : [KvPrecisions.All[0]];
        return new()
        {
            Threads = _threads.Read(arguments),
            Decodes = DecodeCase.Combine(_batches.Read(arguments), _contexts.Read(arguments), precisions),
            Prompts = _prompts.Read(arguments),
            PromptKvPrecision = precisions[0],
            Tokens = _tokens.Read(arguments)[0],
            Repeats = _repeats.Read(arguments)[0],
            ChunkTokens = _chunk.Read(arguments)[0],
            Tier = arguments.GetValue(_tier),
        };
    }

    /// <summary>The shape of the model to make where none is named.</summary>
    public string ReadShape(ParseResult arguments)
    {
        ArgumentNullException.ThrowIfNull(arguments);
        return arguments.GetRequiredValue(_shape);
    }

    /// <summary>An option that takes whole numbers, one or a list with commas.</summary>
    private sealed class NumberList : Option<int[]>
    {
        private readonly int[] _defaults;

        public NumberList(string name, string description, int[] defaults, int least, int most, bool single = false)
            : base(name)
        {
            _defaults = defaults;
            Description = $"{description} By default {string.Join(',', defaults)}.";
            HelpName = single ? "N" : "N,N";
            string expected = single ? "a whole number" : "whole numbers with commas between them,";
            CustomParser = result =>
            {
                string text = result.Tokens[^1].Value;
                string[] parts = single ? [text] : text.Split(',');
                int[] numbers = new int[parts.Length];
                for (int i = 0; i < parts.Length; i++)
                {
                    if (!int.TryParse(parts[i], NumberStyles.None, CultureInfo.InvariantCulture, out numbers[i])
                        || numbers[i] < least || numbers[i] > most)
                    {
                        result.AddError($"{name} takes {expected} from {least} to {most}, not '{text}'.");
                        return null;
                    }
                }

                return numbers;
            };
        }

        public int[] Read(ParseResult arguments) => arguments.GetValue(this) is { Length: > 0 } given ? given : _defaults;
    }
}
