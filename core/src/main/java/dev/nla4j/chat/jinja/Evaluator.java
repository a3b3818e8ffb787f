package dev.nla4j.chat.jinja;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Expressions to values, and values into targets.
final class Evaluator {
    private final Interpreter interpreter;
    private final Budget budget;

    Evaluator(Interpreter interpreter) {
        this.interpreter = interpreter;
        this.budget = interpreter.budget();
    }

    Value evaluate(Node.Expr expr, Scope scope) {
        try {
            budget.enter();
            Value value = value(expr, scope);
            budget.leave();
            return value;
        } catch (PyError e) {
            throw e.at(expr.line());
        }
    }

    boolean isTrue(Node.Expr expr, Scope scope) {
        return Sequences.isTrue(evaluate(expr, scope));
    }

    private Value value(Node.Expr expr, Scope scope) {
        return switch (expr) {
            case Node.Data data -> PyText.of(data.text());
            case Node.Literal literal -> literal.value();
            case Node.Name name -> name(name.name(), scope);
            case Node.TupleExpr tuple -> new PyTuple(all(tuple.items(), scope));
            case Node.ListExpr list -> new PyList(all(list.items(), scope));
            case Node.DictExpr dict -> dict(dict, scope);
            case Node.Unary unary -> Operators.unary(unary.operator(), evaluate(unary.operand(), scope));
            case Node.Binary binary ->
                Operators.binary(
                        binary.operator(), evaluate(binary.left(), scope), evaluate(binary.right(), scope), budget);
            case Node.Logical logical -> {
                Value left = evaluate(logical.left(), scope);
                yield Sequences.isTrue(left) == logical.conjunction() ? evaluate(logical.right(), scope) : left;
            }
            case Node.Not not -> PyBool.of(!isTrue(not.operand(), scope));
            case Node.Concat concat -> concat(concat, scope);
            case Node.Compare compare -> compare(compare, scope);
            case Node.Condition condition -> condition(condition, scope);
            case Node.Getattr getattr -> Access.attribute(evaluate(getattr.target(), scope), getattr.name(), budget);
            case Node.Getitem getitem ->
                Access.item(evaluate(getitem.target(), scope), evaluate(getitem.index(), scope), budget);
            case Node.Slice slice ->
                Sequences.slice(
                        evaluate(slice.target(), scope),
                        orNone(slice.start(), scope),
                        orNone(slice.stop(), scope),
                        orNone(slice.step(), scope),
                        budget);
            case Node.Call call -> call(call, scope, null);
            case Node.Filter filter -> {
                Node.Expr subject = filter.subject();
                if (subject == null) {
                    throw new IllegalStateException("the filter of a block has no subject of its own");
                }
                yield filter(filter, evaluate(subject, scope), scope);
            }
            case Node.Test test -> {
                Value subject = evaluate(test.subject(), scope);
                yield Tests.apply(test.name(), arguments(test.passed(), scope).after(subject), budget);
            }
        };
    }

    private Value name(String name, Scope scope) {
        Value value = scope.knows(name) ? scope.get(name) : interpreter.passed(name);
        return value == null ? PyUndefined.name(name) : value;
    }

    private Value orNone(Node.@Nullable Expr expr, Scope scope) {
        return expr == null ? PyNone.NONE : evaluate(expr, scope);
    }

    private List<Value> all(List<Node.Expr> exprs, Scope scope) {
        List<Value> values = new ArrayList<>(exprs.size());
        for (Node.Expr expr : exprs) {
            values.add(evaluate(expr, scope));
        }
        return values;
    }

    private Value dict(Node.DictExpr dict, Scope scope) {
        Map<Key, Value> entries = new LinkedHashMap<>();
        for (Node.Pair pair : dict.items()) {
            Value key = evaluate(pair.key(), scope);
            Value value = evaluate(pair.value(), scope);
            entries.put(new Key(key, budget), value);
        }
        return new PyDict(entries);
    }

    private Value concat(Node.Concat concat, Scope scope) {
        List<Value> items = all(concat.items(), scope);
        boolean markup = scope.escaping() == Scope.Escaping.ON
                && items.stream().anyMatch(item -> item instanceof PyText text && text.isMarkup());
        StringBuilder text = new StringBuilder();
        for (Value item : items) {
            String shown = markup ? Html.escape(item, budget).chars() : Printer.str(item, budget);
            budget.grown(text.length() + (long) shown.length(), shown.length());
            text.append(shown);
        }
        return markup ? PyText.markup(text.toString()) : PyText.of(text.toString());
    }

    private Value compare(Node.Compare compare, Scope scope) {
        Value left = evaluate(compare.first(), scope);
        for (Node.Operand operand : compare.rest()) {
            Value right = evaluate(operand.value(), scope);
            if (!Operators.compare(operand.operator(), left, right, budget)) {
                return PyBool.FALSE;
            }
            left = right;
        }
        return PyBool.TRUE;
    }

