using System.Text;
using System.Xml.Linq;
using Mono.Cecil;
using Mono.Cecil.Cil;

namespace TinyGpt.Arm64.Rewriter;

/// <summary>
/// In the core library for x64, the methods of <c>System.Runtime.Intrinsics.Arm</c> throw and their <c>IsSupported</c> is false. In the one
/// for arm64 each method calls itself, which is how the compiler knows that it has to put the instruction there.
/// </summary>
internal static class ArmIntrinsics
{
    private const string Prefix = "System.Runtime.Intrinsics.Arm.";
    private const string ScalableVectors = ".Sve"; // not compiled, and their signatures have types of their own

    /// <summary>Makes the methods intrinsic.</summary>
    /// <returns>How many there are.</returns>
    public static int Restore(ModuleDefinition module)
    {
        int count = 0;
        foreach (TypeDefinition type in module.IntrinsicClasses(Prefix).Where(type => IsRestored(type.FullName)))
        {
            // On the class: an attribute on the methods would make the compiler look for a body of its own.
            type.MarkIntrinsic(module);
            foreach (MethodDefinition method in type.StaticMethods())
            {
                method.UnmarkIntrinsic();
                CallItself(method);
                count++;
            }
        }

        RemoveSubstitutions(module);
        return count;
    }

    private static bool IsRestored(string type) =>
        type.StartsWith(Prefix, StringComparison.Ordinal) && !type.Contains(ScalableVectors, StringComparison.Ordinal);

    private static void CallItself(MethodDefinition method)
    {
        MethodReference self = method;
        if (method.HasGenericParameters)
        {
            GenericInstanceMethod instance = new(method);
            foreach (GenericParameter parameter in method.GenericParameters)
            {
                instance.GenericArguments.Add(parameter);
            }

            self = instance;
        }

        ILProcessor body = method.ReplaceBody();
        foreach (ParameterDefinition parameter in method.Parameters)
        {
            body.Emit(OpCodes.Ldarg, parameter);
        }

        body.Emit(OpCodes.Call, self);
        body.Emit(OpCodes.Ret);
    }

    /// <summary>Resources tell the compiler to take the classes' <c>IsSupported</c> for false.</summary>
    private static void RemoveSubstitutions(ModuleDefinition module)
    {
        foreach (EmbeddedResource resource in module.Resources.OfType<EmbeddedResource>().ToArray())
        {
            if (!resource.Name.Contains("Substitutions", StringComparison.Ordinal))
            {
                continue;
            }

            using Stream stream = resource.GetResourceStream();
            XDocument document = XDocument.Load(stream);
            foreach (XElement type in document.Descendants("type").ToArray())
            {
                if (IsRestored((string?)type.Attribute("fullname") ?? ""))
                {
                    type.Remove();
                }
            }

            module.Resources.Remove(resource);
            module.Resources.Add(new EmbeddedResource(resource.Name, resource.Attributes, Encoding.UTF8.GetBytes(document.ToString())));
        }
    }
}
