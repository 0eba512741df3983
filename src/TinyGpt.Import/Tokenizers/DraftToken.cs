using TinyGpt.Text;

namespace TinyGpt.Import.Tokenizers;

/// <summary>A token in addition to the model's.</summary>
/// <param name="Content">The token as it appears in text.</param>
/// <param name="IsSpecial">
/// True: it must be, so that it is an error if ordinary text becomes it; false: any text that is written so becomes it; null: the file does
/// not say, and it is special if it can be.
/// </param>
/// <param name="Place">Where it is given.</param>
/// <param name="Traits">How it swallows white space.</param>
/// <param name="IsNormalized">Whether it is looked for in text after the normalizer has changed that.</param>
internal sealed record DraftToken(
    string Content, bool? IsSpecial, FilePlace Place, AddedTokenTraits Traits = AddedTokenTraits.None, bool IsNormalized = false);
