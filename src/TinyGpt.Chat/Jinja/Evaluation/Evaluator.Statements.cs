using TinyGpt.Chat.Jinja.Syntax;
using TinyGpt.Chat.Jinja.Values;

namespace TinyGpt.Chat.Jinja.Evaluation;

internal sealed partial class Evaluator
{
    /// <summary>How a list of statements ended.</summary>
    private enum Flow
    {
        Next,
        Break,
        Continue,
    }

    private Flow Execute(IReadOnlyList<Statement> statements, Scope scope, TrackedTextBuilder output)
    {
        Budget.Enter();
        Flow flow = Flow.Next;
        for (int i = 0; i < statements.Count && flow == Flow.Next; i++)
        {
            try
            {
                Budget.Step();
                flow = Execute(statements[i], scope, output);
            }
            catch (TemplateException exception) when (exception.Line == 0)
            {
                throw _source.Fail(statements[i].Offset, exception.Problem, exception.Kind);
            }
        }

        Budget.Leave();
        return flow;
    }

    private Flow Execute(Statement statement, Scope scope, TrackedTextBuilder output)
    {
        switch (statement)
        {
            case TextStatement text:
                output.Append(text.Value, isTemplate: true);
                Budget.CheckOutput(output.Length);
                return Flow.Next;
            case OutputStatement { Value: var value }:
                output.Append(Operations.ToText(Evaluate(value, scope)));
                Budget.CheckOutput(output.Length);
                return Flow.Next;
            case If branches:
                foreach ((Expression test, IReadOnlyList<Statement> body) in branches.Branches)
                {
                    if (Operations.IsTrue(Evaluate(test, scope)))
                    {
                        return Execute(body, scope, output);
                    }
                }

                return Execute(branches.Else, scope, output);
            case For loop:
                return Execute(loop, Evaluate(loop.Source, scope), scope, output, depth: 1);
            case Assign assign:
                AssignTo(assign.Target, Evaluate(assign.Value, scope), scope);
                return Flow.Next;
            case AssignBlock assign:
                TrackedText written = Capture(assign.Body, scope);
                AssignTo(assign.Target, assign.Filter is { } assignFilter ? ApplyTo(written, assignFilter, scope) : written, scope);
                return Flow.Next;
            case With with:
                Scope inner = new(scope);
                foreach ((Expression target, Expression value) in with.Assignments)
                {
                    AssignTo(target, Evaluate(value, scope), inner);
                }

                return Execute(with.Body, inner, output);
            case MacroStatement { Macro: var macro }:
                scope.Set(macro.Name, CreateMacro(macro, scope));
                return Flow.Next;
            case CallBlock { Call: var call } block:
                output.Append(Operations.ToText(CallWith(call, CreateMacro(block.Caller, scope), scope)));
                return Flow.Next;
            case FilterBlock filter:
                output.Append(Operations.ToText(ApplyTo(Capture(filter.Body, scope), filter.Filter, scope)));
                return Flow.Next;
            case Scoped scoped:
                return Execute(scoped.Body, new Scope(scope), output);
            case Break:
                return Flow.Break;
            case Continue:
                return Flow.Continue;
            default:
                throw new InvalidOperationException($"There is no execution of {statement.GetType().Name}.");
        }
    }

    private Flow Execute(For loop, object source, Scope scope, TrackedTextBuilder output, int depth)
    {
        IReadOnlyList<object> items = Operations.Elements(source);
        if (loop.Test is { } test)
        {
            List<object> chosen = [];
            foreach (object item in items)
            {
                Scope tested = new(scope);
                AssignTo(loop.Target, item, tested);
                if (Operations.IsTrue(Evaluate(test, tested)))
                {
                    chosen.Add(item);
                }
            }

            items = chosen;
        }

        if (items.Count == 0)
        {
            return Execute(loop.Else, new Scope(scope), output);
        }

        Func<object, object>? recursion = loop.IsRecursive
            ? inner =>
            {
                TrackedTextBuilder written = new(Budget);
                Execute(loop, inner, scope, written, depth + 1);
                return written.Finish();
            }
        : null;
        Loop state = new(items, depth, Operations, recursion);
        for (int i = 0; i < items.Count; i++)
        {
            state.Index = i;
            Scope iteration = new(scope);
            iteration.Set("loop", state);
            AssignTo(loop.Target, items[i], iteration);
            if (Execute(loop.Body, iteration, output) == Flow.Break)
            {
                break;
            }
        }

        return Flow.Next;
    }

    private TrackedText Capture(IReadOnlyList<Statement> body, Scope scope)
    {
        TrackedTextBuilder written = new(Budget);
        Execute(body, new Scope(scope), written);
        return written.Finish();
    }

