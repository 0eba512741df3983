using System.Text;

namespace TinyGpt.Import.Tests.Tokenizers;

/// <summary>A temporary folder with tokenizer files, deleted when disposed.</summary>
internal sealed class TokenizerFolder : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("tinygpt-tokenizer-");

    internal string Path => _folder.FullName;

    internal TokenizerFolder With(string name, string content) => With(name, Encoding.UTF8.GetBytes(content));

    internal TokenizerFolder With(string name, byte[] content)
    {
        File.WriteAllBytes(System.IO.Path.Combine(Path, name), content);
        return this;
    }

    internal TokenVocabulary Read(int? vocabularySize = null) => TokenizerFiles.Read(Path, vocabularySize);

    public void Dispose() => _folder.Delete(recursive: true);
}
