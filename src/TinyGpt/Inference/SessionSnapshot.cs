using System.Runtime.InteropServices;
using TinyGpt.Cache;
using TinyGpt.Snapshots;

namespace TinyGpt.Inference;

/// <summary>Writes sessions to streams and reads them back. The layout is that of <see cref="SnapshotHeader"/>.</summary>
internal static class SessionSnapshot
{
    /// <summary>The most unread or held-back bytes of text that a snapshot may have.</summary>
    public const int MostTextBytes = 1 << 20;

    /// <summary>Floats that one position takes in the cache.</summary>
    public static int PositionFloats(ModelConfig config) => checked(config.Layers * 2 * config.KeyValueWidth);

    public static void Write(GptSession session, KvArena arena, Stream stream, bool keysAndValues)
    {
        GptModel model = session.Engine.Model;
        HashedStream hashed = new(stream);
        SnapshotHeader header = session.Describe() with
        {
            Positions = keysAndValues ? session.Cache.Length : 0,
            PositionFloats = PositionFloats(model.Config),
            Precision = arena.Layout.Precision,
        };
        Span<byte> start = stackalloc byte[SnapshotHeader.Length];
        header.Write(start, model.ContentHash);
        hashed.Write(start);
        hashed.Write(MemoryMarshal.AsBytes(session.Tokens));
        hashed.Write(session.UnreadText);
        hashed.Write(session.HeldText);
        if (header.Positions > 0)
        {
            new CachePages(arena.Layout, session.Cache).Write(hashed, header.Positions);
        }

        hashed.WriteHash();
    }

    /// <summary>Reads a session into an empty one of the same engine.</summary>
    /// <exception cref="SnapshotException">The data is damaged or belongs to another model; the session must be disposed.</exception>
    public static void Read(GptSession session, KvArena arena, Stream stream, string name)
    {
        HashedStream hashed = new(stream);
        try
        {
            ReadInto(session, arena, hashed, name);
        }
        catch (EndOfStreamException exception)
        {
            throw new SnapshotException(name, "it ends too early", exception);
        }
    }

    private static void ReadInto(GptSession session, KvArena arena, HashedStream hashed, string name)
    {
        GptModel model = session.Engine.Model;
        ModelConfig config = model.Config;
        Span<byte> start = stackalloc byte[SnapshotHeader.Length];
        hashed.ReadExactly(start);
        if (!SnapshotHeader.TryRead(start, model.ContentHash, session.Engine.ContextLength, PositionFloats(config), out SnapshotHeader header, out string problem))
        {
            throw new SnapshotException(name, problem);
        }

        int[] tokens = new int[header.Tokens];
        hashed.ReadExactly(MemoryMarshal.AsBytes(tokens.AsSpan()));
        int outside = tokens.AsSpan().IndexOfAnyExceptInRange(0, config.VocabularySize - 1);
        if (outside >= 0)
        {
            throw new SnapshotException(name, $"token id {tokens[outside]} is outside the vocabulary of {config.VocabularySize}");
        }

        byte[] text = new byte[header.Unread + header.Held];
        hashed.ReadExactly(text);
        int positions = 0;
        if (header.Positions > 0)
        {
            // Keys and values of another precision are checked, but computed again: a session's bits are those of its engine.
            KvLayout saved = KvLayout.Of(config, header.Precision);
            CachePages pages = new(saved, session.Cache);
            positions = pages.Read(hashed, header.Positions, isWanted: saved == arena.Layout, name);
        }

        if (!hashed.HashFollows())
        {
            throw new SnapshotException(name, "its checksum is wrong: it is damaged");
        }

        if (!session.TryBecome(header, tokens, text.AsSpan(0, header.Unread), text.AsSpan(header.Unread), positions, out problem))
        {
            throw new SnapshotException(name, problem);
        }
    }
}
