using TinyGpt.Chat.Jinja.Builtins;
using TinyGpt.Chat.Jinja.Syntax;
using TinyGpt.Chat.Jinja.Values;

namespace TinyGpt.Chat.Jinja.Evaluation;

/// <summary>Evaluates expressions and executes statements. Made for one rendering; not thread-safe.</summary>
internal sealed partial class Evaluator : Runtime
{
    private readonly TemplateSource _source;
    private readonly IReadOnlyDictionary<string, object> _variables;
    private readonly Dictionary<string, object> _globals;

    internal Evaluator(TemplateSource source, IReadOnlyDictionary<string, object> variables, TemplateLimits limits, Func<DateTimeOffset> clock)
        : base(new Budget(limits), clock)
    {
        _source = source;
        _variables = variables;
        _globals = Globals.Create(this);
    }

    internal TrackedText Render(IReadOnlyList<Statement> statements)
    {
        TrackedTextBuilder output = new(Budget);
        Execute(statements, new Scope(null), output);
        return output.Finish();
    }

    internal override object Member(object target, string name)
    {
        if (target is Undefined undefined)
        {
            throw undefined.Fail();
        }

        return (target is Loop loop ? loop.Member(name) : Methods.Find(target, name, this))
            ?? (target is Mapping mapping && mapping.TryGet(name, out object? value) ? value : Missing(target, name));
    }

    internal override object Item(object target, object key)
    {
        switch (target)
        {
            case Undefined undefined:
                throw undefined.Fail();
            case Mapping mapping when mapping.TryGet(key, out object? value):
                return value;
            case TrackedText text when Numbers.TryInteger(key, out Int128 index):
                int length = Characters.Count(text, Budget);
                index = index < 0 ? index + length : index;
                if (index < 0 || index >= length)
                {
                    return Missing(target, index.ToString(System.Globalization.CultureInfo.InvariantCulture));
                }

                int offset = Characters.Offset(text, (int)index, Budget);
                return text.Slice(offset, Characters.LengthAt(text.Value, offset));
            case Sequence sequence when Numbers.TryInteger(key, out Int128 index):
                index = index < 0 ? index + sequence.Items.Count : index;
                return index >= 0 && index < sequence.Items.Count ? sequence.Items[(int)index] : Missing(target, "of that position");
            case IntegerRange range when Numbers.TryInteger(key, out Int128 index):
                index = index < 0 ? index + range.Count : index;
                return index >= 0 && index < range.Count ? range[(int)index] : Missing(target, "of that position");
            default:
                return key is TrackedText name
                    ? (target is Loop loop ? loop.Member(name.Value) : Methods.Find(target, name.Value, this)) ?? Missing(target, name.Value)
                    : Missing(target, $"for a key of the type {Types.Name(key)}");
        }
    }

    internal override object Call(object target, Arguments arguments)
    {
        Budget.Enter();
        object result = target switch
        {
            Callable callable => callable.Call(arguments),
            Loop loop => loop.Call(arguments),
            _ => throw Types.Fail(target, "cannot be called"),
        };
        Budget.Leave();
        return result;
    }

    internal override object Filter(string name, Arguments arguments) => Filters.Apply(name, arguments, this);

    internal override bool Test(string name, Arguments arguments) => Tests.Ask(name, arguments, this);

    internal override bool HasFilter(string name) => Filters.Names.Contains(name);

    internal override bool HasTest(string name) => Tests.Names.Contains(name);

    private static Undefined Missing(object target, string name) => new($"'{Types.Name(target)} object' has no attribute '{name}'");

    private object Lookup(string name, Scope scope) =>
        scope.Find(name)
        ?? (_variables.TryGetValue(name, out object? value) ? value : null)
        ?? (_globals.TryGetValue(name, out object? global) ? global : Undefined.Name(name));

