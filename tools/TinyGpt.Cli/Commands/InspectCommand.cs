using System.CommandLine;
using System.Text.Json;
using TinyGpt.Cli.Options;
using TinyGpt.Cli.Output;
using TinyGpt.Import;

namespace TinyGpt.Cli.Commands;

/// <summary><c>tinygpt inspect</c>: what is in a .tgpt file, or in a checkpoint that could be packed to one.</summary>
internal sealed class InspectCommand : CliCommand
{
    private readonly Argument<string> _file = new("FILE") { Description = "A .tgpt file, or anything that 'pack' takes." };
    private readonly Option<bool> _verify = new("--verify")
    {
        Description = "Read all of a .tgpt file, and check every weight and every checksum.",
    };

    private readonly Option<bool> _json = OutputArguments.CreateJson();

    public InspectCommand()
        : base(
            "inspect",
            "Show what is in a model file.",
            "Shows the configuration, the tensors, how they are stored, and the memory that one sequence would take.")
    {
        Add(_file);
        Add(_verify);
        Add(_json);
    }

    public override IReadOnlyList<string> Examples { get; } =
        ["tinygpt inspect gpt2.tgpt", "tinygpt inspect gpt2.tgpt --verify --json", "tinygpt inspect smollm2-135m.gguf"];

    protected override void Execute(ParseResult arguments, CancellationToken cancellation)
    {
        string path = arguments.GetRequiredValue(_file);
        bool verified = arguments.GetValue(_verify);
        if (!ModelSource.IsTgpt(path))
        {
            if (verified)
            {
                throw new CommandFailedException($"{path}: --verify checks the checksums of .tgpt files, and this is none");
            }

            CheckpointInspection.Write(path, arguments.GetValue(_json));
            return;
        }

        ModelLoading.RequireFile(path);
        TgptInfo info = TgptFile.ReadInfo(path);
        if (verified)
        {
            using TgptFile file = TgptFile.Open(path, new TgptReadOptions { VerifyChecksums = true });
            using GptModel model = new(file); // which reads the tokenizer as well
        }

        MemoryPlan plan = MemoryPlan.For(info.Config, info.Tensors, EngineArguments.Defaults);
        if (arguments.GetValue(_json))
        {
            JsonOutput.Write(json => WriteJson(json, info, plan, verified));
        }
        else
        {
            WriteText(info, plan, verified);
        }
    }

    private static void WriteText(TgptInfo info, MemoryPlan plan, bool verified)
    {
        TextWriter output = Console.Out;
        string mapped = ByteSize.Format(info.MappedBytes);
        string decompressed = ByteSize.Format(info.ArenaBytes);
        string tokenizer = info.TokenizerKind is { } kind ? $"{kind}, {ByteSize.Format(info.TokenizerChunk!.Length)}" : "none";
        output.WriteLine($"file         {info.File}, {ByteSize.Format(info.FileLength)}");
        output.WriteLine($"content      {Convert.ToHexStringLower(info.ContentHash)}");
        ModelText.Write(output, info.Config);
        output.WriteLine($"tokenizer    {tokenizer}");
        if (info.HasClassifier)
        {
            output.WriteLine("classifier   yes");
        }

        output.WriteLine($"chat         {info.Chat?.Name ?? "none"}");
        ModelText.Write(output, info.Config, plan);
        output.WriteLine($"             {mapped} of the file are mapped, {decompressed} decompressed");
        output.WriteLine();

        ReportTable table = new(
            ("chunk", false), ("kind", false), ("shape", true), ("codec", false), ("stored", true), ("in memory", true));
        for (int i = 0; i < info.Tensors.Count; i++)
        {
            TensorShape shape = info.Tensors[i];
            AddRow(table, shape.Name, TensorText.Kind(shape), TensorText.Size(shape), info.ChunkOf(i));
        }

        if (info.TokenizerChunk is { } chunk)
        {
            AddRow(table, chunk.Name, info.TokenizerKind!, "", chunk);
        }

        table.Write();
        if (verified)
        {
            output.WriteLine($"verified: all {info.Chunks.Count} chunks have the checksums that the metadata gives them");
        }
    }

    private static void AddRow(ReportTable table, string name, string kind, string size, TgptChunk chunk) => table.Add(
        name, kind, size, TensorText.Codec(chunk), ByteSize.Format(chunk.StoredLength), ByteSize.Format(chunk.Length));

    private static void WriteJson(Utf8JsonWriter json, TgptInfo info, MemoryPlan plan, bool verified)
    {
        json.WriteString("file", info.File);
        json.WriteNumber("fileBytes", info.FileLength);
        json.WriteString("contentHash", Convert.ToHexStringLower(info.ContentHash));
        json.WriteNumber("parameters", info.Config.ParameterCount);
        json.WritePropertyName("config");
        TgptConfig.Write(json, info.Config);
        json.WriteStartArray("tensors");
        for (int i = 0; i < info.Tensors.Count; i++)
        {
            json.WriteStartObject();
            TensorText.WriteJson(json, info.Tensors[i], info.ChunkOf(i));
            json.WriteEndObject();
        }

        json.WriteEndArray();
        if (info.TokenizerChunk is { } chunk)
        {
            json.WriteStartObject("tokenizer");
            json.WriteString("kind", info.TokenizerKind);
            if (info.Chat is { } chat)
            {
                json.WriteString("chat", chat.Name);
            }

            TensorText.WriteJson(json, chunk);
            json.WriteEndObject();
        }

        ModelText.WriteJson(json, plan);
        json.WriteNumber("mappedBytes", info.MappedBytes);
        json.WriteNumber("arenaBytes", info.ArenaBytes);
        json.WriteBoolean("verified", verified);
    }
}
