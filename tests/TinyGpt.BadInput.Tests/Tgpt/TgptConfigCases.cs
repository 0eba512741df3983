using TinyGpt.BadInput.Tests.Cases;
using static TinyGpt.BadInput.Tests.Tgpt.TgptDamage;

namespace TinyGpt.BadInput.Tests.Tgpt;

/// <summary>The configuration: counts of zero, below zero, beyond every limit, and in contradiction to the tensors.</summary>
internal static class TgptConfigCases
{
    public static readonly BadCase[] All =
    [
        new("an unknown architecture", "architecture 'mamba'", Configuration("architecture", "\"mamba\"")),
        new("an architecture that is null", "'architecture', which must be text", Configuration("architecture", "null")),
        new("a vocabulary of no tokens", "vocabularySize 0", Configuration("vocabularySize", "0")),
        new("a vocabulary below zero", "vocabularySize -1", Configuration("vocabularySize", "-1")),
        new("a vocabulary a token too large", "vocabularySize 1048577", Configuration("vocabularySize", "1048577")),
        new("a vocabulary of more than 32 bits", "whole number of 32 bits", Configuration("vocabularySize", "4294967301")),
        new("a vocabulary with a fraction", "whole number of 32 bits", Configuration("vocabularySize", "5.5")),
        new("a vocabulary a token larger than its tensor", "5 × 24", Configuration("vocabularySize", "6")),
        new("the largest vocabulary, which the tensors do not have", "1048576 × 24", Configuration("vocabularySize", "1048576")),
        new("a context of no positions", "contextLength 0", Configuration("contextLength", "0")),
        new("a context below zero", "contextLength -2147483648", Configuration("contextLength", "-2147483648")),
        new("a context a position too long", "contextLength 1048577", Configuration("contextLength", "1048577")),
        new("the longest context, which the tensors do not have", "1048576 × 24", Configuration("contextLength", "1048576")),
        new("a width of zero", "width 0", Configuration("width", "0")),
        new("a width below zero", "width -24", Configuration("width", "-24")),
        new("a width too large by one", "width 131073", Configuration("width", "131073")),
        new("the largest hidden size, with the same number of heads", "5 × 131072", Json(json =>
        {
            json["config"]!["width"] = 131072;
            json["config"]!["heads"] = 131072;
            json["config"]!["layers"] = 1024;
        })),
        new("a width that is text", "must be a whole number", Configuration("width", "\"24\"")),
        new("a width that is an object", "must be a whole number", Configuration("width", "{}")),
        new("no layers", "layers 0", Configuration("layers", "0")),
        new("a layer too many for any model", "layers 1025", Configuration("layers", "1025")),
        new("a layer more than there are tensors", "blocks.1.attention_norm.gain", Configuration("layers", "2")),
        new("as many layers as are allowed", "blocks.1.attention_norm.gain", Configuration("layers", "1024")),
        new("no heads", "heads 0", Configuration("heads", "0")),
        new("heads below zero", "heads -2", Configuration("heads", "-2")),
        new("more heads than features", "heads 25", Configuration("heads", "25")),
        new("heads that do not divide the width", "no multiple of heads 5", Configuration("heads", "5")),
        new("other heads than the tensors have", "query_key_value", Configuration("heads", "12")),
        new("a feed-forward layer of no width", "feedForwardWidth 0", Configuration("feedForwardWidth", "0")),
        new("a feed-forward layer too wide", "feedForwardWidth 2147483647", Configuration("feedForwardWidth", "2147483647")),
        new("another feed-forward layer than the tensors have", "21 × 24", Configuration("feedForwardWidth", "21")),
        new("an epsilon of zero", "normEpsilon 0", Configuration("normEpsilon", "0")),
        new("an epsilon below zero", "normEpsilon -", Configuration("normEpsilon", "-1e-5")),
        new("an epsilon that no float can hold", "normEpsilon", Configuration("normEpsilon", "1e999")),
        new("an epsilon that is zero as a float", "normEpsilon 0", Configuration("normEpsilon", "1e-99")),
        new("an epsilon that is text", "must be a number", Configuration("normEpsilon", "\"1e-5\"")),
        new("an unknown activation", "activation 'tanh'", Configuration("activation", "\"tanh\"")),
        new("an activation by number", "must be text", Configuration("activation", "1")),
        new("a tied head and a tensor for it", "not called for", Configuration("tiedHead", "true")),
        new("a tied head that is text", "must be true or false", Configuration("tiedHead", "\"false\"")),
        new("an end of text after the vocabulary", "endOfTextToken 5", Configuration("endOfTextToken", "5")),
        new("an end of text below zero", "endOfTextToken -1", Configuration("endOfTextToken", "-1")),
        new("heads of keys that do not divide the heads", "keyValueHeads 3", Configuration("keyValueHeads", "3")),
        new("fewer heads of keys than the tensors have", "query_key_value", Configuration("keyValueHeads", "1")),
        new("a head size too large", "headSize 2147483647", Configuration("headSize", "2147483647")),
        new("another head size than the tensors have", "query_key_value", Configuration("headSize", "17")),
        new("more features of heads than any matrix has", "131072 of headSize 4096", Json(json =>
        {
            json["config"]!["heads"] = 131072;
            json["config"]!["headSize"] = 4096;
        })),
        new("as many features of heads as may be", "6291456 × 24", Json(json =>
        {
            json["config"]!["heads"] = 131072;
            json["config"]!["headSize"] = 16;
        })),
        new("rotary positions and a table of positions", "position_embedding", Configuration("rotary", """{"base":10000,"dimensions":4}""")),
        new("rotary positions that are a number", "must be an object", Configuration("rotary", "10000")),
        new("rotary positions without a base", "no member 'base'", Configuration("rotary", """{"dimensions":4}""")),
        new("more rotary dimensions than a head has", "rotary.dimensions 14", Configuration("rotary", """{"base":10000,"dimensions":14}""")),
        new("a rotary base that no float can hold", "rotary.base", Configuration("rotary", """{"base":1e99,"dimensions":4}""")),
        new("a window of no positions", "attentionWindow.length 0", Configuration(
            "attentionWindow", """{"length":0,"firstLayer":0,"layerStep":1}""")),
        new("windows every zero layers", "attentionWindow.layerStep 0", Configuration(
            "attentionWindow", """{"length":9,"firstLayer":0,"layerStep":0}""")),
        new("gates that the tensors do not have", "blocks.0.feed_forward_in", Configuration("gated", "true")),
        new("an unknown norm", "norm 'batch_norm'", Configuration("norm", "\"batch_norm\"")),
        new("a norm whose biases are too many", "attention_norm.bias", Configuration("norm", "\"rms_norm\"")),
        new("norms after the sums, and one before the head", "final_norm", Configuration("normPlacement", "\"after\"")),
        new("a bias that the configuration says is not there", "query_key_value.bias", Configuration("queryKeyValueBias", "false")),
        new("a vocabulary smaller than the tokenizer", "the tokenizer has 5 tokens", Parts(draft =>
        {
            draft.Config["vocabularySize"] = 4;
            draft.Config["endOfTextToken"] = 3;
            Entry(draft.Metadata, "tensors", "token_embedding")["rows"] = 4;
            Entry(draft.Metadata, "tensors", "head")["rows"] = 4;
        }))
        {
            OnlyWays = WithContent,
        },
    ];
}
