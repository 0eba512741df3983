using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using TinyGpt.Extensions.AI;
using TinyGpt.Tavern;

// An app of a container and a chat client, to be published ahead of time: see run.sh.
ServiceCollection services = new();
services.AddTinyGptChatClient(options =>
{
    options.Model = TavernModel.Load();
    options.MaxOutputTokens = 12;
});
using ServiceProvider provider = services.BuildServiceProvider();
Console.WriteLine((await provider.GetRequiredService<IChatClient>().GetResponseAsync("A room for the night?")).Text.Trim());
