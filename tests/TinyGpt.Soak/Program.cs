using System.Globalization;
using TinyGpt.Soak;

// soak [MINUTES] [SEED]   many sessions created, fed, forked, rewound, saved, restored and dropped; memory must not grow
// save PATH               saves a session over and over until the process is killed (the tests do that)
switch (args)
{
    case ["soak", ..]:
        double minutes = args.Length > 1 ? double.Parse(args[1], CultureInfo.InvariantCulture) : 30;
        ulong seed = args.Length > 2 ? ulong.Parse(args[2], CultureInfo.InvariantCulture) : 1;
        return Endurance.Run(TimeSpan.FromMinutes(minutes), seed);
    case ["save", string path]:
        return SaveLoop.Run(path);
    default:
        Console.Error.WriteLine("usage: soak [MINUTES] [SEED] | save PATH");
        return 2;
}
