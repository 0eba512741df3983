using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace TinyGpt.Import.Hub;

/// <summary>
/// The hash that a hub gives for a file: SHA-256 of its content for large files, and for others the id that git gives the content, SHA-1 of
/// <c>blob LENGTH\0</c> and the content.
/// </summary>
/// <param name="IsSha256">Whether it is SHA-256, or else git's id.</param>
/// <param name="Hex">The hash in lower-case hexadecimal digits.</param>
internal sealed record ContentHash(bool IsSha256, string Hex)
{
    private const int Sha256Digits = 64;
    private const int Sha1Digits = 40;

    /// <summary>Reads a hash.</summary>
    /// <returns>The hash, or null if the text has another form.</returns>
    public static ContentHash? Parse(bool isSha256, string text) =>
        text.Length == (isSha256 ? Sha256Digits : Sha1Digits) && text.All(char.IsAsciiHexDigit)
            ? new ContentHash(isSha256, text.ToLowerInvariant())
            : null;

    /// <summary>Begins the hash of a content.</summary>
    /// <param name="length">The content's whole length.</param>
    [SuppressMessage("Security", "CA5350", Justification = "Git names contents by SHA-1; the hub offers nothing else for these files.")]
    public IncrementalHash Begin(long length)
    {
        if (IsSha256)
        {
            return IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        }

        IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA1);
        hash.AppendData(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"blob {length}\0")));
        return hash;
    }

    /// <summary>Whether a hash that was begun here and given the whole content is this one. Ends it.</summary>
    public bool Matches(IncrementalHash hash) => Convert.ToHexStringLower(hash.GetHashAndReset()) == Hex;

    /// <summary>Whether a whole content has this hash.</summary>
    public bool Matches(ReadOnlySpan<byte> content)
    {
        using IncrementalHash hash = Begin(content.Length);
        hash.AppendData(content);
        return Matches(hash);
    }

    /// <inheritdoc/>
    public override string ToString() => $"{(IsSha256 ? "sha256" : "git-sha1")}:{Hex}";
}
