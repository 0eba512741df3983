using System.Runtime.InteropServices;

namespace TinyGpt.Native;

/// <summary><c>tgpt_engine_options</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct EngineOptionsStruct
{
    public uint Size;
    public int MaxSessions;
    public int Threads;
    public int PlannedContext;
    public int KvInt8;

    public readonly GptEngineOptions ToOptions() => new()
    {
        MaxSequences = MaxSessions == 0 ? 1 : MaxSessions,
        Threads = Threads == 0 ? 1 : Threads,
        PlannedContext = PlannedContext == 0 ? null : PlannedContext,
        KvPrecision = KvInt8 == 0 ? KvPrecision.Float32 : KvPrecision.Int8,
    };
}

/// <summary><c>tgpt_session_options</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct SessionOptionsStruct
{
    public uint Size;
    public int MaxNewTokens;
    public ulong Seed;
    public float Temperature;
    public float TopP;
    public float MinP;
    public int TopK;
    public float RepetitionPenalty;
    public byte** Stops;
    public nuint StopCount;

    public readonly SamplingOptions ToSampling() => new()
    {
        Seed = Seed,
        Temperature = Temperature,
        TopP = TopP == 0 ? 1 : TopP,
        MinP = MinP,
        TopK = TopK,
        RepetitionPenalty = RepetitionPenalty == 0 ? 1 : RepetitionPenalty,
    };

    public readonly SessionOptions ToOptions() => new()
    {
        MaxNewTokens = MaxNewTokens == 0 ? 256 : MaxNewTokens,
        StopStrings = Arguments.Strings(Stops, StopCount, "stops"),
    };
}
