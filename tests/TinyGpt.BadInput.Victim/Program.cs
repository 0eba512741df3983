using TinyGpt.BadInput.Victim;

// A process that loads files which may crash it. Reads lines of "way<TAB>path" and answers each with one line of a VictimReply, so that
// one process serves thousands of cases and its death belongs to the case that was not answered.
while (Console.In.ReadLine() is { } line)
{
    int tab = line.IndexOf('\t', StringComparison.Ordinal);
    VictimReply reply = Measurement.Of(LoadingWays.Named(line[..tab]), line[(tab + 1)..]);
    Console.Out.WriteLine(reply.ToLine());
    Console.Out.Flush();
}
