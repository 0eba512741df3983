using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;

namespace TinyGpt.Native;

/// <summary>
/// The functions of <c>tinygpt.h</c>, which says what they do. Each has its whole body in a try: an exception that left it would end the
/// caller's process.
/// </summary>
internal static unsafe class Exports
{
    private const int InterfaceVersion = 1;

    private static readonly HandleTable Handles = new();
    private static readonly nint Version = MakeVersion();

    [UnmanagedCallersOnly(EntryPoint = "tgpt_version", CallConvs = [typeof(CallConvCdecl)])]
    public static nint GetVersion() => Version;

    [UnmanagedCallersOnly(EntryPoint = "tgpt_interface", CallConvs = [typeof(CallConvCdecl)])]
    public static int GetInterface() => InterfaceVersion;

    [UnmanagedCallersOnly(EntryPoint = "tgpt_last_error", CallConvs = [typeof(CallConvCdecl)])]
    public static nuint GetLastError(byte* buffer, nuint capacity)
    {
        ReadOnlySpan<byte> message = LastError.Message;
        if (buffer != null && capacity > 0)
        {
            int length = (int)Math.Min((nuint)message.Length, capacity - 1);
            while (length > 0 && length < message.Length && (message[length] & 0xC0) == 0x80)
            {
                length--; // not within a character
            }

            message[..length].CopyTo(new Span<byte>(buffer, length));
            buffer[length] = 0;
        }

        return (nuint)message.Length;
    }

    [UnmanagedCallersOnly(EntryPoint = "tgpt_open", CallConvs = [typeof(CallConvCdecl)])]
    public static Result Open(byte* path, EngineOptionsStruct* options, ulong* engine)
    {
        try
        {
            Arguments.NotNull(engine, nameof(engine));
            *engine = 0;
            GptEngineOptions engineOptions = Arguments.Options(options, nameof(options)).ToOptions();
            GptModel model = GptModel.Load(Arguments.String(path, nameof(path)));
            try
            {
                *engine = Handles.Add(new EngineHandle(model, new GptEngine(model, engineOptions)));
            }
            catch
            {
                model.Dispose();
                throw;
            }

            return Result.Ok;
        }
        catch (Exception exception)
        {
            return LastError.Keep(exception);
        }
    }

    [UnmanagedCallersOnly(EntryPoint = "tgpt_close", CallConvs = [typeof(CallConvCdecl)])]
    public static Result Close(ulong engine)
    {
        try
        {
            EngineHandle owner = Handles.Get<EngineHandle>(engine);
            using EngineHandle.Claim claim = owner.Enter();
            Handles.Remove(engine);
            foreach (ulong session in owner.Sessions.Keys)
            {
                Handles.Remove(session);
            }

            owner.Close();
            return Result.Ok;
        }
        catch (Exception exception)
        {
            return LastError.Keep(exception);
        }
    }

    [UnmanagedCallersOnly(EntryPoint = "tgpt_session_create", CallConvs = [typeof(CallConvCdecl)])]
    public static Result CreateSession(ulong engine, SessionOptionsStruct* options, ulong* session)
    {
        try
        {
            Arguments.NotNull(session, nameof(session));
            *session = 0;
            EngineHandle owner = Handles.Get<EngineHandle>(engine);
            SessionOptionsStruct wanted = Arguments.Options(options, nameof(options));
            using EngineHandle.Claim claim = owner.Enter();
            RequireFreeSession(owner);
            *session = Add(owner, owner.Engine.CreateSession(wanted.ToSampling(), wanted.ToOptions()));
            return Result.Ok;
        }
        catch (Exception exception)
        {
            return LastError.Keep(exception);
        }
    }

    [UnmanagedCallersOnly(EntryPoint = "tgpt_session_close", CallConvs = [typeof(CallConvCdecl)])]
    public static Result CloseSession(ulong session)
    {
        try
        {
            SessionHandle handle = Handles.Get<SessionHandle>(session);
            using EngineHandle.Claim claim = handle.Owner.Enter();
            Handles.Remove(session);
            handle.Owner.Sessions.Remove(session);
            handle.Session.Dispose();
            return Result.Ok;
        }
        catch (Exception exception)
        {
            return LastError.Keep(exception);
        }
    }

    [UnmanagedCallersOnly(EntryPoint = "tgpt_append", CallConvs = [typeof(CallConvCdecl)])]
    public static Result Append(ulong session, byte* utf8, nuint length, int answer)
    {
        try
        {
            SessionHandle handle = Handles.Get<SessionHandle>(session);
            int count = Arguments.Length(length, nameof(length));
            if (count > 0)
            {
                Arguments.NotNull(utf8, nameof(utf8));
            }

            using EngineHandle.Claim claim = handle.Owner.Enter();
            handle.Session.Append(new ReadOnlySpan<byte>(utf8, count), answer != 0);
            return Result.Ok;
        }
        catch (Exception exception)
        {
            return LastError.Keep(exception);
        }
    }

    [UnmanagedCallersOnly(EntryPoint = "tgpt_step", CallConvs = [typeof(CallConvCdecl)])]
    public static Result Step(ulong engine, double milliseconds, int* status)
    {
        try
        {
            EngineHandle owner = Handles.Get<EngineHandle>(engine);
            StepBudget budget = milliseconds < 0 ? StepBudget.Unlimited : StepBudget.Milliseconds(milliseconds);
            using EngineHandle.Claim claim = owner.Enter();
            StepStatus result = owner.Engine.Step(budget);
            if (status != null)
            {
                *status = (int)result;
            }

            return Result.Ok;
        }
        catch (Exception exception)
        {
            return LastError.Keep(exception);
        }
    }

