using TinyGpt.Training.Numerics;

namespace TinyGpt.Training.Network;

/// <summary>What each place of the network drops in one forward and backward pass.</summary>
/// <param name="share">The share that is dropped; 0 for nothing.</param>
/// <param name="key">Which pass.</param>
internal readonly struct NetworkDropout(float share, ulong key)
{
    private const int PlacesPerBlock = 3;

    /// <summary>Nothing is dropped.</summary>
    public static NetworkDropout None => default;

    public Dropout OfEmbedding => At(0);

    public Dropout OfShares(int layer) => At(1 + (PlacesPerBlock * layer));

    public Dropout OfAttention(int layer) => At(2 + (PlacesPerBlock * layer));

    public Dropout OfFeedForward(int layer) => At(3 + (PlacesPerBlock * layer));

    private Dropout At(int place) => new(share, Dropout.Mix(key + (ulong)place));
}
