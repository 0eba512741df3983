using System.CommandLine;
using System.Globalization;
using System.Runtime.InteropServices;
using TinyGpt.Cli.Options;
using TinyGpt.Cli.Output;
using TinyGpt.Kernels;
using TinyGpt.Measuring;

namespace TinyGpt.Cli.Commands;

/// <summary><c>tinygpt doctor</c>: what this machine has, and whether every kernel computes the same bits on it.</summary>
internal sealed class DoctorCommand : CliCommand
{
    private const int Samples = 5;

    private readonly Option<bool> _json = OutputArguments.CreateJson();

    public DoctorCommand()
        : base(
            "doctor",
            "Show the processor and its kernel tiers, test each against the reference, and measure the memory.",
            "Ends with exit code 1 if any tier computes other bits than the scalar reference.") => Add(_json);

    public override IReadOnlyList<string> Examples { get; } = ["tinygpt doctor", "tinygpt doctor --json"];

    protected override void Execute(ParseResult arguments, CancellationToken cancellation)
    {
        TierFinding[] tiers = [.. KernelTiers.All.Select(Examine)];
        cancellation.ThrowIfCancellationRequested();
        Console.Error.WriteLine("measuring memory");
        (int Threads, double GigabytesPerSecond)[] bandwidths = MeasureBandwidths();
        if (arguments.GetValue(_json))
        {
            WriteJson(tiers, bandwidths);
        }
        else
        {
            WriteText(tiers, bandwidths);
        }

        if (tiers.FirstOrDefault(tier => tier.Test is { Differences: > 0 })?.Test is { } failed)
        {
            throw new CommandFailedException(
                $"the tier '{KernelTiers.Name(failed.Tier)}' computes other bits than the reference ({failed.FirstDifference}): "
                + "do not use it, and please report this");
        }
    }

    /// <summary>What is known about a tier.</summary>
    /// <param name="Tier">The tier.</param>
    /// <param name="Test">Its self-test, or null if it cannot run.</param>
    /// <param name="Obstacle">Why it cannot, or null.</param>
    private sealed record TierFinding(KernelTier Tier, TierSelfTestResult? Test, string? Obstacle);

    private static TierFinding Examine(KernelTier tier)
    {
        try
        {
            KernelTiers.Select(tier);
        }
        catch (KernelTierException)
        {
            return new(tier, null, $"lacks {KernelTiers.Requirement(tier)}");
        }

        Console.Error.WriteLine($"testing {KernelTiers.Name(tier)}");
        return new(tier, TierSelfTest.Run(tier), null);
    }

    /// <summary>The tier that engines take by themselves, or null where they refuse the processor.</summary>
    private static KernelTier? DefaultTier()
    {
        try
        {
            return KernelTiers.Select();
        }
        catch (KernelTierException)
        {
            return null;
        }
    }

    private static (int Threads, double GigabytesPerSecond)[] MeasureBandwidths()
    {
        using MemoryBandwidth memory = new(MemoryBandwidth.MemoryBufferBytes);
        int[] threads = [.. new[] { 1, Environment.ProcessorCount }.Distinct()];
        return Array.ConvertAll(threads, count => (count, Spread.Of(memory.Measure(count, Samples)).Median));
    }

    private static void WriteText(TierFinding[] tiers, (int Threads, double GigabytesPerSecond)[] bandwidths)
    {
        Console.Out.WriteLine($"machine:       {Machine.Description}");
        Console.Out.WriteLine($"architecture:  {RuntimeInformation.ProcessArchitecture}");
        Console.Out.WriteLine($"features:      {string.Join(", ", Machine.Features)}");
        Console.Out.WriteLine($"threads:       {Machine.ThreadAdvice}");
        foreach ((int threads, double gigabytesPerSecond) in bandwidths)
        {
            string unit = threads == 1 ? "thread" : "threads";
            Console.Out.WriteLine(string.Create(
                CultureInfo.InvariantCulture, $"memory:        {gigabytesPerSecond:0.0} GB/s read with {threads} {unit}"));
        }

        KernelTier? used = DefaultTier();
        ReportTable table = new(("tier", false), ("supported", false), ("compared", true), ("different", true), ("remark", false));
        foreach ((KernelTier tier, TierSelfTestResult? test, string? obstacle) in tiers)
        {
            string role = tier == KernelTier.Scalar ? "the reference" : tier == used ? "used by default" : "";
            table.Add(
                KernelTiers.Name(tier),
                test is null ? "no" : "yes",
                test?.Compared.ToString("N0", CultureInfo.InvariantCulture) ?? "",
                test?.Differences.ToString("N0", CultureInfo.InvariantCulture) ?? "",
                obstacle ?? test?.FirstDifference ?? role);
        }

        table.Write();
    }

    private static void WriteJson(TierFinding[] tiers, (int Threads, double GigabytesPerSecond)[] bandwidths) => JsonOutput.Write(json =>
    {
        json.WriteString("machine", Machine.Description);
        json.WriteString("architecture", RuntimeInformation.ProcessArchitecture.ToString());
        json.WriteStartArray("features");
        foreach (string feature in Machine.Features)
        {
            json.WriteStringValue(feature);
        }

        json.WriteEndArray();
        json.WriteNumber("recommendedThreads", GptEngineOptions.RecommendedThreads);
        json.WriteStartArray("tiers");
        foreach ((KernelTier tier, TierSelfTestResult? test, string? obstacle) in tiers)
        {
            json.WriteStartObject();
            json.WriteString("tier", KernelTiers.Name(tier));
            json.WriteBoolean("supported", test is not null);
            if (test is not null)
            {
                json.WriteNumber("compared", test.Compared);
                json.WriteNumber("different", test.Differences);
            }
            else
            {
                json.WriteString("obstacle", obstacle);
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartArray("bandwidths");
        foreach ((int threads, double gigabytesPerSecond) in bandwidths)
        {
            json.WriteStartObject();
            json.WriteNumber("threads", threads);
            json.WriteNumber("bandwidthGBs", Math.Round(gigabytesPerSecond, 1));
            json.WriteEndObject();
        }

        json.WriteEndArray();
    });
}
