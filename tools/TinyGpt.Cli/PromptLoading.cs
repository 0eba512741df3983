using TinyGpt.Chat;
using TinyGpt.Import;

namespace TinyGpt.Cli;

/// <summary>Opens the chat template of whatever <c>-m</c> names, without its weights.</summary>
internal static class PromptLoading
{
    /// <summary>Opens the template of a model, or of a folder that has nothing but a tokenizer's files.</summary>
    /// <exception cref="CommandFailedException">There is no tokenizer, or no template.</exception>
    public static PromptTemplate Open(string path)
    {
        if (ModelSource.IsTgpt(path))
        {
            ModelLoading.RequireFile(path);
            using GptModel model = GptModel.Load(path);
            ModelLoading.RequireTokenizer(model, path, ", so there are no prompts");
            return PromptTemplate.Find(model) ?? throw Missing(path);
        }

        TokenizerContent content = (Directory.Exists(path) && TokenizerFiles.Exists(path) ? TokenizerFiles.ReadContent(path) : ModelSource.ReadInfo(path).Tokenizer)
            ?? throw new CommandFailedException($"{path}: the model has no tokenizer, so there are no prompts");
        ChatFormat format = content.Chat ?? throw Missing(path);
        Tokenizer tokenizer = Tokenizer.Create(TokenVocabulary.Read(content.Data.Span, path));
        return new PromptTemplate(tokenizer, format, content.EndOfText);
    }

    private static CommandFailedException Missing(string path) =>
        new($"{path}: the model has no chat template");
}
