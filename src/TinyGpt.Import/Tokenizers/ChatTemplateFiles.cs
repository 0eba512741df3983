using System.Text;
using TinyGpt.Import.Checkpoints;

namespace TinyGpt.Import.Tokenizers;

/// <summary>
/// Chat templates in separate files: <c>chat_template.jinja</c>, and named ones in the folder <c>chat_templates</c> or
/// <c>additional_chat_templates</c>.
/// </summary>
internal static class ChatTemplateFiles
{
    private const string Ending = ".jinja";

    private static readonly string[] Folders = ["chat_templates", "additional_chat_templates"];

    /// <summary>The templates of a folder: those in files, then those that the configuration has besides.</summary>
    /// <param name="folder">The model's folder.</param>
    /// <param name="configured">The templates of its configuration.</param>
    internal static List<NamedChatTemplate> Read(string folder, IReadOnlyList<NamedChatTemplate> configured)
    {
        List<NamedChatTemplate> templates = [];
        AddFile(templates, Path.Combine(folder, "chat_template" + Ending), NamedChatTemplate.Default);
        foreach (string subfolder in Folders.Select(name => Path.Combine(folder, name)).Where(Directory.Exists))
        {
            foreach (string path in Directory.EnumerateFiles(subfolder, "*" + Ending).Order(StringComparer.Ordinal).Take(ChatFormat.MaxTemplates))
            {
                AddFile(templates, path, Path.GetFileNameWithoutExtension(path));
            }
        }

        return [.. templates.Concat(configured).DistinctBy(template => template.Name).Take(ChatFormat.MaxTemplates)];
    }

    private static void AddFile(List<NamedChatTemplate> templates, string path, string name)
    {
        if (File.Exists(path) && NamedChatTemplate.IsName(name))
        {
            templates.Add(new NamedChatTemplate(name, Encoding.UTF8.GetString(BoundedFile.Read(path, ChatFormat.MaxTemplateLength))));
        }
    }
}
