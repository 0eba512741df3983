using System.Security.Cryptography;
using System.Text;
using TinyGpt.Format;
using Xunit;

namespace TinyGpt.Tests.Format;

public sealed class Sha256Tests
{
    /// <summary>Examples that NIST published for FIPS 180 and its secure hash standard validation (short messages).</summary>
    [Theory]
    [InlineData("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")]
    [InlineData("616263", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")]
    [InlineData("d3", "28969cdfa74a12c82f3bad960b0b000aca2ac329deea5c2328ebc6f2ba9802c1")]
    [InlineData("11af", "5ca7133fa735326081558ac312c620eeca9970d1e70a4b95533d956f072d1f98")]
    [InlineData("74ba2521", "b16aa56be3880d18cd41e68384cf1ec8c17680c45a02b1575dc1518923ae8b0e")]
    public void Published_examples(string messageHex, string digestHex) =>
        Assert.Equal(digestHex, Convert.ToHexStringLower(Sha256.Hash(Convert.FromHexString(messageHex))));

    [Theory]
    [InlineData("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1")]
    [InlineData(
        "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu",
        "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1")]
    public void Published_examples_of_two_blocks(string message, string digestHex) =>
        Assert.Equal(digestHex, Convert.ToHexStringLower(Sha256.Hash(Encoding.ASCII.GetBytes(message))));

    [Fact]
    public void A_million_letters_in_pieces()
    {
        Sha256 hash = new();
        byte[] letters = Encoding.ASCII.GetBytes(new string('a', 1000));
        for (int i = 0; i < 1000; i++)
        {
            hash.Append(letters);
        }

        Assert.Equal("cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0", Convert.ToHexStringLower(hash.Finish()));
    }

    [Fact]
    public void Every_length_around_the_blocks_gives_the_framework_s_digest()
    {
        byte[] bytes = new byte[400];
        new Random(1).NextBytes(bytes);
        for (int length = 0; length <= bytes.Length; length++)
        {
            Assert.Equal(SHA256.HashData(bytes.AsSpan(0, length)), Sha256.Hash(bytes.AsSpan(0, length)));
        }
    }

    [Fact]
    public unsafe void Messages_beside_each_other_have_the_digests_that_they_have_alone()
    {
        Assert.SkipUnless(Sha256Lanes.IsSupported, "this processor has no AVX2");
        Random random = new(4);
        byte[] bytes = new byte[20_000];
        random.NextBytes(bytes);
        fixed (byte* first = bytes)
        {
            for (int turn = 0; turn < 200; turn++)
            {
                (nint Start, long Length)[] messages = new (nint, long)[random.Next(1, 40)];
                for (int i = 0; i < messages.Length; i++)
                {
                    int start = random.Next(bytes.Length);
                    messages[i] = ((nint)(first + start), random.Next(0, Math.Min(turn % 3 == 0 ? 200 : 9000, bytes.Length - start)));
                }

                byte[]?[] digests = new byte[messages.Length][];
                int next = -1;
                Sha256Lanes.Hash(messages, () => ++next < messages.Length ? next : -1, digests);
                for (int i = 0; i < messages.Length; i++)
                {
                    Assert.Equal(SHA256.HashData(new ReadOnlySpan<byte>((byte*)messages[i].Start, (int)messages[i].Length)), digests[i]);
                }
            }
        }
    }

    [Fact]
    public void Pieces_of_any_length_give_the_digest_of_the_whole_and_the_next_message_starts_anew()
    {
        Random random = new(2);
        Sha256 hash = new();
        for (int turn = 0; turn < 200; turn++)
        {
            byte[] message = new byte[random.Next(2000)];
            random.NextBytes(message);
            for (int done = 0; done < message.Length;)
            {
                int piece = Math.Min(random.Next(150), message.Length - done);
                hash.Append(message.AsSpan(done, piece));
                done += piece;
            }

            Assert.Equal(SHA256.HashData(message), hash.Finish());
        }
    }
}
