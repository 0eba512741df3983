using TinyGpt.Cli;

return await CommandLine.RunAsync(args);
