using System.CommandLine;
using TinyGpt.Cli.Output;
using TinyGpt.Kernels;

namespace TinyGpt.Cli.Options;

/// <summary>The options of every command that computes.</summary>
internal sealed class EngineArguments
{
    /// <summary>The longest context unless another is asked for: more takes gigabytes of keys and values in models that were trained for it.</summary>
    public const int MostDefaultContext = 8192;

    private const int MostThreads = 256;

    private readonly Option<int> _threads = NumberOption.Create(
        "--threads",
        "Threads that compute; by default one for each fast core, within the container's quota, but at most 8 (see 'tinygpt doctor').",
        GptEngineOptions.RecommendedThreads,
        threads => threads is >= 1 and <= MostThreads,
        $"a whole number from 1 to {MostThreads}");

    private readonly Option<int> _context = NumberOption.Create(
        "--context",
        $"Tokens that prompt and answer can have together, for which memory is taken; by default the model's context, but at most {MostDefaultContext}.",
        MostDefaultContext,
        context => context is >= 1 and <= ModelConfig.LargestContext,
        $"a whole number from 1 to {ModelConfig.LargestContext}");

    private readonly Option<KernelTier?> _tier = new("--tier")
    {
        Description = $"The kernels to compute with: {string.Join(", ", KernelTiers.All.Select(KernelTiers.Name))}. "
            + $"By default the one that the variable {KernelTiers.EnvironmentVariable} names, or else the best. All give the same result.",
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

    private readonly Option<string> _precision = new("--kv")
    {
        Description = "How keys and values are stored. int8 takes a quarter of the memory and makes long contexts faster.",
        HelpName = string.Join('|', KvPrecisions.All.Select(KvPrecisions.Name)),
        DefaultValueFactory = _ => KvPrecisions.Name(new GptEngineOptions().KvPrecision),
    };

    private readonly Option<bool> _verbose = new("--verbose", "-v")
    {
        Description = "Print the memory plan and timings on standard error, even if it is not a terminal.",
    };

    /// <summary>The options of an engine for one sequence unless others are asked for: what memory plans are made for.</summary>
    public static GptEngineOptions Defaults => new() { Threads = GptEngineOptions.RecommendedThreads, PlannedContext = MostDefaultContext };

    /// <summary>Adds the options to a command.</summary>
    public void AddTo(Command command)
    {
        command.Add(_threads);
        command.Add(_context);
        command.Add(_tier);
        _precision.AcceptOnlyFromAmong([.. KvPrecisions.All.Select(KvPrecisions.Name)]);
        command.Add(_precision);
        command.Add(_verbose);
    }

    /// <summary>The options of an engine for one sequence.</summary>
    public GptEngineOptions Read(ParseResult arguments) => new()
    {
        Threads = arguments.GetValue(_threads),
        PlannedContext = arguments.GetValue(_context),
        Tier = arguments.GetValue(_tier),
        KvPrecision = KvPrecisions.TryParse(arguments.GetValue(_precision), out KvPrecision precision) ? precision : default,
    };

    /// <summary>Whether memory plan and timings are wanted.</summary>
    public bool IsVerbose(ParseResult arguments) => arguments.GetValue(_verbose) || Terminal.ShowsErrors;
}
