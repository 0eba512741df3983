using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using AssemblyDefinition = Mono.Cecil.AssemblyDefinition;
using MethodDefinition = Mono.Cecil.MethodDefinition;
using ReaderParameters = Mono.Cecil.ReaderParameters;
using SequencePoint = Mono.Cecil.Cil.SequencePoint;
using TypeDefinition = Mono.Cecil.TypeDefinition;
using TypeReference = Mono.Cecil.TypeReference;

namespace TinyGpt.Architecture.Tests;

/// <summary>One assembly of the project: its types with the folders of their source files, which its debug information knows.</summary>
internal sealed class ShippedAssembly : IDisposable
{
    private static readonly Guid TypeDocuments = new("932E74BC-DBA9-4478-8D46-0F32A7BAB3D3");

    private readonly AssemblyDefinition _assembly;
    private readonly Dictionary<string, string> _folders = [];

    /// <summary>Reads an assembly beside the tests.</summary>
    /// <param name="project">Its project.</param>
    public ShippedAssembly(ShippedProject project)
    {
        Project = project;
        string path = Path.Combine(AppContext.BaseDirectory, project.Assembly + ".dll");
        _assembly = AssemblyDefinition.ReadAssembly(path, new ReaderParameters { ReadSymbols = true });
        ReadFolders(Path.ChangeExtension(path, ".pdb"));
    }

    public ShippedProject Project { get; }

    /// <summary>The assemblies to which it shows its internals.</summary>
    public IEnumerable<string> Friends =>
        from attribute in _assembly.CustomAttributes
        where attribute.AttributeType.Name == "InternalsVisibleToAttribute"
        select (string)attribute.ConstructorArguments[0].Value;

    /// <summary>The project's assemblies that it refers to.</summary>
    public IEnumerable<string> References => _assembly.MainModule.AssemblyReferences.Select(reference => reference.Name);

    /// <summary>The outermost types that a person wrote, with their folders.</summary>
    public IEnumerable<(TypeDefinition Type, string Folder)> Types =>
        from type in _assembly.MainModule.Types
        where _folders.ContainsKey(type.FullName)
        select (type, _folders[type.FullName]);

    /// <summary>The folders that each folder uses, with one example.</summary>
    public Dictionary<string, Dictionary<string, string>> FolderUses()
    {
        Dictionary<string, Dictionary<string, string>> uses = [];
        foreach ((TypeDefinition type, string folder) in Types)
        {
            Dictionary<string, string> used = uses.TryGetValue(folder, out Dictionary<string, string>? known) ? known : uses[folder] = [];
            foreach (TypeReference reference in TypeUses.Of(type))
            {
                if (_folders.TryGetValue(TypeUses.Outermost(reference).FullName, out string? target) && target != folder)
                {
                    used.TryAdd(target, $"{type.Name} -> {reference.Name}");
                }
            }
        }

        return uses;
    }

    public void Dispose() => _assembly.Dispose();

    private void ReadFolders(string symbols)
    {
        using FileStream stream = File.OpenRead(symbols);
        using MetadataReaderProvider provider = MetadataReaderProvider.FromPortablePdbStream(stream);
        MetadataReader reader = provider.GetMetadataReader();
        foreach (TypeDefinition type in _assembly.MainModule.Types)
        {
            if (Document(type, reader) is string document && FolderOf(document) is string folder)
            {
                _folders[type.FullName] = folder;
            }
        }
    }

    private static string? Document(TypeDefinition type, MetadataReader reader)
    {
        foreach (MethodDefinition method in AllMethods(type))
        {
            foreach (SequencePoint point in method.DebugInformation.SequencePoints)
            {
                return point.Document.Url;
            }
        }

        // Enumerations and interfaces have no code; the compiler notes their files by themselves.
        TypeDefinitionHandle handle = MetadataTokens.TypeDefinitionHandle(type.MetadataToken.ToInt32() & 0xFFFFFF);
        foreach (CustomDebugInformationHandle information in reader.GetCustomDebugInformation(handle))
        {
            CustomDebugInformation value = reader.GetCustomDebugInformation(information);
            if (reader.GetGuid(value.Kind) == TypeDocuments)
            {
                BlobReader blob = reader.GetBlobReader(value.Value);
                DocumentHandle document = MetadataTokens.DocumentHandle(blob.ReadCompressedInteger());
                return reader.GetString(reader.GetDocument(document).Name);
            }
        }

        return null;
    }

    private static IEnumerable<MethodDefinition> AllMethods(TypeDefinition type) =>
        type.Methods.Concat(type.NestedTypes.SelectMany(AllMethods));

    private string? FolderOf(string document)
    {
        string path = document.Replace('\\', '/');
        int start = path.LastIndexOf(Project.Folder + "/", StringComparison.Ordinal);
        if (start < 0 || path.Contains("/obj/", StringComparison.Ordinal))
        {
            return null;
        }

        string relative = path[(start + Project.Folder.Length + 1)..];
        int slash = relative.LastIndexOf('/');
        return slash < 0 ? "" : relative[..slash];
    }
}
