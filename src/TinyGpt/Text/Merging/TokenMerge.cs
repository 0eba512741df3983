namespace TinyGpt;

/// <summary>One step of byte-pair encoding: two neighbouring tokens that become one.</summary>
/// <param name="Left">The left token's id.</param>
/// <param name="Right">The right token's id.</param>
/// <param name="Result">The id of the token whose bytes are the left token's, then the right token's.</param>
public readonly record struct TokenMerge(int Left, int Right, int Result);
