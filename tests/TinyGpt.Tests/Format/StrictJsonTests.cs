using System.Text;
using System.Text.Json;
using Xunit;

namespace TinyGpt.Tests.Format;

public sealed class StrictJsonTests
{
    [Theory]
    [InlineData("""{"a":1,"a":2}""")]
    [InlineData("""{"a":1,"\u0061":2}""")]
    [InlineData("""[{"x":[{"b":{},"c":1,"b":{}}]}]""")]
    [InlineData("""{"1":0,"2":0,"3":0,"4":0,"5":0,"6":0,"7":0,"8":0,"9":0,"10":0,"11":0,"12":0,"13":0,"14":0,"\u0037":0}""")]
    public void A_name_that_an_object_has_twice_is_refused(string json) =>
        Assert.Contains("twice", Assert.Throws<JsonException>(() => StrictJson.Parse(Encoding.UTF8.GetBytes(json), 8)).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("""{"a":1,"A":2,"b":{"a":1},"c":[{"a":1},{"a":2}]}""")]
    [InlineData("""{"1":0,"2":0,"3":0,"4":0,"5":0,"6":0,"7":0,"8":0,"9":0,"10":0,"11":0,"12":0,"13":0,"14":{"1":0},"":0}""")]
    public void Equal_names_in_different_objects_are_not_equal_names(string json)
    {
        using JsonDocument document = StrictJson.Parse(Encoding.UTF8.GetBytes(json), 8);
        Assert.Equal(JsonValueKind.Object, document.RootElement.ValueKind);
    }

    [Theory]
    [InlineData("[[[]]]")]
    [InlineData("{} // remark")]
    [InlineData("[1,]")]
    public void What_the_framework_refuses_is_refused(string json) =>
        Assert.ThrowsAny<JsonException>(() => StrictJson.Parse(Encoding.UTF8.GetBytes(json), 2));
}