    private Value condition(Node.Condition condition, Scope scope) {
        if (isTrue(condition.test(), scope)) {
            return evaluate(condition.then(), scope);
        }
        return condition.otherwise() == null
                ? PyUndefined.because("the inline if-expression on line " + condition.line()
                        + " evaluated to false and no else section was defined.")
                : evaluate(condition.otherwise(), scope);
    }

    /// @param caller passed on as the argument of that name, for call blocks
    Value call(Node.Call call, Scope scope, @Nullable Value caller) {
        Value callee = evaluate(call.callee(), scope);
        Arguments arguments = arguments(call.passed(), scope);
        if (caller != null) {
            Map<String, Value> named = new LinkedHashMap<>(arguments.named());
            if (named.put("caller", caller) != null) {
                throw PyError.type("got multiple values for keyword argument 'caller'");
            }
            arguments = new Arguments(arguments.positional(), named);
        }
        return switch (callee) {
            case PyObject object -> object.call(arguments);
            case PyUndefined undefined -> throw undefined.failure();
            default -> throw PyError.type("'" + callee.typeName() + "' object is not callable");
        };
    }

    private Value filter(Node.Filter filter, Value subject, Scope scope) {
        return Filters.apply(filter.name(), arguments(filter.passed(), scope).after(subject), interpreter);
    }

    /// Applies the filters of a block to its body.
    Value filterBody(Node.Filter filter, PyText body, Scope scope) {
        Value subject = filter.subject() instanceof Node.Filter first ? filterBody(first, body, scope) : body;
        return filter(filter, subject, scope);
    }

    private Arguments arguments(Node.Passed passed, Scope scope) {
        List<Value> positional = all(passed.positional(), scope);
        Map<String, Value> named = new LinkedHashMap<>();
        for (Node.Named argument : passed.named()) {
            named.put(argument.name(), evaluate(argument.value(), scope));
        }
        if (passed.star() != null) {
            positional.addAll(Sequences.list(evaluate(passed.star(), scope), budget));
        }
        if (passed.doubleStar() != null) {
            spread(evaluate(passed.doubleStar(), scope), named);
        }
        return new Arguments(positional, named);
    }

    private void spread(Value value, Map<String, Value> named) {
        if (!(value instanceof PyDict dict)) {
            throw PyError.type("argument after ** must be a mapping, not " + value.typeName());
        }
        budget.items(dict.entries().size());
        dict.entries().forEach((key, item) -> {
            if (!(key.value() instanceof PyText name)) {
                throw PyError.type("keywords must be strings");
            }
            if (named.put(name.chars(), item) != null) {
                throw PyError.type("got multiple values for keyword argument " + Printer.quoted(name.chars()));
            }
        });
    }

    /// Puts `value` into `target`.
    void assign(Node.Target target, Value value, Scope scope) {
        switch (target) {
            case Node.NameTarget name -> scope.set(name.name(), value);
            case Node.AttributeTarget attribute -> namespace(attribute, scope).set(attribute.attribute(), value);
            case Node.TupleTarget tuple -> {
                List<Value> items = Sequences.list(value, budget);
                int wanted = tuple.items().size();
                if (items.size() != wanted) {
                    throw PyError.value((items.size() < wanted ? "not enough" : "too many")
                            + " values to unpack (expected " + wanted + ", got " + items.size() + ")");
                }
                for (int i = 0; i < wanted; i++) {
                    assign(tuple.items().get(i), items.get(i), scope);
                }
            }
        }
    }

    /// What `target` holds.
    Value assigned(Node.Target target, Scope scope) {
        return switch (target) {
            case Node.NameTarget name -> name(name.name(), scope);
            case Node.AttributeTarget attribute -> namespace(attribute, scope);
            case Node.TupleTarget tuple -> {
                List<Value> items = new ArrayList<>();
                tuple.items().forEach(item -> items.add(assigned(item, scope)));
                yield new PyTuple(items);
            }
        };
    }

    private Namespace namespace(Node.AttributeTarget target, Scope scope) {
        if (name(target.namespace(), scope) instanceof Namespace namespace) {
            return namespace;
        }
        throw PyError.runtime("cannot assign attribute on non-namespace object");
    }

    /// Fails when `target` has an attribute of what is no namespace.
    void requireNamespaces(Node.Target target, Scope scope) {
        switch (target) {
            case Node.NameTarget _ -> {}
            case Node.AttributeTarget attribute -> namespace(attribute, scope);
            case Node.TupleTarget tuple -> tuple.items().forEach(item -> requireNamespaces(item, scope));
        }
    }
}
