using TinyGpt.Decoding;
using Xunit;

namespace TinyGpt.Tests.Threading;

/// <summary>How many threads are recommended on machines that are written down as Linux shows them.</summary>
public sealed class ProcessorTopologyTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("tinygpt-").FullName;

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public void A_machine_that_tells_nothing_has_a_thread_for_each_processor_and_eight_at_most()
    {
        Assert.Equal(new ProcessorTopology(3, 3, 3, null), ProcessorTopology.Read(_root, 3));
        Assert.Equal(3, ProcessorTopology.Read(_root, 3).RecommendedThreads);
        Assert.Equal(8, ProcessorTopology.Read(_root, 64).RecommendedThreads);
    }

    [Fact]
    public void Two_threads_of_a_core_count_once()
    {
        Machine(["0,4", "1,5", "2,6", "3,7", "0,4", "1,5", "2,6", "3,7"]);
        ProcessorTopology found = ProcessorTopology.Read(_root, 8);
        Assert.Equal((8, 4, 4, 4), (found.Processors, found.Cores, found.FastCores, found.RecommendedThreads));
        Assert.Equal("4 cores with 8 threads", found.Reason);
    }

    [Fact]
    public void Cores_of_a_hybrid_processor_that_are_made_to_save_power_do_not_count()
    {
        Machine(["0-1", "0-1", "2-3", "2-3", "4", "5", "6", "7"]);
        Write("sys/devices/cpu_core/cpus", "0-3");
        Write("sys/devices/cpu_atom/cpus", "4-7");
        ProcessorTopology found = ProcessorTopology.Read(_root, 8);
        Assert.Equal((6, 2, 2), (found.Cores, found.FastCores, found.RecommendedThreads));
        Assert.Equal("6 cores with 8 threads, 2 of them fast", found.Reason);
    }

    [Theory]
    [InlineData("cpu_capacity", "446", "1024", 4)]
    [InlineData("cpu_capacity", "1024", "1024", 8)]
    [InlineData("cpufreq/cpuinfo_max_freq", "1800000", "2400000", 8)]
    public void Small_cores_of_an_Arm_processor_do_not_count(string file, string small, string large, int expected)
    {
        Machine(["0", "1", "2", "3", "4", "5", "6", "7"]);
        for (int i = 0; i < 8; i++)
        {
            Write($"sys/devices/system/cpu/cpu{i}/{file}", i < 4 ? small : large);
        }

        Assert.Equal(expected, ProcessorTopology.Read(_root, 8).RecommendedThreads);
    }

    [Theory]
    [InlineData("max 100000", null, 4)]
    [InlineData("150000 100000", 1.5, 1)]
    [InlineData("50000 100000", 0.5, 1)]
    [InlineData("300000 100000", 3.0, 3)]
    [InlineData("nonsense", null, 4)]
    public void A_container_s_quota_counts_in_whole_processors(string limit, double? quota, int expected)
    {
        Machine(["0", "1", "2", "3"]);
        Write("sys/fs/cgroup/cpu.max", limit);
        ProcessorTopology found = ProcessorTopology.Read(_root, 4);
        Assert.Equal((quota, expected), (found.Quota, found.RecommendedThreads));
    }

    [Fact]
    public void The_smallest_quota_of_nested_groups_counts_and_so_does_an_older_system_s()
    {
        Machine(["0", "1", "2", "3"]);
        Write("proc/self/cgroup", "1:cpu:/\n0::/user/game\n");
        Write("sys/fs/cgroup/cpu.max", "max 100000");
        Write("sys/fs/cgroup/user/cpu.max", "200000 100000");
        Write("sys/fs/cgroup/user/game/cpu.max", "350000 100000");
        Assert.Equal(2, ProcessorTopology.Read(_root, 4).RecommendedThreads);

        Directory.Delete(Path.Combine(_root, "sys/fs"), recursive: true);
        Write("sys/fs/cgroup/cpu/cpu.cfs_quota_us", "100000");
        Write("sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000");
        Assert.Equal(1, ProcessorTopology.Read(_root, 4).RecommendedThreads);
        Write("sys/fs/cgroup/cpu/cpu.cfs_quota_us", "-1");
        Assert.Equal(4, ProcessorTopology.Read(_root, 4).RecommendedThreads);
    }

    [Fact]
    public void Processors_that_the_process_may_not_use_do_not_count()
    {
        Machine(["0,4", "1,5", "2,6", "3,7", "0,4", "1,5", "2,6", "3,7"]);
        Write("proc/self/status", "Name:\ttinygpt\nCpus_allowed_list:\t0,4,7\n");
        ProcessorTopology found = ProcessorTopology.Read(_root, 3);
        Assert.Equal((3, 2, 2), (found.Processors, found.Cores, found.RecommendedThreads));
    }

    private void Machine(string[] siblings)
    {
        Write("sys/devices/system/cpu/online", $"0-{siblings.Length - 1}");
        for (int i = 0; i < siblings.Length; i++)
        {
            Write($"sys/devices/system/cpu/cpu{i}/topology/thread_siblings_list", siblings[i]);
        }
    }

    private void Write(string file, string text)
    {
        string path = Path.Combine(_root, file);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text + "\n");
    }
}
