using System.Globalization;
using System.Text;

namespace TinyGpt.Import.Tests;

/// <summary>What a <see cref="LocalServer"/> answers, byte for byte; right answers and wrong ones.</summary>
/// <param name="Send">Writes the answer; the connection is closed after it.</param>
internal sealed record ServerReply(Func<Stream, CancellationToken, Task> Send)
{
    /// <summary>An answer without content.</summary>
    public static ServerReply Status(int status, params (string Name, string Value)[] headers) =>
        Of(status, [], 0, [.. headers, ("Content-Length", "0")]);

    /// <summary>An answer that redirects.</summary>
    public static ServerReply Redirect(int status, string location) => Status(status, ("Location", location));

    /// <summary>A whole content.</summary>
    public static ServerReply Content(byte[] content, params (string Name, string Value)[] headers) => Cut(content, content.Length, headers);

    /// <summary>A content from a byte on, status 206.</summary>
    public static ServerReply Part(byte[] content, int start, params (string Name, string Value)[] headers) => Of(
        206, content[start..], content.Length - start,
        [.. headers, Length(content.Length - start), ("Content-Range", $"bytes {start}-{content.Length - 1}/{content.Length}")]);

    /// <summary>Promises a whole content and closes the connection after some bytes of it.</summary>
    public static ServerReply Cut(byte[] content, int bytes, params (string Name, string Value)[] headers) =>
        Of(200, content, bytes, [.. headers, Length(content.Length)]);

    /// <summary>Promises a content from a byte on, and closes the connection after some bytes of it.</summary>
    public static ServerReply CutPart(byte[] content, int start, int bytes, params (string Name, string Value)[] headers) => Of(
        206, content[start..], bytes,
        [.. headers, Length(content.Length - start), ("Content-Range", $"bytes {start}-{content.Length - 1}/{content.Length}")]);

    /// <summary>Promises a whole content and sends nothing more after some bytes of it, nor closes the connection.</summary>
    public static ServerReply Silent(byte[] content, int bytes, params (string Name, string Value)[] headers) => new(async (stream, token) =>
    {
        await Cut(content, bytes, headers).Send(stream, token);
        await Task.Delay(Timeout.Infinite, token);
    });

    /// <summary>A content without a length that does not end.</summary>
    public static ServerReply Endless() => new(async (stream, token) =>
    {
        await stream.WriteAsync(Head(200, []), token);
        byte[] block = new byte[1 << 16];
        while (!token.IsCancellationRequested)
        {
            await stream.WriteAsync(block, token);
        }
    });

    /// <summary>A whole content in small pieces with pauses between them.</summary>
    public static ServerReply Slow(byte[] content, int pieces) => new(async (stream, token) =>
    {
        await stream.WriteAsync(Head(200, [Length(content.Length)]), token);
        foreach (byte[] piece in content.Chunk((content.Length / pieces) + 1))
        {
            await stream.WriteAsync(piece, token);
            await Task.Delay(1, token);
        }
    });

    private static ServerReply Of(int status, byte[] content, int bytes, (string Name, string Value)[] headers) => new(async (stream, token) =>
    {
        await stream.WriteAsync(Head(status, headers), token);
        await stream.WriteAsync(content.AsMemory(0, bytes), token);
    });

    private static (string Name, string Value) Length(int length) => ("Content-Length", length.ToString(CultureInfo.InvariantCulture));

    private static byte[] Head(int status, (string Name, string Value)[] headers) => Encoding.Latin1.GetBytes(
        $"HTTP/1.1 {status} Answer\r\nConnection: close\r\n"
        + string.Concat(headers.Select(header => $"{header.Name}: {header.Value}\r\n")) + "\r\n");
}
