namespace TinyGpt.Import.Hub;

/// <summary>An answer whose body is read as it comes. Not thread-safe.</summary>
/// <param name="url">The address that answered, after redirects.</param>
/// <param name="message">The answer; disposed with this.</param>
/// <param name="options">How long the server may be silent, and how slow it may be.</param>
internal sealed class HubAnswer(Uri url, HttpResponseMessage message, HubOptions options) : IDisposable
{
    private Stream? _body;
    private TimeSpan _waited; // for the bytes below; what the reader does between is not the server's fault
    private long _received;

    /// <summary>The address that answered, after redirects.</summary>
    public Uri Url => url;

    /// <summary>Status and headers.</summary>
    public HttpResponseMessage Message => message;

    /// <summary>Reads the next bytes of the body; 0 at its end.</summary>
    /// <exception cref="TransientHubException">The connection broke, or the server went silent or sends too slowly.</exception>
    public async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellation)
    {
        using CancellationTokenSource stall = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        stall.CancelAfter(options.StallTimeout);
        long started = options.Clock.GetTimestamp();
        try
        {
            _body ??= await message.Content.ReadAsStreamAsync(stall.Token).ConfigureAwait(false);
            int count = await _body.ReadAsync(buffer, stall.Token).ConfigureAwait(false);
            RequireSpeed(options.Clock.GetElapsedTime(started), count);
            return count;
        }
        catch (Exception exception) when (exception is IOException or HttpRequestException)
        {
            throw new TransientHubException(url, null, "the connection broke", cause: exception);
        }
        catch (OperationCanceledException exception) when (!cancellation.IsCancellationRequested)
        {
            throw new TransientHubException(url, null, "the connection went silent", cause: exception);
        }
    }

    /// <summary>Reads a whole body.</summary>
    /// <param name="longest">The most bytes that are accepted.</param>
    /// <param name="cancellation">Ends waiting.</param>
    /// <exception cref="TransientHubException">The connection broke, or the server went silent.</exception>
    /// <exception cref="HubException">The body is longer.</exception>
    public async Task<byte[]> ReadToEndAsync(int longest, CancellationToken cancellation)
    {
        using MemoryStream content = new();
        byte[] buffer = new byte[1 << 14];
        while (await ReadAsync(buffer, cancellation).ConfigureAwait(false) is > 0 and int count)
        {
            if (content.Length + count > longest)
            {
                throw new HubException(
                    url, null, $"the answer has more than {longest} bytes",
                    $"check that {HubOptions.EndpointVariable} is the address of a hub");
            }

            content.Write(buffer, 0, count);
        }

        return content.ToArray();
    }

    /// <summary>Ends a body that keeps coming, but so slowly that it would never be there.</summary>
    private void RequireSpeed(TimeSpan waited, int count)
    {
        _waited += waited;
        _received += count;
        if (count == 0 || _waited < options.SpeedWindow)
        {
            return;
        }

        if (_received < options.SlowestSpeed * _waited.TotalSeconds)
        {
            throw new TransientHubException(
                url, null, $"the server sent {_received} bytes in {_waited.TotalSeconds:0} seconds, less than {options.SlowestSpeed} a second");
        }

        _waited = TimeSpan.Zero;
        _received = 0;
    }

    public void Dispose()
    {
        _body?.Dispose();
        message.Dispose();
    }
}
