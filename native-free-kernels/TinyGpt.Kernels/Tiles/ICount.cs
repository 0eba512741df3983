namespace TinyGpt.Kernels.Tiles;

/// <summary>
/// A small number as a type: a method that is generic over it is compiled once per number, with the branches on it folded away, so one
/// readable body serves every tile height without costing registers for tokens that it has not.
/// </summary>
internal interface ICount
{
    static abstract int Count { get; }
}

/// <summary>1.</summary>
internal readonly struct One : ICount
{
    public static int Count => 1;
}

/// <summary>2.</summary>
internal readonly struct Two : ICount
{
    public static int Count => 2;
}

/// <summary>3.</summary>
internal readonly struct Three : ICount
{
    public static int Count => 3;
}

/// <summary>4.</summary>
internal readonly struct Four : ICount
{
    public static int Count => 4;
}

/// <summary>5.</summary>
internal readonly struct Five : ICount
{
    public static int Count => 5;
}

/// <summary>6.</summary>
internal readonly struct Six : ICount
{
    public static int Count => 6;
}
