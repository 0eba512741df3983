namespace TinyGpt.Tavern.Corpus;

/// <summary>What a line leaves open; written in braces and in lower case.</summary>
internal enum LineSlot
{
    /// <summary>The speaker's name.</summary>
    Name,

    /// <summary>The speaker's trade.</summary>
    Trade,

    /// <summary>Where the speaker lives or works.</summary>
    Home,

    /// <summary>The player's name.</summary>
    Player,

    /// <summary>One ware.</summary>
    Ware,

    /// <summary>What that ware costs.</summary>
    Price,

    /// <summary>All wares with their prices.</summary>
    Wares,

    /// <summary>The rumour's clause.</summary>
    Rumour,

    /// <summary>What the quest asks for.</summary>
    Deed,

    /// <summary>Where the quest leads.</summary>
    Place,

    /// <summary>What the quest pays.</summary>
    Reward,

    /// <summary>Whom the speaker likes.</summary>
    Friend,

    /// <summary>Whom the speaker dislikes.</summary>
    Foe,

    /// <summary>A person that the player asks about.</summary>
    Person,
}
