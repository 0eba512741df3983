namespace TinyGpt.Constraints;

/// <summary>In which order the properties of objects come.</summary>
public enum PropertyOrder
{
    /// <summary>In the schema's order, those that it does not list last: a model that leaves nothing to choose is faster and surer.</summary>
    Schema,

    /// <summary>In any order: for texts that others have written.</summary>
    Any,
}

/// <summary>How the JSON that a schema allows is written.</summary>
public sealed class JsonSchemaOptions
{
    /// <summary>Whether white space between the parts is left out. Off by default: the model may use as much as it likes.</summary>
    public bool IsCompact { get; init; }

    /// <summary>The order of properties; <see cref="PropertyOrder.Schema"/> by default.</summary>
    public PropertyOrder PropertyOrder { get; init; }
}
