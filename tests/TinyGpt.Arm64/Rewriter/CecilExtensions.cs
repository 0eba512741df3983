using Mono.Cecil;
using Mono.Cecil.Cil;

namespace TinyGpt.Arm64.Rewriter;

internal static class CecilExtensions
{
    private const string IntrinsicAttribute = "System.Runtime.CompilerServices.IntrinsicAttribute";

    /// <summary>The classes of a namespace that declare intrinsics, nested ones included.</summary>
    public static IEnumerable<TypeDefinition> IntrinsicClasses(this ModuleDefinition module, string prefix) =>
        module.GetTypes().Where(type =>
            type is { IsClass: true, IsEnum: false } && type.FullName.StartsWith(prefix, StringComparison.Ordinal));

    public static IEnumerable<MethodDefinition> StaticMethods(this TypeDefinition type) =>
        type.Methods.Where(method => method is { IsStatic: true, IsConstructor: false, HasBody: true });

    public static MethodDefinition Method(this ModuleDefinition module, string type, string name) =>
        module.GetType(type).Methods.Single(method => method.Name == name);

    public static MethodDefinition ParameterlessConstructor(this ModuleDefinition module, string type) =>
        module.GetType(type).Methods.Single(method => method is { IsConstructor: true, IsStatic: false, Parameters.Count: 0 });

    public static void MarkIntrinsic(this ICustomAttributeProvider member, ModuleDefinition module)
    {
        if (!member.CustomAttributes.Any(IsIntrinsic))
        {
            member.CustomAttributes.Add(new CustomAttribute(module.ParameterlessConstructor(IntrinsicAttribute)));
        }
    }

    public static void UnmarkIntrinsic(this ICustomAttributeProvider member)
    {
        foreach (CustomAttribute attribute in member.CustomAttributes.Where(IsIntrinsic).ToArray())
        {
            member.CustomAttributes.Remove(attribute);
        }
    }

    /// <summary>Empties a method and hands out what writes its new body.</summary>
    public static ILProcessor ReplaceBody(this MethodDefinition method)
    {
        method.Body = new MethodBody(method);
        return method.Body.GetILProcessor();
    }

    private static bool IsIntrinsic(CustomAttribute attribute) => attribute.AttributeType.FullName == IntrinsicAttribute;
}
