using Mono.Cecil;
using Mono.Cecil.Cil;

namespace TinyGpt.Architecture.Tests;

/// <summary>Every type that a type's declaration, members and code name.</summary>
internal static class TypeUses
{
    public static HashSet<TypeReference> Of(TypeDefinition type)
    {
        HashSet<TypeReference> uses = [];
        Visit(type, uses);
        return uses;
    }

    public static TypeReference Outermost(TypeReference type)
    {
        while (type.DeclaringType is TypeReference outer)
        {
            type = outer;
        }

        return type;
    }

    private static void Visit(TypeDefinition type, HashSet<TypeReference> uses)
    {
        Add(type.BaseType, uses);
        AddAttributes(type, uses);
        AddConstraints(type, uses);
        foreach (InterfaceImplementation implementation in type.Interfaces)
        {
            Add(implementation.InterfaceType, uses);
        }

        foreach (FieldDefinition field in type.Fields)
        {
            Add(field.FieldType, uses);
            AddAttributes(field, uses);
        }

        foreach (MethodDefinition method in type.Methods)
        {
            Visit(method, uses);
        }

        foreach (TypeDefinition nested in type.NestedTypes)
        {
            Visit(nested, uses);
        }
    }

    private static void Visit(MethodDefinition method, HashSet<TypeReference> uses)
    {
        AddSignature(method, uses);
        AddAttributes(method, uses);
        AddConstraints(method, uses);
        if (!method.HasBody)
        {
            return;
        }

        foreach (VariableDefinition variable in method.Body.Variables)
        {
            Add(variable.VariableType, uses);
        }

        foreach (ExceptionHandler handler in method.Body.ExceptionHandlers)
        {
            Add(handler.CatchType, uses);
        }

        foreach (Instruction instruction in method.Body.Instructions)
        {
            switch (instruction.Operand)
            {
                case MethodReference called:
                    Add(called.DeclaringType, uses);
                    AddSignature(called, uses);
                    break;
                case FieldReference field:
                    Add(field.DeclaringType, uses);
                    Add(field.FieldType, uses);
                    break;
                case TypeReference type:
                    Add(type, uses);
                    break;
            }
        }
    }

    private static void AddSignature(MethodReference method, HashSet<TypeReference> uses)
    {
        Add(method.ReturnType, uses);
        foreach (ParameterDefinition parameter in method.Parameters)
        {
            Add(parameter.ParameterType, uses);
        }

        if (method is GenericInstanceMethod instance)
        {
            foreach (TypeReference argument in instance.GenericArguments)
            {
                Add(argument, uses);
            }
        }
    }

    private static void AddAttributes(ICustomAttributeProvider provider, HashSet<TypeReference> uses)
    {
        foreach (CustomAttribute attribute in provider.CustomAttributes)
        {
            Add(attribute.AttributeType, uses);
            foreach (CustomAttributeArgument argument in attribute.ConstructorArguments)
            {
                Add(argument.Value as TypeReference, uses);
            }
        }
    }

    private static void AddConstraints(IGenericParameterProvider provider, HashSet<TypeReference> uses)
    {
        foreach (GenericParameterConstraint constraint in provider.GenericParameters.SelectMany(parameter => parameter.Constraints))
        {
            Add(constraint.ConstraintType, uses);
        }
    }

    private static void Add(TypeReference? type, HashSet<TypeReference> uses)
    {
        switch (type)
        {
            case null or GenericParameter:
                break;
            case GenericInstanceType instance:
                Add(instance.ElementType, uses);
                foreach (TypeReference argument in instance.GenericArguments)
                {
                    Add(argument, uses);
                }

                break;
            case TypeSpecification specification:
                Add(specification.ElementType, uses);
                break;
            default:
                uses.Add(type);
                break;
        }
    }
}
