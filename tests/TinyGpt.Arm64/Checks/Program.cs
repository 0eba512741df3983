using TinyGpt.Arm64;

// The argument says what the processor has to have: dotprod or plain. Otherwise a dispatch to other code would pass for a test of it.
switch (args)
{
    case ["dotprod"]:
        return new Checks(withDotProduct: true).Run() == 0 ? 0 : 1;
    case ["plain"]:
        return new Checks(withDotProduct: false).Run() == 0 ? 0 : 1;
    default:
        Console.Error.WriteLine("usage: TinyGpt.Arm64 dotprod|plain");
        return 2;
}
