namespace TinyGpt.Tavern.Corpus;

/// <summary>What an intent's lines talk about, and so which fact of the card an answer needs.</summary>
internal enum IntentTopic
{
    /// <summary>No fact.</summary>
    Nothing,

    /// <summary>The speaker: name, trade and home, which no card lacks.</summary>
    Self,

    /// <summary>One ware and its price.</summary>
    Ware,

    /// <summary>A ware that the speaker chooses among those of the card.</summary>
    Recommendation,

    /// <summary>All wares.</summary>
    Wares,

    /// <summary>The rumour.</summary>
    Rumour,

    /// <summary>The quest.</summary>
    Quest,

    /// <summary>Whom the speaker likes.</summary>
    Friend,

    /// <summary>Whom the speaker dislikes.</summary>
    Foe,

    /// <summary>A named person that the card does not mention.</summary>
    Stranger,

    /// <summary>The player tells their name.</summary>
    Introduction,

    /// <summary>The name that the player told earlier in the talk.</summary>
    Player,
}
