using System.Globalization;
using TinyGpt.Soak;

// soak [MINUTES] [SEED]   many sessions created, fed, forked, rewound, saved, restored and dropped; memory must not grow
// saves FOLDER            restores, saves and restores again what tests/Golden has, and reads a persona (the tests do that without OpenSSL)
// save PATH               saves a session over and over until the process is killed (the tests do that)
switch (args)
{
    case ["soak", ..]:
        double minutes = args.Length > 1 ? double.Parse(args[1], CultureInfo.InvariantCulture) : 30;
        ulong seed = args.Length > 2 ? ulong.Parse(args[2], CultureInfo.InvariantCulture) : 1;
        return Endurance.Run(TimeSpan.FromMinutes(minutes), seed);
    case ["save", string path]:
        return SaveLoop.Run(path);
    case ["saves", string folder]:
        return SaveRoundTrip.Run(folder);
    default:
        Console.Error.WriteLine("usage: soak [MINUTES] [SEED] | save PATH | saves FOLDER");
        return 2;
}
