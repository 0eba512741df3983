namespace TinyGpt.Tavern.Corpus;

/// <summary>Cards are parted so that training and held-out cards share no combination of name, first price and rumour.</summary>
internal enum CardPart
{
    /// <summary>Cards to train with.</summary>
    Training,

    /// <summary>Cards that training never sees.</summary>
    HeldOut,
}
