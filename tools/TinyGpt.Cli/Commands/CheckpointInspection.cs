using System.Text.Json;
using TinyGpt.Cli.Options;
using TinyGpt.Cli.Output;
using TinyGpt.Import;

namespace TinyGpt.Cli.Commands;

/// <summary>What 'inspect' says of a checkpoint that is not packed: a GGUF file, a safetensors file or a folder.</summary>
internal static class CheckpointInspection
{
    public static void Write(string path, bool asJson)
    {
        SourceInfo info = ModelSource.ReadInfo(path);
        MemoryPlan plan = MemoryPlan.For(info.Config, EngineArguments.Defaults);
        if (asJson)
        {
            JsonOutput.Write(json => WriteJson(json, path, info, plan));
        }
        else
        {
            WriteText(path, info, plan);
        }
    }

    private static void WriteText(string path, SourceInfo info, MemoryPlan plan)
    {
        TextWriter output = Console.Out;
        IEnumerable<string> types = info.Tensors.GroupBy(tensor => tensor.Type)
            .Select(group => $"{group.Key} {ByteSize.Format(group.Sum(tensor => tensor.Bytes))}");
        string tokenizer = info.Tokenizer is { } content ? $"{content.Kind}, {ByteSize.Format(content.Data.Length)}" : "none";
        output.WriteLine($"checkpoint   {path}: not packed; 'tinygpt pack' makes a .tgpt file of it");
        output.WriteLine($"weights      {ByteSize.Format(Bytes(info))}: {string.Join(", ", types)}");
        ModelText.Write(output, info.Config);
        output.WriteLine($"tokenizer    {tokenizer}");
        output.WriteLine($"chat         {info.Tokenizer?.Chat?.Name ?? "none"}");
        ModelText.Write(output, info.Config, plan);
        output.WriteLine();

        ReportTable table = new(("tensor", false), ("type", false), ("shape", true), ("stored", true));
        foreach (SourceTensor tensor in info.Tensors)
        {
            table.Add(tensor.Name, tensor.Type, string.Join(" × ", tensor.Shape), ByteSize.Format(tensor.Bytes));
        }

        table.Write();
    }

    private static void WriteJson(Utf8JsonWriter json, string path, SourceInfo info, MemoryPlan plan)
    {
        json.WriteString("checkpoint", path);
        json.WriteNumber("weightBytes", Bytes(info));
        json.WriteNumber("parameters", info.Config.ParameterCount);
        json.WritePropertyName("config");
        TgptConfig.Write(json, info.Config);
        json.WriteStartArray("tensors");
        foreach (SourceTensor tensor in info.Tensors)
        {
            json.WriteStartObject();
            json.WriteString("name", tensor.Name);
            json.WriteString("type", tensor.Type);
            json.WriteStartArray("shape");
            foreach (long size in tensor.Shape)
            {
                json.WriteNumberValue(size);
            }

            json.WriteEndArray();
            json.WriteNumber("bytes", tensor.Bytes);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        if (info.Tokenizer is { } tokenizer)
        {
            json.WriteStartObject("tokenizer");
            json.WriteString("kind", tokenizer.Kind);
            if (tokenizer.Chat is { } chat)
            {
                json.WriteString("chat", chat.Name);
            }

            json.WriteNumber("bytes", tokenizer.Data.Length);
            json.WriteEndObject();
        }

        ModelText.WriteJson(json, plan);
    }

    private static long Bytes(SourceInfo info) => info.Tensors.Sum(tensor => tensor.Bytes);
}
