using System.Runtime.CompilerServices;

namespace TinyGpt.Constraints.Languages;

/// <summary>Guards against inputs that are nested too deeply.</summary>
internal static class RuntimeLimits
{
    /// <summary>Refuses to go deeper where the stack would overflow.</summary>
    /// <exception cref="ConstraintException">The stack is nearly used up.</exception>
    public static void CheckStack()
    {
        if (!RuntimeHelpers.TryEnsureSufficientExecutionStack())
        {
            throw new ConstraintException("The constraint is nested too deeply.");
        }
    }
}
