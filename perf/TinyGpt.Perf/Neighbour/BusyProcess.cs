using System.Diagnostics;

namespace TinyGpt.Perf;

/// <summary>A process that keeps one processor busy while it is told to, and sleeps otherwise. Not thread-safe.</summary>
internal sealed class BusyProcess : IDisposable
{
    /// <summary>The first argument of a process that is to be such a neighbour.</summary>
    public const string Command = "probe-busy";

    private const byte SpinCommand = 1;
    private const byte RestCommand = 0;

    private readonly Process _process = OwnProgram.Start([Command], redirectInput: true);

    /// <summary>Keeps a processor busy from now on.</summary>
    public void Spin() => Send(SpinCommand);

    /// <summary>Sleeps from now on.</summary>
    public void Rest() => Send(RestCommand);

    /// <summary>What the process does until its input ends.</summary>
    public static void Obey(Stream commands)
    {
        bool isBusy = false;
        using ManualResetEventSlim wanted = new();
        Thread spinner = new(() =>
        {
            while (true)
            {
                wanted.Wait();
                while (Volatile.Read(ref isBusy))
                {
                }
            }
        })
        { IsBackground = true };
        spinner.Start();
        int command;
        while ((command = commands.ReadByte()) >= 0)
        {
            Volatile.Write(ref isBusy, command == SpinCommand);
            if (command == SpinCommand)
            {
                wanted.Set();
            }
            else
            {
                wanted.Reset();
            }
        }
    }

    /// <summary>Ends the process.</summary>
    public void Dispose()
    {
        _process.StandardInput.Close();
        _process.WaitForExit();
        _process.Dispose();
    }

    private void Send(byte command)
    {
        Stream input = _process.StandardInput.BaseStream;
        input.WriteByte(command);
        input.Flush();
    }
}
