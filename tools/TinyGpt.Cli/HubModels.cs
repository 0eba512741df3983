using TinyGpt.Cli.Output;
using TinyGpt.Import;

namespace TinyGpt.Cli;

/// <summary>Finds models of a hub in the cache, and puts them there.</summary>
internal static class HubModels
{
    // A name that starts like this means a file, even if it is not there.
    private static readonly string[] FileExtensions = [".tgpt", ".safetensors", ".gguf"];

    /// <summary>The path of what <c>-m</c> names: itself, or a pulled model, which is pulled now if that is allowed.</summary>
    /// <param name="model">A path, or a model's name.</param>
    /// <param name="yes">Whether to pull without asking.</param>
    /// <param name="offline">Whether the network must not be used.</param>
    /// <param name="cancellation">Stops.</param>
    /// <exception cref="CommandFailedException">It is not in the cache, and may not be pulled.</exception>
    public static string Find(string model, bool yes, bool offline, CancellationToken cancellation)
    {
        if (Path.Exists(model)
            || FileExtensions.Any(extension => model.EndsWith(extension, StringComparison.OrdinalIgnoreCase))
            || !HubModelName.TryParse(model, out HubModelName? name))
        {
            return model;
        }

        HubOptions options = HubOptions.FromEnvironment(offline);
        if (options.Cache.Find(name) is { } found)
        {
            return found.Path;
        }

        string missing = $"{model}: there is no such file or folder, and no pulled model of that name";
        if (options.Offline)
        {
            throw new CommandFailedException(
                $"{missing}; 'tinygpt pull {model}' downloads it, without --offline and {HubOptions.OfflineVariable}");
        }

        if (!yes && !Terminal.CanAsk)
        {
            throw new CommandFailedException($"{missing}; 'tinygpt pull {model}' downloads it, and so does --yes here");
        }

        using ModelHub hub = new(options);
        PullPlan plan = hub.PlanAsync(name, cancellation: cancellation).GetAwaiter().GetResult();
        if (!yes && !Agree(plan, options, cancellation))
        {
            throw new CommandFailedException($"{missing}; nothing was downloaded");
        }

        return Pull(hub, plan, cancellation).Path;
    }

    /// <summary>Pulls a model with a progress bar.</summary>
    public static PulledModel Pull(ModelHub hub, PullPlan plan, CancellationToken cancellation) =>
        ProgressDisplay.Run<PullProgress, PulledModel>(
            $"pulling {plan.Name}",
            progress => progress.Bytes == 0 ? 1 : (double)progress.BytesDone / progress.Bytes,
            progress => hub.PullAsync(plan, progress, cancellation).GetAwaiter().GetResult(),
            progress => progress.Stage switch
            {
                PullStage.Waiting => $"waiting for another pull of {plan.Name}",
                PullStage.Packing => $"packing {plan.Name}",
                _ => $"pulling {plan.Name}: {ByteSize.Format(progress.BytesDone)} of {ByteSize.Format(progress.Bytes)}",
            });

    private static bool Agree(PullPlan plan, HubOptions options, CancellationToken cancellation)
    {
        Console.Error.Write(
            $"{plan.Name} is not in the cache. Download {ByteSize.Format(plan.Bytes)} in {plan.FileCount} files from "
            + $"{options.Endpoint.Host} to {options.Cache.Folder}? [y/N] ");
        return StandardInput.ReadLine(cancellation)?.Trim().ToUpperInvariant() is "Y" or "YES";
    }
}
