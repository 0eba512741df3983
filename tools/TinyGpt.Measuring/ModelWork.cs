using TinyGpt.Kernels.Contract;

namespace TinyGpt.Measuring;

/// <summary>What a forward pass must read and multiply, counted from the model's tensors.</summary>
internal sealed class ModelWork
{
    private readonly ModelConfig _config;
    private readonly long _blocks;
    private readonly long _lastBlockTail;
    private readonly long _head;

    public ModelWork(ModelConfig config, IReadOnlyList<TensorShape> tensors)
    {
        string head = config.TiedHead ? ModelTensors.TokenEmbedding : ModelTensors.Head;
        string lastBlock = ModelTensors.InBlock(config.Layers - 1, "");
        string lastKeysAndValues = ModelTensors.InBlock(config.Layers - 1, ModelTensors.QueryKeyValue);
        foreach (TensorShape tensor in tensors)
        {
            bool isTable = tensor.Name is ModelTensors.TokenEmbedding or ModelTensors.PositionEmbedding && tensor.Name != head;
            if (isTable)
            {
                continue; // a token reads one row of it
            }

            WeightBytes += tensor.Bytes;
            if (!tensor.IsQuantized)
            {
                continue;
            }

            long products = (long)tensor.Rows * tensor.Columns;
            if (tensor.Name == head)
            {
                _head = products;
                continue;
            }

            _blocks += products;
            if (tensor.Name.StartsWith(lastBlock, StringComparison.Ordinal) && tensor.Name != lastKeysAndValues)
            {
                _lastBlockTail += products;
            }
        }

        _config = config;
    }

    /// <summary>Weights, scales, biases and norms that every forward pass reads.</summary>
    public long WeightBytes { get; }

    /// <summary>Keys and values of one position in all layers, scales included: the difference of two plans.</summary>
    public long CacheBytesPerPosition(KvPrecision precision)
    {
        GptEngineOptions onePage = new() { KvPages = 1, KvPrecision = precision };
        long pageBytes = MemoryPlan.For(_config, onePage with { KvPages = 2 }).KvCache - MemoryPlan.For(_config, onePage).KvCache;
        return pageBytes / AttentionHead.PositionsPerPage;
    }

    /// <summary>Multiply-adds of the matrices for one token whose logits are wanted.</summary>
    public long DecodeMultiplyAdds => _blocks + _head;

    /// <summary>
    /// Multiply-adds of the matrices for a prompt that is read in chunks. Logits are wanted after its last token only, so the head
    /// counts once, and the last block counts in full in the last chunk only: the chunks before end with its keys and values.
    /// </summary>
    public long PrefillMultiplyAdds(int tokens, int chunk)
    {
        int inLastChunk = ((tokens - 1) % chunk) + 1;
        return (_blocks * tokens) + _head - (_lastBlockTail * (tokens - inLastChunk));
    }
}
