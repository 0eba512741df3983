namespace TinyGpt;

/// <summary>Why a session stopped generating.</summary>
public enum FinishReason
{
    /// <summary>It has not stopped, or was never asked to generate.</summary>
    None,

    /// <summary><see cref="SessionOptions.MaxNewTokens"/> tokens were generated.</summary>
    Length,

    /// <summary>One of <see cref="SessionOptions.StopStrings"/> was generated; it is not part of the text.</summary>
    Stop,

    /// <summary>The model ended the text, or generated one of <see cref="SessionOptions.StopTokens"/>.</summary>
    EndOfText,

    /// <summary>The context is full and the policy is <see cref="ContextPolicy.Stop"/>.</summary>
    ContextFull,

    /// <summary>The KV arena has no free page. <see cref="GptSession.Continue"/> goes on once others gave some back.</summary>
    ArenaFull,

    /// <summary><see cref="GptSession.Stop"/> was called.</summary>
    Stopped,

    /// <summary>Nothing can follow: the <see cref="SessionOptions.Constraint"/> says so, or all that was to be scored is.</summary>
    Complete,

    /// <summary>The model gave logits that are not finite: <see cref="NonFiniteLogitsException"/>.</summary>
    NonFiniteLogits,

    /// <summary>
    /// The answer is whole, and the <see cref="SessionOptions.Constraint"/> left out how it could have gone on, because the tokens were
    /// running out.
    /// </summary>
    Shortened,
}