    private object Evaluate(Expression expression, Scope scope)
    {
        Budget.Enter();
        try
        {
            object value = expression switch
            {
                Constant constant => constant.Value,
                NameExpression name => Lookup(name.Text, scope),
                MemberAccess access => Member(Evaluate(access.Target, scope), access.Member),
                ItemAccess { Key: SliceKey slice } access => Slicing.Slice(
                    Evaluate(access.Target, scope), Optional(slice.Start, scope), Optional(slice.Stop, scope), Optional(slice.Step, scope), Operations),
                ItemAccess access => Item(Evaluate(access.Target, scope), Evaluate(access.Key, scope)),
                CallExpression call => Call(Evaluate(call.Target, scope), ReadArguments(NameOf(call.Target), [], call.Arguments, scope)),
                FilterExpression filter => Filter(
                    filter.Name, ReadArguments(filter.Name, [Evaluate(filter.Target!, scope)], filter.Arguments, scope)),
                TestExpression test => Test(test.Name, ReadArguments(test.Name, [Evaluate(test.Target, scope)], test.Arguments, scope)),
                Binary binary => Calculate(binary, scope),
                Unary unary => Calculate(unary, scope),
                Comparison comparison => Compare(comparison, scope),
                Concatenation concatenation => Concatenate(concatenation, scope),
                Conditional conditional => Operations.IsTrue(Evaluate(conditional.Test, scope)) ? Evaluate(conditional.Then, scope)
                    : conditional.Else is { } otherwise ? Evaluate(otherwise, scope)
                    : new Undefined("the condition is false, and there is no 'else'"),
                ListLiteral list => ReadList(list, scope),
                DictionaryLiteral dictionary => ReadDictionary(dictionary, scope),
                SliceKey => throw new TemplateException(TemplateErrorKind.Value, "a slice cannot be one of several keys"),
                _ => throw new InvalidOperationException($"There is no evaluation of {expression.GetType().Name}."),
            };
            Budget.Leave();
            return value;
        }
        catch (TemplateException exception) when (exception.Line == 0)
        {
            throw _source.Fail(expression.Offset, exception.Problem, exception.Kind);
        }
    }

    private static string NameOf(Expression target) => target switch
    {
        NameExpression name => name.Text,
        MemberAccess access => access.Member,
        _ => "call",
    };

    private object? Optional(Expression? expression, Scope scope) => expression is null ? null : Evaluate(expression, scope);

    private Arguments ReadArguments(string function, List<object> first, CallArguments arguments, Scope scope)
    {
        foreach (Expression argument in arguments.Positional)
        {
            first.Add(Evaluate(argument, scope));
        }

        if (arguments.MorePositional is { } more)
        {
            first.AddRange(Operations.Elements(Evaluate(more, scope)));
        }

        if (arguments.Named.Count == 0 && arguments.MoreNamed is null)
        {
            return new Arguments(function, first);
        }

        OrderedDictionary<string, object> named = new(StringComparer.Ordinal);
        foreach ((string name, Expression value) in arguments.Named)
        {
            named[name] = Evaluate(value, scope);
        }

        if (arguments.MoreNamed is { } moreNamed)
        {
            object value = Evaluate(moreNamed, scope);
            foreach ((object key, object item) in value is Mapping mapping ? mapping.Items : throw Types.Fail(value, "cannot be given after '**': it is not a mapping"))
            {
                named[TextMethods.RequireText(key).Value] = item;
            }
        }

        return new Arguments(function, first, named);
    }

    private object Calculate(Binary binary, Scope scope)
    {
        object left = Evaluate(binary.Left, scope);
        switch (binary.Operator)
        {
            case "and":
                return Operations.IsTrue(left) ? Evaluate(binary.Right, scope) : left;
            case "or":
                return Operations.IsTrue(left) ? left : Evaluate(binary.Right, scope);
            default:
                return Calculate(binary.Operator, left, Evaluate(binary.Right, scope));
        }
    }

    private object Calculate(string operation, object left, object right)
    {
        if (Numbers.IsNumber(left) && Numbers.IsNumber(right))
        {
            return Numbers.Calculate(operation, left, right);
        }

