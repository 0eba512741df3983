using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using TinyGpt.Cli.Options;
using TinyGpt.Cli.Output;
using TinyGpt.Format;
using TinyGpt.Kernels;

namespace TinyGpt.Cli.Commands;

/// <summary><c>tinygpt inspect</c>: what is in a .tgpt file.</summary>
internal sealed class InspectCommand : CliCommand
{
    private readonly Argument<string> _file = new("FILE") { Description = "A .tgpt file." };
    private readonly Option<bool> _verify = new("--verify")
    {
        Description = "Read all of the file, and check every weight and every checksum.",
    };

    private readonly Option<bool> _json = OutputArguments.CreateJson();

    public InspectCommand()
        : base(
            "inspect",
            "Show what is in a .tgpt file.",
            "Shows the configuration, the tensors, how they are stored, and the memory that one sequence would take.")
    {
        Add(_file);
        Add(_verify);
        Add(_json);
    }

    public override IReadOnlyList<string> Examples { get; } = ["tinygpt inspect gpt2.tgpt", "tinygpt inspect gpt2.tgpt --verify --json"];

    protected override void Execute(ParseResult arguments, CancellationToken cancellation)
    {
        string path = arguments.GetRequiredValue(_file);
        ModelLoading.RequireTgpt(path);
        TgptInfo info = TgptFile.ReadInfo(path);
        bool verified = arguments.GetValue(_verify);
        if (verified)
        {
            using TgptFile file = TgptFile.Open(path, new TgptReadOptions { VerifyChecksums = true });
            using GptModel model = new(file); // which reads the tokenizer as well
        }

        MemoryPlan plan = MemoryPlan.For(info.Config, EngineArguments.Defaults);
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
        ModelConfig config = info.Config;
        TextWriter output = Console.Out;
        string head = config.TiedHead ? "tied" : "untied";
        string end = config.EndOfTextToken is { } token ? $"token {token}" : "none";
        string mapped = ByteSize.Format(info.MappedBytes);
        string decompressed = ByteSize.Format(info.ArenaBytes);
        string tokenizer = info.TokenizerKind is { } kind ? $"{kind}, {ByteSize.Format(info.TokenizerChunk!.Length)}" : "none";
        output.WriteLine($"file         {info.File}, {ByteSize.Format(info.FileLength)}");
        output.WriteLine($"content      {Convert.ToHexStringLower(info.ContentHash)}");
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"parameters   {config.ParameterCount:N0}"));
        output.WriteLine($"architecture {config.Architecture}: {config.Layers} layers, width {config.Width}, feed-forward {config.FeedForwardWidth}");
        foreach (string line in ConfigText.Lines(config))
        {
            output.WriteLine($"             {line}");
        }

        output.WriteLine($"             {head} head, norm epsilon {Epsilon(config)}");
        output.WriteLine($"vocabulary   {config.VocabularySize} tokens, end of text: {end}");
        output.WriteLine($"context      {config.ContextLength} tokens");
        output.WriteLine($"tokenizer    {tokenizer}");
        output.WriteLine($"chat         {info.Chat?.Name ?? "none"}");
        output.WriteLine($"memory       {ByteSize.Format(plan)}, for {Math.Min(config.ContextLength, EngineArguments.MostDefaultContext)} tokens");
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

        json.WriteStartObject("memory");
        json.WriteNumber("weights", plan.Weights);
        json.WriteNumber("kvCache", plan.KvCache);
        json.WriteNumber("scratch", plan.Scratch);
        json.WriteNumber("runtime", plan.Runtime);
        json.WriteNumber("total", plan.Total);
        json.WriteEndObject();
        json.WriteNumber("mappedBytes", info.MappedBytes);
        json.WriteNumber("arenaBytes", info.ArenaBytes);
        json.WriteBoolean("verified", verified);
    }

    private static string Epsilon(ModelConfig config) => config.NormEpsilon.ToString(CultureInfo.InvariantCulture);
}
