using Mono.Cecil;
using TinyGpt.Arm64.Rewriter;

if (args.Length != 2)
{
    Console.Error.WriteLine("usage: CoreLibRewriter SYSTEM.PRIVATE.CORELIB.DLL OUTPUT.DLL");
    return 2;
}

using AssemblyDefinition assembly = AssemblyDefinition.ReadAssembly(args[0], new ReaderParameters { InMemory = true });
ModuleDefinition module = assembly.MainModule;
int restored = ArmIntrinsics.Restore(module);
int removed = X86Intrinsics.Remove(module);
CompilerExpectations.Meet(module);
assembly.Write(args[1]);
Console.WriteLine($"core library: {restored} Arm methods are intrinsic again, {removed} x86 methods are gone");
return restored > 0 && removed > 0 ? 0 : 1;
