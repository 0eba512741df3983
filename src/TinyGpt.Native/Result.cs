namespace TinyGpt.Native;

/// <summary><c>tgpt_result</c>.</summary>
internal enum Result
{
    Ok,
    InvalidArgument,
    InvalidHandle,
    File,
    Full,
    Busy,
    Failed,
}
