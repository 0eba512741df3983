using Mono.Cecil;
using Mono.Cecil.Cil;

namespace TinyGpt.Arm64.Rewriter;

/// <summary>
/// What else has to be different: the compiler is one version newer than the core library, and there is no runtime that would
/// initialize the library.
/// </summary>
internal static class CompilerExpectations
{
    public static void Meet(ModuleDefinition module)
    {
        AddDynamicInterfaceImplementation(module);
        ReplaceReadMemoryBarrier(module);
        SimplifyClassConstructorRunner(module);
    }

    /// <summary>The compiler looks for the method; only objects that implement interfaces at run time would call it.</summary>
    private static void AddDynamicInterfaceImplementation(ModuleDefinition module)
    {
        const MethodAttributes Attributes = MethodAttributes.Static | MethodAttributes.Assembly | MethodAttributes.HideBySig;

        MethodDefinition method = new("GetDynamicInterfaceImplementation", Attributes, module.TypeSystem.IntPtr);
        ILProcessor body = method.Body.GetILProcessor();
        body.Emit(OpCodes.Ldc_I4_0);
        body.Emit(OpCodes.Conv_I);
        body.Emit(OpCodes.Ret);
        module.GetType("System.Runtime.InteropServices.IDynamicInterfaceCastable").Methods.Add(method);
    }

    /// <summary>For this compiler it is no intrinsic, and its body only calls itself. The full barrier does the same and more.</summary>
    private static void ReplaceReadMemoryBarrier(ModuleDefinition module)
    {
        const string Interlocked = "System.Threading.Interlocked";

        MethodDefinition method = module.Method(Interlocked, "ReadMemoryBarrier");
        method.UnmarkIntrinsic();
        ILProcessor body = method.ReplaceBody();
        body.Emit(OpCodes.Call, module.Method(Interlocked, "MemoryBarrier"));
        body.Emit(OpCodes.Ret);
    }

    /// <summary>
    /// Running a class constructor needs locks that the runtime's start would make. With one thread it is enough to forget its address,
    /// which marks it as run, and to call it.
    /// </summary>
    private static void SimplifyClassConstructorRunner(ModuleDefinition module)
    {
        MethodDefinition method = module.Method("System.Runtime.CompilerServices.ClassConstructorRunner", "EnsureClassConstructorRun");
        TypeDefinition context = ((PointerType)method.Parameters[0].ParameterType).ElementType.Resolve();
        FieldDefinition address = context.Fields.Single(field => field.Name.StartsWith("cctorMethodAddress", StringComparison.Ordinal));
        ILProcessor body = method.ReplaceBody();
        VariableDefinition constructor = new(module.TypeSystem.IntPtr);
        method.Body.Variables.Add(constructor);
        Instruction end = body.Create(OpCodes.Ret);
        body.Emit(OpCodes.Ldarg_0);
        body.Emit(OpCodes.Ldfld, address);
        body.Emit(OpCodes.Stloc, constructor);
        body.Emit(OpCodes.Ldloc, constructor);
        body.Emit(OpCodes.Brfalse, end);
        body.Emit(OpCodes.Ldarg_0);
        body.Emit(OpCodes.Ldc_I4_0);
        body.Emit(OpCodes.Conv_I);
        body.Emit(OpCodes.Stfld, address);
        body.Emit(OpCodes.Ldloc, constructor);
        body.Emit(OpCodes.Calli, new CallSite(module.TypeSystem.Void));
        body.Append(end);
    }
}
