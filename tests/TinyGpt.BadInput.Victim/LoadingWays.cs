using TinyGpt.Import;

namespace TinyGpt.BadInput.Victim;

/// <summary>
/// Every way in which a file gets in, by name. Each loads a path and gives what uses the result for a moment, as a game would, and then
/// lets go of it.
/// </summary>
internal static class LoadingWays
{
    private const int GeneratedTokens = 5;

    // An engine is as large as its model says, so ask the plan before you make one.
    private const long LargestEngine = 256 << 20;

    private static readonly Dictionary<string, GptEngine> Engines = new(StringComparer.Ordinal);

    private static readonly Dictionary<string, Func<string, Action>> ByName = new(StringComparer.Ordinal)
    {
        [Ways.TgptInfo] = path =>
        {
            TgptInfo info = TgptFile.ReadInfo(path);
            return () => _ = info.ArenaBytes + info.MappedBytes + info.Tensors.Count;
        },
        [Ways.TgptMapped] = path => Generating(GptModel.Load(path)),
        [Ways.TgptVerified] = path => Generating(Model(TgptFile.Open(path, new TgptReadOptions { VerifyChecksums = true }))),
        [Ways.TgptMemory] = path => Generating(GptModel.Load(File.ReadAllBytes(path))),
        [Ways.TgptStream] = path =>
        {
            using OneWayStream stream = new(path);
            return Generating(GptModel.Load(stream));
        },
        [Ways.Checkpoint] = path => Reading(SafetensorsCheckpoint.Open(path)),
        [Ways.Gguf] = path => Reading(GgufFile.Open(path)),
        [Ways.ModelFolder] = path => Generating(Model(ModelSource.LoadAny(path))),
        [Ways.Snapshot] = Restoring,
        [Ways.TokenizerFolder] = path =>
        {
            TokenizerContent content = TokenizerFiles.ReadContent(path);
            Action encoding = Encoding(TokenVocabulary.Read(content.Data.Span, path));
            return () =>
            {
                encoding();
                Talking(content);
            };
        },
        [Ways.Vocabulary] = path => Encoding(TokenVocabulary.Read(File.ReadAllBytes(path), path)),
    };

    public static Func<string, Action> Named(string name) => ByName[name];

    private static GptModel Model(TgptFile file)
    {
        try
        {
            return new GptModel(file);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    private static Action Generating(GptModel model) => () =>
    {
        using (model)
        {
            GptEngineOptions options = new() { MaxBatchTokens = 4, MaxSequences = 2 };
            if (MemoryPlan.For(model.Config, options).Total > LargestEngine)
            {
                return;
            }

            using GptEngine engine = new(model, options);
            SessionOptions answer = new() { MaxNewTokens = GeneratedTokens };
            using GptSession greedy = engine.CreateSession(options: answer);
            using GptSession drawn = engine.CreateSession(new SamplingOptions { Temperature = 1, TopP = 0.9f, Seed = 1 }, answer);
            foreach (GptSession session in new[] { greedy, drawn })
            {
                session.Append([.. new[] { 0, model.Config.VocabularySize - 1 }.Take(model.Config.ContextLength)]);
                Run(engine);
                if (session.AnswerTokens.ContainsAnyExceptInRange(0, model.Config.VocabularySize - 1))
                {
                    throw new InvalidOperationException("A token outside the vocabulary was generated.");
                }
            }
        }
    };

    /// <summary>Runs to the end, whatever the numbers are: logits that are none end one answer, as documented.</summary>
    private static void Run(GptEngine engine)
    {
        try
        {
            engine.Step(StepBudget.Unlimited);
        }
        catch (NonFiniteLogitsException)
        {
            if (engine.Step(StepBudget.Unlimited) != StepStatus.Idle)
            {
                throw new InvalidOperationException("An answer without numbers has not ended.");
            }
        }
    }

    private static Action Restoring(string folder)
    {
        // A game restores into an engine that it has. The model is not mapped: its file is written again for every case.
        if (!Engines.TryGetValue(folder, out GptEngine? engine))
        {
            engine = new GptEngine(GptModel.Load(File.ReadAllBytes(Path.Combine(folder, Ways.SnapshotModel))));
            Engines.Add(folder, engine);
        }

        try
        {
            GptSession session = engine.Restore(Path.Combine(folder, Ways.SnapshotSession));
            return () =>
            {
                Run(engine);
                session.Dispose();
            };
        }
        catch
        {
            if (engine.FreeSequences != 1 || engine.FreeKvPages != engine.KvPages)
            {
                throw new InvalidOperationException("A save that was refused has changed the engine.");
            }

            throw;
        }
    }

    private static Action Reading(SafetensorsCheckpoint checkpoint) => () =>
    {
        using (checkpoint)
        {
            foreach (SafetensorsTensor tensor in checkpoint.Tensors.Values.Where(tensor => tensor.Type != SafetensorsType.Other))
            {
                float[] numbers = new float[Math.Min(tensor.Elements, 1 << 16)];
                tensor.Read(0, numbers);
                tensor.Read(tensor.Elements - numbers.Length, numbers);
            }
        }
    };

    private static Action Reading(GgufFile file) => () =>
    {
        using (file)
        {
            foreach (GgufTensor tensor in file.Tensors.Values)
            {
                float[] numbers = new float[tensor.Columns];
                tensor.ReadRow(0, numbers);
                tensor.ReadRow(tensor.Rows - 1, numbers);
            }
        }
    };

    private static Action Encoding(TokenVocabulary vocabulary) => () =>
    {
        Tokenizer tokenizer = Tokenizer.Create(vocabulary);
        string text = string.Concat("ab é<|endoftext|>", new string('a', 100));
        try
        {
            tokenizer.Decode(tokenizer.Encode(text, SpecialTokenHandling.Recognize));
        }
        catch (TokenizationException)
        {
            // A vocabulary need not have every byte.
        }

        using MemoryStream binary = new();
        vocabulary.Write(binary);
        TokenVocabulary.Read(binary.ToArray(), "written again");
    };

    private static void Talking(TokenizerContent content)
    {
        if (content.Chat is not { } chat || chat.Family == ChatFamily.Unknown)
        {
            return;
        }

        Tokenizer tokenizer = Tokenizer.Create(TokenVocabulary.Read(content.Data.Span, "talk"));
        try
        {
            new ChatTemplate(chat, tokenizer, content.EndOfText).Encode(new ChatTurn(TurnRole.User, "ab<|im_end|>"));
        }
        catch (TokenizationException)
        {
            // As above.
        }
    }
}
