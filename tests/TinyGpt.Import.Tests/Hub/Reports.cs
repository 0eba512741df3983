namespace TinyGpt.Import.Tests;

/// <summary>Looks at reports on the thread that makes them; the framework's own class does it later, elsewhere.</summary>
internal sealed class Reports(params Action<PullProgress>[] look) : IProgress<PullProgress>
{
    public Reports(Action<PullProgress> look, Action then)
        : this(look, _ => then())
    {
    }

    public void Report(PullProgress value) => Array.ForEach(look, action => action(value));
}
