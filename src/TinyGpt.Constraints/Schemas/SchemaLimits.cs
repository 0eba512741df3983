namespace TinyGpt.Constraints.Schemas;

/// <summary>What a schema may cost. Schemas come from strangers; what goes beyond is refused before it takes time or memory.</summary>
internal static class SchemaLimits
{
    /// <summary>Bytes of a schema's text.</summary>
    public const int MaxBytes = 8 << 20;

    /// <summary>Nesting of its text.</summary>
    public const int MaxDepth = 256;

    /// <summary>Schemas that are read, those of references included.</summary>
    public const int MaxSchemas = 100_000;

    /// <summary>Different conjunctions of schemas that are compiled.</summary>
    public const int MaxGoals = 50_000;

    /// <summary>Steps of taking one conjunction apart.</summary>
    public const int MaxSteps = 20_000;

    /// <summary>Steps of taking all conjunctions apart.</summary>
    public const int MaxTotalSteps = 400_000;

    /// <summary>Objects, or arrays, of different shape in one conjunction.</summary>
    public const int MaxShapes = 600;

    /// <summary>Members of all sequences that are written for objects and arrays.</summary>
    public const int MaxMembers = 500_000;

    /// <summary>Values that are compared one by one against a schema.</summary>
    public const int MaxValueSteps = 1_000_000;

    /// <summary>Expressions that divide the names of a single object's properties into classes.</summary>
    public const int MaxNameClasses = 6;
}
