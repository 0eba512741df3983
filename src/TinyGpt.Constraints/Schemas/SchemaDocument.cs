using TinyGpt.Constraints.Json;

namespace TinyGpt.Constraints.Schemas;

/// <summary>
/// A schema's document: finds what references mean. A reference is a JSON pointer, an anchor, or the <c>$id</c> of a schema inside the
/// document; nothing is ever fetched.
/// </summary>
internal sealed class SchemaDocument
{
    private static readonly Uri NoBase = new("schema:///document");
    private readonly JsonValue _root;
    private Dictionary<string, Place>? _identifiers;

    public SchemaDocument(JsonValue root)
    {
        _root = root;
        Root = new Place(root, "#", NoBase);
        Root = Root with { Base = BaseOf(Root) };
    }

    /// <summary>A value of the document, its JSON pointer, and the URI that references in it are relative to.</summary>
    internal readonly record struct Place(JsonValue Value, string Pointer, Uri Base);

    public Place Root { get; }

    /// <summary>Whether schemas inside the document have separate identifiers.</summary>
    public bool HasSeveralResources => Identifiers().Values.Any(place => !ReferenceEquals(place.Base, Root.Base));

    /// <summary>The place of a member or an item.</summary>
    public static Place Child(Place parent, string name, JsonValue value)
    {
        Place child = new(value, parent.Pointer + "/" + name.Replace("~", "~0", StringComparison.Ordinal).Replace("/", "~1", StringComparison.Ordinal), parent.Base);
        return value.Kind == JsonKind.Object ? child with { Base = BaseOf(child) } : child;
    }

    /// <summary>What a reference means; null where there is no such place in the document.</summary>
    public Place? Resolve(string reference, Place from)
    {
        if (reference == "#" && ReferenceEquals(from.Base, Root.Base)) return Root;
        if (reference.StartsWith("#/", StringComparison.Ordinal) && ReferenceEquals(from.Base, Root.Base)) return Follow(Root, reference[1..]);
        if (!Uri.TryCreate(from.Base, reference, out Uri? target)) return null;
        string fragment = target.Fragment;
        if (fragment.Length <= 1 || fragment.StartsWith("#/", StringComparison.Ordinal))
        {
            Place? resource = Find(WithoutFragment(target));
            if (resource is { } found && Follow(found, fragment.TrimStart('#')) is { } place) return place;
            // Many schemas carry identifiers that are only names; their pointers are meant from the document's root.
            return reference.StartsWith('#') ? Follow(Root, reference[1..]) : null;
        }

        return Find(target.AbsoluteUri) ?? (reference.StartsWith('#') ? FindAnchor(reference[1..]) : null);
    }

    private static string WithoutFragment(Uri uri) => uri.GetLeftPart(UriPartial.Query);

    private static Uri BaseOf(Place place)
    {
        JsonValue? id = place.Value.Find("$id") ?? place.Value.Find("id");
        if (id is not { Kind: JsonKind.String } || id.Text.StartsWith('#') || id.Text.Length == 0) return place.Base;
        return Uri.TryCreate(place.Base, id.Text, out Uri? uri) ? uri : place.Base;
    }

    private static Place? Follow(Place from, string pointer)
    {
        if (pointer.Length == 0) return from;
        if (pointer[0] != '/') return null;
        Place place = from;
        foreach (string part in pointer[1..].Split('/'))
        {
            string name = part.Contains('%') ? Uri.UnescapeDataString(part) : part;
            name = name.Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal);
            JsonValue? value = place.Value.Kind == JsonKind.Array
                ? int.TryParse(name, out int index) && index >= 0 && index < place.Value.Items.Count ? place.Value.Items[index] : null
                : place.Value.Find(name);
            if (value is null) return null;
            place = Child(place, name, value);
        }

        return place;
    }

    private Place? Find(string uri)
    {
        if (uri == WithoutFragment(Root.Base)) return Root;
        return Identifiers().TryGetValue(uri, out Place place) ? place : null;
    }

    private Place? FindAnchor(string name) => Identifiers().TryGetValue("#" + name, out Place place) ? place : null;

    /// <summary>Every schema with an identifier or an anchor, by absolute URI; anchors also by name alone.</summary>
    private Dictionary<string, Place> Identifiers()
    {
        if (_identifiers is not null) return _identifiers;
        _identifiers = new Dictionary<string, Place>(StringComparer.Ordinal);
        Collect(Root);
        return _identifiers;
    }

    private void Collect(Place place)
    {
        if (place.Value.Kind == JsonKind.Array)
        {
            for (int i = 0; i < place.Value.Items.Count; i++)
            {
                JsonValue item = place.Value.Items[i];
                if (item.Kind >= JsonKind.Array) Collect(Child(place, i.ToString(System.Globalization.CultureInfo.InvariantCulture), item));
            }

            return;
        }

        foreach ((string name, JsonValue value) in place.Value.Members)
        {
            switch (name)
            {
                case "enum" or "const" or "default" or "examples": break;
                case "$id" or "id" when value.Kind == JsonKind.String:
                    if (value.Text.StartsWith('#')) Anchor(place, value.Text[1..]);
                    else _identifiers!.TryAdd(WithoutFragment(place.Base), place);
                    break;
                case "$anchor" or "$dynamicAnchor" when value.Kind == JsonKind.String: Anchor(place, value.Text); break;
                default:
                    if (value.Kind >= JsonKind.Array) Collect(Child(place, name, value));
                    break;
            }
        }
    }

    private void Anchor(Place place, string name)
    {
        if (Uri.TryCreate(place.Base, "#" + name, out Uri? uri)) _identifiers!.TryAdd(uri.AbsoluteUri, place);
        _identifiers!.TryAdd("#" + name, place);
    }
}
