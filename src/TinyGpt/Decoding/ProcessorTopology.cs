using System.Globalization;

namespace TinyGpt.Decoding;

/// <summary>
/// What the processors are that this process may use: cores, the fast ones among them, and the share that a container has of them. Read from
/// Linux's own files; elsewhere all that is known is how many there are.
/// </summary>
/// <param name="Processors">Logical processors that the process may use, as the runtime counts them.</param>
/// <param name="Cores">Cores that these belong to; equal to <paramref name="Processors"/> if the system does not tell.</param>
/// <param name="FastCores">Cores that are about as fast as the fastest one.</param>
/// <param name="Quota">Processors' worth of time that the process's group may use, or null where there is no limit.</param>
internal sealed record ProcessorTopology(int Processors, int Cores, int FastCores, double? Quota)
{
    // One token's work is short and the memory's bandwidth is shared: more seldom help.
    private const int MaxUsefulThreads = 8;

    // A core that takes twice as long holds the others up at every barrier.
    private const double FastShare = 0.6;

    /// <summary>This machine's.</summary>
    public static ProcessorTopology Current { get; } = Read("/", Environment.ProcessorCount);

    /// <summary>Threads to compute with: one a fast core, no more than the group's whole processors, and at most eight.</summary>
    public int RecommendedThreads
    {
        get
        {
            int most = Math.Min(Math.Min(FastCores, Processors), MaxUsefulThreads);
            return Math.Max(1, Quota is { } quota ? (int)Math.Min(most, quota) : most);
        }
    }

    /// <summary>Why that many, for people.</summary>
    public string Reason
    {
        get
        {
            string cores = Cores < Processors ? $"{Cores} cores with {Processors} threads" : $"{Processors} processors";
            string fast = FastCores < Cores ? $", {FastCores} of them fast" : "";
            string quota = Quota is { } share ? string.Create(CultureInfo.InvariantCulture, $", of which the container may use {share:0.##}") : "";
            return $"{cores}{fast}{quota}";
        }
    }

    /// <summary>Reads the files of a system.</summary>
    /// <param name="root">The folder that holds <c>proc</c> and <c>sys</c>.</param>
    /// <param name="processors">Logical processors that the runtime counts.</param>
    public static ProcessorTopology Read(string root, int processors)
    {
        string folder = Path.Combine(root, "sys/devices/system/cpu");
        Dictionary<string, double> cores = [];
        foreach (int processor in Allowed(root, folder))
        {
            string own = Path.Combine(folder, $"cpu{processor}");
            string? siblings = Text(Path.Combine(own, "topology/thread_siblings_list"));
            if (siblings is null)
            {
                cores.Clear(); // not all are known: none is
                break;
            }

            cores[siblings] = Number(Path.Combine(own, "cpu_capacity")) ?? Number(Path.Combine(own, "cpufreq/cpuinfo_max_freq")) ?? 1;
        }

        double? quota = ReadQuota(root);
        if (cores.Count == 0)
        {
            return new(processors, processors, processors, quota);
        }

        double fastest = cores.Values.Max();
        HashSet<int> efficient = [.. List(Text(Path.Combine(root, "sys/devices/cpu_atom/cpus")))];
        int fast = cores.Count(core => core.Value >= FastShare * fastest && !efficient.Contains(List(core.Key).First()));
        return new(processors, cores.Count, fast > 0 ? fast : cores.Count, quota);
    }

    /// <summary>The logical processors that this process may run on.</summary>
    private static IEnumerable<int> Allowed(string root, string folder)
    {
        const string Key = "Cpus_allowed_list:";

        string? line = Text(Path.Combine(root, "proc/self/status"))?.Split('\n').FirstOrDefault(line => line.StartsWith(Key, StringComparison.Ordinal));
        HashSet<int> online = [.. List(Text(Path.Combine(folder, "online")))];
        return line is null ? online : List(line[Key.Length..]).Where(online.Contains);
    }

    /// <summary>The smallest limit of this process's control groups, in processors.</summary>
    private static double? ReadQuota(string root)
    {
        const string UnifiedGroup = "0::/";

        string mount = Path.Combine(root, "sys/fs/cgroup");
        string? group = Text(Path.Combine(root, "proc/self/cgroup"))?.Split('\n')
            .FirstOrDefault(line => line.StartsWith(UnifiedGroup, StringComparison.Ordinal))?[UnifiedGroup.Length..];
        double? smallest = Limit(Text(Path.Combine(mount, "cpu.max")))
            ?? Limit($"{Text(Path.Combine(mount, "cpu/cpu.cfs_quota_us"))} {Text(Path.Combine(mount, "cpu/cpu.cfs_period_us"))}");
        string folder = mount;
        foreach (string part in (group ?? "").Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            folder = Path.Combine(folder, part);
            if (part != ".." && Limit(Text(Path.Combine(folder, "cpu.max"))) is { } limit)
            {
                smallest = Math.Min(smallest ?? limit, limit);
            }
        }

        return smallest;
    }

    /// <summary>A quota and its period in microseconds; "max" or a negative quota is none.</summary>
    private static double? Limit(string? text) =>
        text?.Split(' ') is [string quota, string period]
        && double.TryParse(quota, CultureInfo.InvariantCulture, out double used)
        && double.TryParse(period, CultureInfo.InvariantCulture, out double all)
        && used > 0 && all > 0
            ? used / all
            : null;

    /// <summary>Reads a list of numbers as Linux writes it: 0-3,8.</summary>
    private static IEnumerable<int> List(string? text)
    {
        foreach (string part in (text ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            string[] ends = part.Split('-');
            if (int.TryParse(ends[0], CultureInfo.InvariantCulture, out int first) && int.TryParse(ends[^1], CultureInfo.InvariantCulture, out int last))
            {
                for (int number = first; number <= Math.Min(last, first + 65536); number++)
                {
                    yield return number;
                }
            }
        }
    }

    private static double? Number(string file) =>
        double.TryParse(Text(file), CultureInfo.InvariantCulture, out double number) ? number : null;

    private static string? Text(string file)
    {
        try
        {
            return File.Exists(file) ? File.ReadAllText(file).Trim() : null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null; // a system that hides it
        }
    }
}