        switch (operation, left, right)
        {
            case ("+", TrackedText a, TrackedText b):
                return a.IsMarkup || b.IsMarkup
                    ? Operations.Concatenate(TextOperations.Escape(a, Budget), TextOperations.Escape(b, Budget))
                    : Operations.Concatenate(a, b);
            case ("+", Sequence a, Sequence b) when a.IsTuple == b.IsTuple:
                Budget.Elements(a.Items.Count + b.Items.Count);
                return new Sequence([.. a.Items, .. b.Items], a.IsTuple);
            case ("*", TrackedText text, _) when Numbers.TryInteger(right, out Int128 count):
                return TextOperations.Repeat(text, count, Budget);
            case ("*", _, TrackedText text) when Numbers.TryInteger(left, out Int128 count):
                return TextOperations.Repeat(text, count, Budget);
            case ("*", Sequence list, _) when Numbers.TryInteger(right, out Int128 count):
                return Repeat(list, count);
            case ("*", _, Sequence list) when Numbers.TryInteger(left, out Int128 count):
                return Repeat(list, count);
            case ("%", TrackedText format, _):
                return FieldFormat.Percent(format, right, this);
            default:
                throw left is Undefined ? Types.Fail(left, "") : Types.Fail(right, $"cannot be the right side of '{operation}' after one of the type {Types.Name(left)}");
        }
    }

    private Sequence Repeat(Sequence list, Int128 count)
    {
        count = Int128.Clamp(count, 0, int.MaxValue);
        Budget.Elements((long)count * list.Items.Count);
        List<object> items = [];
        for (int i = 0; i < (int)count && list.Items.Count > 0; i++)
        {
            items.AddRange(list.Items);
        }

        return new Sequence(items, list.IsTuple);
    }

    private object Calculate(Unary unary, Scope scope)
    {
        object value = Evaluate(unary.Operand, scope);
        return unary.Operator switch
        {
            "not" => !Operations.IsTrue(value),
            "-" => Numbers.Negate(value),
            _ => Numbers.IsNumber(value) ? Numbers.Calculate("+", value, (Int128)0) : throw Types.Fail(value, "is not a number"),
        };
    }

    private bool Compare(Comparison comparison, Scope scope)
    {
        object left = Evaluate(comparison.First, scope);
        foreach ((string operation, Expression operand) in comparison.Rest)
        {
            object right = Evaluate(operand, scope);
            bool holds = operation switch
            {
                "==" => Operations.AreEqual(left, right),
                "!=" => !Operations.AreEqual(left, right),
                "<" => Operations.Compare(left, right, operation) < 0,
                "<=" => Operations.Compare(left, right, operation) <= 0,
                ">" => Operations.Compare(left, right, operation) > 0,
                ">=" => Operations.Compare(left, right, operation) >= 0,
                "in" => Operations.Contains(right, left),
                _ => !Operations.Contains(right, left),
            };
            if (!holds)
            {
                return false;
            }

            left = right;
        }

        return true;
    }

    private TrackedText Concatenate(Concatenation concatenation, Scope scope)
    {
        TrackedTextBuilder result = new(Budget);
        foreach (Expression part in concatenation.Parts)
        {
            result.Append(Operations.ToText(Evaluate(part, scope)));
        }

        return result.Finish();
    }

    private Sequence ReadList(ListLiteral list, Scope scope)
    {
        Budget.Elements(list.Items.Count);
        List<object> items = new(list.Items.Count);
        foreach (Expression item in list.Items)
        {
            items.Add(Evaluate(item, scope));
        }

        return new Sequence(items, list.IsTuple);
    }

    private Mapping ReadDictionary(DictionaryLiteral dictionary, Scope scope)
    {
        Budget.Elements(dictionary.Items.Count);
        Mapping mapping = new();
        foreach ((Expression key, Expression value) in dictionary.Items)
        {
            mapping.Set(Evaluate(key, scope), Evaluate(value, scope));
        }

        return mapping;
    }
}
