namespace TinyGpt;

/// <summary>How a step of the engine ended.</summary>
public enum StepStatus
{
    /// <summary>No session has anything left to do.</summary>
    Idle,

    /// <summary>The budget is spent and there is more to do.</summary>
    Working,

    /// <summary>Every session that is not done waits until its text is read, or takes part in no forward pass (<see cref="GptSession.PassInterval"/>).</summary>
    Waiting,
}
