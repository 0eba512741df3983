using Mono.Cecil;
using Mono.Cecil.Cil;

namespace TinyGpt.Arm64.Rewriter;

/// <summary>
/// In the core library for arm64 no method of <c>System.Runtime.Intrinsics.X86</c> is supported: <c>IsSupported</c> is a false that the
/// compiler may fold, and the others throw. So the library's own vector code takes its other paths.
/// </summary>
internal static class X86Intrinsics
{
    private const string Prefix = "System.Runtime.Intrinsics.X86.";

    /// <summary>Takes the intrinsics away.</summary>
    /// <returns>How many methods there are.</returns>
    public static int Remove(ModuleDefinition module)
    {
        MethodReference exception = module.ParameterlessConstructor("System.PlatformNotSupportedException");
        int count = 0;
        foreach (TypeDefinition type in module.IntrinsicClasses(Prefix))
        {
            type.UnmarkIntrinsic();
            foreach (MethodDefinition method in type.StaticMethods())
            {
                ILProcessor body = method.ReplaceBody();
                if (method.Name == "get_IsSupported")
                {
                    method.MarkIntrinsic(module);
                    body.Emit(OpCodes.Ldc_I4_0);
                    body.Emit(OpCodes.Ret);
                }
                else
                {
                    body.Emit(OpCodes.Newobj, exception);
                    body.Emit(OpCodes.Throw);
                }

                count++;
            }
        }

        return count;
    }
}
