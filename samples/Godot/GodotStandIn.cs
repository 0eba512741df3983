// So that this folder compiles without the engine: the few members of Godot's C# API that the sample uses, doing the least that they can.
// In a project of Godot leave this file out.
#pragma warning disable CA1707 // Godot's names have underscores.

using System.Numerics;

namespace Godot;

/// <summary>Stands for the attribute that shows a property in the editor.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class ExportAttribute : Attribute;

/// <summary>Stands for a node of the scene tree.</summary>
public class Node : IDisposable
{
    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Called when the node has entered the tree.</summary>
    public virtual void _Ready()
    {
    }

    /// <summary>Called once a frame.</summary>
    /// <param name="delta">Seconds since the last frame.</param>
    public virtual void _Process(double delta)
    {
    }

    /// <summary>Called when the node leaves the tree.</summary>
    public virtual void _ExitTree()
    {
    }

    /// <summary>Frees what the node holds.</summary>
    /// <param name="disposing">Whether it is disposed of, not finalized.</param>
    protected virtual void Dispose(bool disposing)
    {
    }
}

/// <summary>Stands for a node with a place in the world.</summary>
public class Node3D : Node
{
    /// <summary>Where it is; Godot's vector has the same members.</summary>
    public Vector3 GlobalPosition { get; set; }
}

/// <summary>Stands for a label that shows its text from the left, character by character.</summary>
public class Label3D : Node3D
{
    /// <summary>What it shows.</summary>
    public string Text { get; set; } = "";
}

/// <summary>Stands for the project's settings.</summary>
public static class ProjectSettings
{
    /// <summary>The path on disk of a path in the project.</summary>
    public static string GlobalizePath(string path) => path;
}