    private object ApplyTo(TrackedText text, FilterExpression filter, Scope scope)
    {
        object target = filter.Target is FilterExpression inner ? ApplyTo(text, inner, scope) : text;
        return Filter(filter.Name, ReadArguments(filter.Name, [target], filter.Arguments, scope));
    }

    private object CallWith(CallExpression call, Callable caller, Scope scope)
    {
        Arguments arguments = ReadArguments(NameOf(call.Target), [], call.Arguments, scope);
        OrderedDictionary<string, object> named = new(StringComparer.Ordinal);
        foreach ((string name, object value) in arguments.Named)
        {
            named[name] = value;
        }

        named["caller"] = caller;
        return Call(Evaluate(call.Target, scope), new Arguments(arguments.Function, arguments.Positional, named));
    }

    private void AssignTo(Expression target, object value, Scope scope)
    {
        switch (target)
        {
            case NameExpression name:
                scope.Set(name.Text, value);
                break;
            case MemberAccess { Target: NameExpression space } member:
                Namespace owner = Lookup(space.Text, scope) as Namespace
                    ?? throw new TemplateException(TemplateErrorKind.Value, $"'{space.Text}' is no namespace, so '{member.Member}' cannot be assigned to");
                owner.Members[member.Member] = value;
                break;
            case ListLiteral list:
                IReadOnlyList<object> items = Operations.Elements(value);
                if (items.Count != list.Items.Count)
                {
                    throw new TemplateException(TemplateErrorKind.Value, $"{items.Count} values cannot be assigned to {list.Items.Count} names");
                }

                for (int i = 0; i < items.Count; i++)
                {
                    AssignTo(list.Items[i], items[i], scope);
                }

                break;
            default:
                throw new TemplateException(TemplateErrorKind.Syntax, "this cannot be assigned to");
        }
    }

    private Callable CreateMacro(MacroDefinition macro, Scope scope) => new(macro.Name, arguments => Invoke(macro, arguments, scope))
    {
        Members = new Dictionary<string, object>(StringComparer.Ordinal)
        {
            ["name"] = new TrackedText(macro.Name, isTemplate: true),
            ["arguments"] = new Sequence([.. macro.Parameters.Select(parameter => new TrackedText(parameter.Name, isTemplate: true))], isTuple: true),
            ["caller"] = macro.Uses.Contains("caller"),
            ["catch_kwargs"] = macro.Uses.Contains("kwargs"),
            ["catch_varargs"] = macro.Uses.Contains("varargs"),
        },
    };

    private TrackedText Invoke(MacroDefinition macro, Arguments arguments, Scope outer)
    {
        Scope scope = new(outer);
        int count = macro.Parameters.Count;
        OrderedDictionary<string, object> named = new(arguments.Named, StringComparer.Ordinal);
        List<int> missing = [];
        for (int i = 0; i < count; i++)
        {
            string name = macro.Parameters[i].Name;
            if (i < arguments.Positional.Count)
            {
                scope.Set(name, arguments.Positional[i]);
            }
            else if (named.Remove(name, out object? value))
            {
                scope.Set(name, value);
            }
            else
            {
                scope.Set(name, new Undefined($"the parameter '{name}' was not given"));
                missing.Add(i);
            }
        }

        bool hasCaller = macro.Parameters.Any(parameter => parameter.Name == "caller");
        if (macro.Uses.Contains("caller") && !hasCaller)
        {
            scope.Set("caller", named.Remove("caller", out object? caller) ? caller : new Undefined("there is no caller"));
        }

        if (macro.Uses.Contains("kwargs"))
        {
            Mapping rest = new();
            foreach ((string name, object value) in named)
            {
                rest.Set(name, value);
            }

            scope.Set("kwargs", rest);
        }
        else if (named.Count > 0)
        {
            throw arguments.Fail($"has no argument '{named.GetAt(0).Key}'");
        }

        if (macro.Uses.Contains("varargs"))
        {
            scope.Set("varargs", new Sequence([.. arguments.Positional.Skip(count)], isTuple: true));
        }
        else if (arguments.Positional.Count > count)
        {
            throw arguments.Fail($"takes {count} arguments and was given {arguments.Positional.Count}");
        }

        foreach (int i in missing)
        {
            if (macro.Parameters[i].Default is { } value)
            {
                scope.Set(macro.Parameters[i].Name, Evaluate(value, scope));
            }
        }

        TrackedTextBuilder output = new(Budget);
        Execute(macro.Body, scope, output);
        return output.Finish();
    }
}
