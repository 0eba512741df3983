using System.Net;
using System.Security.Cryptography;

namespace TinyGpt.Import.Hub;

/// <summary>Downloads files, each until it is there whole and right, whatever happens to its connections. Thread-safe.</summary>
internal sealed class FileDownload(HubClient client, RetryPolicy retries)
{
    private const int BlockLength = 1 << 17;

    /// <summary>Makes a file be there: leaves a right one alone, completes one that was begun, or downloads it.</summary>
    /// <param name="url">Its address on the hub.</param>
    /// <param name="file">What it must be.</param>
    /// <param name="path">Where it goes; its folder exists.</param>
    /// <param name="progress">Told what was done.</param>
    /// <param name="cancellation">Stops; what came so far is kept.</param>
    /// <exception cref="HubException">The server refuses, or sends something else.</exception>
    public async Task RunAsync(Uri url, HubFile file, string path, DownloadProgress progress, CancellationToken cancellation)
    {
        if (await IsRightAsync(path, file, cancellation).ConfigureAwait(false))
        {
            progress.Advance(file.Size);
            return;
        }

        using PartialFile partial = await PartialFile.OpenAsync(path, file, cancellation).ConfigureAwait(false);
        progress.Advance(partial.Length);
        for (bool again = false; ; again = true)
        {
            await retries.RunAsync(
                RetryPolicy.MostAttempts,
                () => partial.Length,
                token => FetchAsync(url, file, partial, progress, token),
                cancellation).ConfigureAwait(false);
            if (partial.TryComplete())
            {
                return;
            }

            // A beginning that was damaged on the disk, or by a proxy, deserves one more download, and no more than one.
            progress.Advance(-file.Size);
            if (again)
            {
                throw new HubException(
                    url, null, $"what came has not the hash {file.Hash}, which the hub lists for '{file.Path}'",
                    $"check {HubOptions.EndpointVariable} and proxies, or try again later");
            }
        }
    }

    private static async Task<bool> IsRightAsync(string path, HubFile file, CancellationToken cancellation)
    {
        if (file.Hash is null || !File.Exists(path))
        {
            return false;
        }

        await using FileStream stream = new(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0, FileOptions.Asynchronous);
        if (stream.Length != file.Size)
        {
            return false;
        }

        using IncrementalHash hash = file.Hash.Begin(file.Size);
        byte[] block = new byte[BlockLength];
        while (await stream.ReadAsync(block, cancellation).ConfigureAwait(false) is > 0 and int count)
        {
            hash.AppendData(block, 0, count);
        }

        return file.Hash.Matches(hash);
    }

    /// <summary>Asks once for what is missing; returns when the file has its length.</summary>
    private async Task FetchAsync(
        Uri url, HubFile file, PartialFile partial, DownloadProgress progress, CancellationToken cancellation)
    {
        if (partial.Length == file.Size)
        {
            return;
        }

        using HubAnswer answer = await client.GetAsync(url, partial.Length, partial.EntityTag, cancellation).ConfigureAwait(false);
        if (!Continues(answer, file, partial))
        {
            progress.Advance(-partial.Length);
            partial.Clear();
            if (answer.Message.StatusCode != HttpStatusCode.OK)
            {
                throw new TransientHubException(answer.Url, answer.Message.StatusCode, "the server sends another part than was asked for");
            }

            partial.Begin(answer.Message.Headers.ETag);
        }

        if (answer.Message.Content.Headers.ContentLength is { } rest && partial.Length + rest != file.Size)
        {
            throw WrongSize(answer, file, partial, progress);
        }

        byte[] block = new byte[BlockLength];
        while (await answer.ReadAsync(block, cancellation).ConfigureAwait(false) is > 0 and int count)
        {
            if (partial.Length + count > file.Size)
            {
                throw WrongSize(answer, file, partial, progress);
            }

            await partial.AppendAsync(block.AsMemory(0, count), cancellation).ConfigureAwait(false);
            progress.Receive(count);
        }

        if (partial.Length != file.Size)
        {
            throw new TransientHubException(answer.Url, null, "the connection ended early");
        }
    }

    /// <summary>Whether an answer is what follows the bytes that are there; else it is another content, or all of it.</summary>
    private static bool Continues(HubAnswer answer, HubFile file, PartialFile partial) =>
        answer.Message.StatusCode == HttpStatusCode.PartialContent
        && answer.Message.Content.Headers.ContentRange is { Unit: "bytes", From: { } from } range
        && from == partial.Length
        && (range.Length ?? file.Size) == file.Size
        && (partial.EntityTag is null || answer.Message.Headers.ETag is not { } tag || tag.Equals(partial.EntityTag));

    private static HubException WrongSize(HubAnswer answer, HubFile file, PartialFile partial, DownloadProgress progress)
    {
        progress.Advance(-partial.Length);
        partial.Clear();
        return new HubException(
            answer.Url, null, $"the server sends another number of bytes than the {file.Size} that the hub lists for '{file.Path}'",
            $"check {HubOptions.EndpointVariable} and proxies, or try again later");
    }
}
