using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace TinyGpt.Import.Tests;

/// <summary>A hub on this machine with one model. It does everything right except what a test makes it do wrong.</summary>
internal sealed class FakeHub : IDisposable
{
    /// <summary>The model's name unless a test changes it.</summary>
    public const string DefaultName = "owner/tiny";

    private readonly LocalServer _server;

    public FakeHub() => _server = new LocalServer(Answer);

    /// <summary>The model's name.</summary>
    public string Name { get; init; } = DefaultName;

    /// <summary>The only branch.</summary>
    public string Revision { get; init; } = "main";

    /// <summary>The branch's commit.</summary>
    public string Commit { get; set; } = new('a', 40);

    /// <summary>The model's files.</summary>
    public Dictionary<string, byte[]> Files { get; init; } = [];

    /// <summary>Changes the list before it is sent.</summary>
    public Func<string, string> ChangeListing { get; set; } = listing => listing;

    /// <summary>The wrong answer to a request, or null for the right one.</summary>
    public Func<ServerRequest, ServerReply?> Misbehave { get; set; } = _ => null;

    /// <summary>The entity tag of a content.</summary>
    public Func<byte[], string?> EntityTag { get; set; } = content => $"\"{Sha256(content)[..16]}\"";

    /// <summary>The hub's address.</summary>
    public Uri Address => _server.Address;

    /// <summary>What was asked so far.</summary>
    public IReadOnlyList<ServerRequest> Requests => _server.Requests;

    /// <summary>The requests for a file so far.</summary>
    public ServerRequest[] RequestsFor(string file) => [.. Requests.Where(request => request.File == file)];

    /// <summary>The headers of an answer with a content.</summary>
    public (string Name, string Value)[] Tag(byte[] content) => EntityTag(content) is { } tag ? [("ETag", tag)] : [];

    public void Dispose() => _server.Dispose();

    private ServerReply Answer(ServerRequest request)
    {
        if (Misbehave(request) is { } wrong)
        {
            return wrong;
        }

        if (request.Target == $"/api/models/{Name}/revision/{Uri.EscapeDataString(Revision)}?blobs=true")
        {
            return ServerReply.Content(Encoding.UTF8.GetBytes(ChangeListing(List())), ("Content-Type", "application/json; charset=utf-8"));
        }

        if (!request.Target.StartsWith($"/{Name}/resolve/{Commit}/", StringComparison.Ordinal)
            || !Files.TryGetValue(request.File, out byte[]? content))
        {
            return ServerReply.Status(404, ("X-Error-Code", request.File.Length > 0 ? "EntryNotFound" : "RepoNotFound"));
        }

        bool changed = request.Header("If-Range") is { } known && known != EntityTag(content);
        return request.Start == 0 || changed ? ServerReply.Content(content, Tag(content))
            : request.Start >= content.Length ? ServerReply.Status(416)
            : ServerReply.Part(content, request.Start, Tag(content));
    }

    /// <summary>The list as the real hub writes it: weights have SHA-256 and the id of a pointer, other files git's id.</summary>
    private string List()
    {
        using MemoryStream stream = new();
        using (Utf8JsonWriter json = new(stream))
        {
            json.WriteStartObject();
            json.WriteString("id", Name);
            json.WriteString("sha", Commit);
            json.WriteBoolean("private", false);
            json.WriteStartArray("siblings");
            foreach ((string path, byte[] content) in Files)
            {
                json.WriteStartObject();
                json.WriteString("rfilename", path);
                json.WriteNumber("size", content.Length);
                bool large = Path.GetExtension(path) is ".safetensors" or ".gguf" or ".bin";
                json.WriteString("blobId", large ? new string('0', 40) : GitId(content));
                if (large)
                {
                    json.WriteStartObject("lfs");
                    json.WriteString("sha256", Sha256(content));
                    json.WriteNumber("size", content.Length);
                    json.WriteNumber("pointerSize", 134);
                    json.WriteEndObject();
                }

                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(stream.ToArray());
    }

    private static string Sha256(byte[] content) => Convert.ToHexStringLower(SHA256.HashData(content));

#pragma warning disable CA5350 // git's ids are SHA-1
    private static string GitId(byte[] content) => Convert.ToHexStringLower(SHA1.HashData(
        [.. Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"blob {content.Length}\0")), .. content]));
#pragma warning restore CA5350
}