    [UnmanagedCallersOnly(EntryPoint = "tgpt_read", CallConvs = [typeof(CallConvCdecl)])]
    public static Result Read(ulong session, byte* utf8, nuint capacity, nuint* length)
    {
        try
        {
            Arguments.NotNull(length, nameof(length));
            *length = 0;
            Arguments.NotNull(utf8, nameof(utf8));
            ArgumentOutOfRangeException.ThrowIfLessThan(capacity, (nuint)4, nameof(capacity));
            SessionHandle handle = Handles.Get<SessionHandle>(session);
            using EngineHandle.Claim claim = handle.Owner.Enter();
            *length = handle.Session.TryRead(new Span<byte>(utf8, (int)Math.Min(capacity, int.MaxValue)), out int written) ? (nuint)written : 0;
            return Result.Ok;
        }
        catch (Exception exception)
        {
            return LastError.Keep(exception);
        }
    }

    [UnmanagedCallersOnly(EntryPoint = "tgpt_finished", CallConvs = [typeof(CallConvCdecl)])]
    public static Result Finished(ulong session, int* finish)
    {
        try
        {
            Arguments.NotNull(finish, nameof(finish));
            SessionHandle handle = Handles.Get<SessionHandle>(session);
            using EngineHandle.Claim claim = handle.Owner.Enter();
            *finish = (int)handle.Session.Finish;
            return Result.Ok;
        }
        catch (Exception exception)
        {
            return LastError.Keep(exception);
        }
    }

    [UnmanagedCallersOnly(EntryPoint = "tgpt_stop", CallConvs = [typeof(CallConvCdecl)])]
    public static Result Stop(ulong session)
    {
        try
        {
            SessionHandle handle = Handles.Get<SessionHandle>(session);
            using EngineHandle.Claim claim = handle.Owner.Enter();
            handle.Session.Stop();
            return Result.Ok;
        }
        catch (Exception exception)
        {
            return LastError.Keep(exception);
        }
    }

    [UnmanagedCallersOnly(EntryPoint = "tgpt_choose", CallConvs = [typeof(CallConvCdecl)])]
    public static Result Choose(ulong session, byte** choices, nuint count, nuint* choice, double* logProbabilities)
    {
        try
        {
            Arguments.NotNull(choice, nameof(choice));
            ArgumentOutOfRangeException.ThrowIfZero(count, nameof(count));
            SessionHandle handle = Handles.Get<SessionHandle>(session);
            string[] texts = Arguments.Strings(choices, count, nameof(choices));
            using EngineHandle.Claim claim = handle.Owner.Enter();
            double[] found = Scores.Of(handle.Owner.Engine, handle.Session, texts);
            *choice = (nuint)Array.IndexOf(found, found.Max());
            if (logProbabilities != null)
            {
                found.CopyTo(new Span<double>(logProbabilities, found.Length));
            }

            return Result.Ok;
        }
        catch (Exception exception)
        {
            return LastError.Keep(exception);
        }
    }

    [UnmanagedCallersOnly(EntryPoint = "tgpt_save", CallConvs = [typeof(CallConvCdecl)])]
    public static Result Save(ulong session, byte* path, int keysAndValues)
    {
        try
        {
            SessionHandle handle = Handles.Get<SessionHandle>(session);
            string file = Arguments.String(path, nameof(path));
            using EngineHandle.Claim claim = handle.Owner.Enter();
            handle.Session.Save(file, keysAndValues != 0);
            return Result.Ok;
        }
        catch (Exception exception)
        {
            return LastError.Keep(exception);
        }
    }

    [UnmanagedCallersOnly(EntryPoint = "tgpt_restore", CallConvs = [typeof(CallConvCdecl)])]
    public static Result Restore(ulong engine, byte* path, SessionOptionsStruct* options, ulong* session)
    {
        try
        {
            Arguments.NotNull(session, nameof(session));
            *session = 0;
            EngineHandle owner = Handles.Get<EngineHandle>(engine);
            SessionOptionsStruct wanted = Arguments.Options(options, nameof(options));
            string file = Arguments.String(path, nameof(path));
            using EngineHandle.Claim claim = owner.Enter();
            RequireFreeSession(owner);
            *session = Add(owner, owner.Engine.Restore(file, wanted.ToSampling(), wanted.ToOptions()));
            return Result.Ok;
        }
        catch (Exception exception)
        {
            return LastError.Keep(exception);
        }
    }

    private static void RequireFreeSession(EngineHandle owner)
    {
        if (owner.Engine.FreeSequences == 0)
        {
            throw new NoFreeSessionException(owner.Sessions.Count);
        }
    }

    private static ulong Add(EngineHandle owner, GptSession session)
    {
        ulong handle = Handles.Add(new SessionHandle(owner, session));
        owner.Sessions.Add(handle, session);
        return handle;
    }

    private static nint MakeVersion()
    {
        string version = typeof(Exports).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "";
        byte[] text = Encoding.UTF8.GetBytes(version.Split('+')[0] + '\0');
        byte* copy = (byte*)NativeMemory.Alloc((nuint)text.Length);
        text.CopyTo(new Span<byte>(copy, text.Length));
        return (nint)copy;
    }
}
