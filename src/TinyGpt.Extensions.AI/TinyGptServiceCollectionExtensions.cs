using System.Diagnostics.Metrics;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using TinyGpt.Extensions.AI.Configuration;

namespace TinyGpt.Extensions.AI;

/// <summary>Adds the chat client to a service collection, which is not thread-safe.</summary>
public static class TinyGptServiceCollectionExtensions
{
    /// <summary>
    /// Adds one <see cref="TinyGptChatClient"/> for the whole container, as itself and as <see cref="IChatClient"/>. It is made when it is
    /// first asked for, with the container's <see cref="ILogger{TCategoryName}"/> and <see cref="IMeterFactory"/> where there are any, and
    /// disposed with the container. Call it while the services are being put together, from one thread; a second call changes the options
    /// of the same client.
    /// </summary>
    /// <example><code>
    /// builder.Services.AddTinyGptChatClient(options =>
    /// {
    ///     options.ModelPath = "models/gpt2.tgpt";
    ///     options.Engine = new GptEngineOptions { MaxSequences = 8, Threads = 4 };
    /// });
    /// </code></example>
    /// <param name="services">The services.</param>
    /// <param name="configure">
    /// Sets the options. They are checked when a host starts, or else when the client is made: an <see cref="OptionsValidationException"/>
    /// names every option that is wrong.
    /// </param>
    /// <returns>The services.</returns>
    /// <exception cref="ArgumentNullException">The services or the function are null.</exception>
    public static IServiceCollection AddTinyGptChatClient(this IServiceCollection services, Action<TinyGptChatClientOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(configure);
        services.AddOptions<TinyGptChatClientOptions>().Configure(configure).ValidateOnStart();
        services.TryAddEnumerable(
            ServiceDescriptor.Singleton<IValidateOptions<TinyGptChatClientOptions>, TinyGptChatClientOptionsValidator>());
        services.TryAddSingleton(provider => new TinyGptChatClient(
            provider.GetRequiredService<IOptions<TinyGptChatClientOptions>>().Value,
            provider.GetService<ILogger<TinyGptChatClient>>(),
            provider.GetService<IMeterFactory>()));
        services.TryAddSingleton<IChatClient>(provider => provider.GetRequiredService<TinyGptChatClient>());
        return services;
    }
}
