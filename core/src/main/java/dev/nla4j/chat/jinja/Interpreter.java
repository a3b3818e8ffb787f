package dev.nla4j.chat.jinja;

import java.time.LocalDateTime;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// One rendering of a template: runs its statements. Expressions are the [Evaluator]'s.
final class Interpreter {
    /// How a statement ended.
    private enum Flow {
        NEXT,
        BREAK,
        CONTINUE
    }

    private final Analyzer.Frames frames;
    private final Budget budget;
    private final Map<String, Value> passed;
    private final Evaluator evaluator;
    private final Output rendering;
    private final List<Rendering.Span> generations = new ArrayList<>();
    /// What filters and macros go by; what is printed goes by [Scope#escaping].
    private boolean autoescape;

    private Interpreter(Analyzer.Frames frames, Map<String, Value> variables, LocalDateTime now, Budget budget) {
        this.frames = frames;
        this.budget = budget;
        this.passed = Globals.of(budget, now);
        this.passed.putAll(variables);
        this.evaluator = new Evaluator(this);
        this.rendering = Output.rendering(budget);
    }

    static Rendering render(
            List<Node.Stmt> template,
            Analyzer.Frames frames,
            Map<String, Value> variables,
            LocalDateTime now,
            Budget budget) {
        Interpreter interpreter = new Interpreter(frames, variables, now, budget);
        Scope root = Scope.root();
        if (frames.root().get("self") == Symbols.Load.PARAMETER) {
            root.set("self", SelfReference.SELF);
        }
        root.enter(frames.root(), interpreter.passed, budget);
        interpreter.run(template, root, interpreter.rendering);
        return interpreter.result();
    }

    /// The text, and the spans as far as they lie in it: what a captured block makes may never be printed.
    private Rendering result() {
        int length = rendering.length();
        List<Rendering.Span> inside = generations.stream()
                .map(span -> new Rendering.Span(Math.min(span.start(), length), Math.min(span.end(), length)))
                .toList();
        return new Rendering(rendering.text(), inside);
    }

    Budget budget() {
        return budget;
    }

    boolean autoescape() {
        return autoescape;
    }

    /// What was passed to the template under `name`, or a global.
    @Nullable
    Value passed(String name) {
        return passed.get(name);
    }

    private Flow run(List<Node.Stmt> body, Scope scope, Output out) {
        for (Node.Stmt stmt : body) {
            try {
                budget.enter();
                Flow flow = run(stmt, scope, out);
                budget.leave();
                if (flow != Flow.NEXT) {
                    return flow;
                }
            } catch (PyError e) {
                throw e.at(stmt.line());
            }
        }
        return Flow.NEXT;
    }

    private Flow run(Node.Stmt stmt, Scope scope, Output out) {
        switch (stmt) {
            case Node.Output output -> print(output, scope, out);
            case Node.If branch -> {
                return runIf(branch, scope, out);
            }
            case Node.For loop -> {
                return runFor(loop, scope, out);
            }
            case Node.Break _ -> {
                return Flow.BREAK;
            }
            case Node.Continue _ -> {
                return Flow.CONTINUE;
            }
            case Node.Set set -> assign(set, scope);
            case Node.SetBlock set -> {
                return runSetBlock(set, scope);
            }
            case Node.Macro macro -> {
                Macro made = macro(macro, macro.name(), macro.signature(), macro.body(), scope);
                scope.set(macro.name(), made);
            }
            case Node.CallBlock block -> {
                Macro caller = macro(block, null, block.signature(), block.body(), scope);
                out.append(string(evaluator.call(block.call(), scope, caller)));
            }
            case Node.Generation generation -> runGeneration(generation, scope, out);
            case Node.FilterBlock block -> {
                return runFilterBlock(block, scope, out);
            }
            case Node.With with -> {
                return runWith(with, scope, out);
            }
            case Node.Autoescape block -> {
                return runAutoescape(block, scope, out);
            }
        }
        return Flow.NEXT;
    }

    private void print(Node.Output output, Scope scope, Output out) {
        for (Node.Expr item : output.items()) {
            if (item instanceof Node.Data data) {
                out.append(data.text());
            } else {
                Value value = evaluator.evaluate(item, scope);
                out.append(escapes(scope) ? Html.escape(value, budget).chars() : Printer.str(value, budget));
            }
        }
    }

    /// Whether what `scope` prints is escaped.
    boolean escapes(Scope scope) {
        return switch (scope.escaping()) {
            case OFF -> false;
            case ON -> true;
            case VOLATILE -> autoescape;
        };
    }

    private static String string(Value value) {
        if (value instanceof PyText text) {
            return text.chars();
        }
        throw PyError.type("expected str instance, " + value.typeName() + " found");
    }

    private Flow runIf(Node.If node, Scope scope, Output out) {
        if (evaluator.isTrue(node.test(), scope)) {
            return run(node.body(), scope, out);
        }
        for (Node.If elif : node.elifs()) {
            if (evaluator.isTrue(elif.test(), scope)) {
                return run(elif.body(), scope, out);
            }
        }
        return run(node.otherwise(), scope, out);
    }

    private Flow runFor(Node.For node, Scope scope, Output out) {
        Value iterable = evaluator.evaluate(node.iterable(), scope);
        if (node.recursive()) {
            out.append(recurse(node, iterable, scope, 0).chars());
            return Flow.NEXT;
        }
        return runLoop(node, iterable, scope, out, 0);
    }

    private PyText recurse(Node.For node, Value iterable, Scope scope, int depth0) {
        Output captured = Output.captured(budget);
        runLoop(node, iterable, scope, captured, depth0);
        return escapes(scope) ? PyText.markup(captured.text()) : PyText.of(captured.text());
    }

    private Flow runLoop(Node.For node, Value iterable, Scope outer, Output out, int depth0) {
        budget.enter();
        Value items = node.test() == null ? iterable : filtered(node, node.test(), iterable, outer);
        Loop loop = new Loop(
                items, budget, depth0, node.recursive() ? inner -> recurse(node, inner, outer, depth0 + 1) : null);
        Map<String, Symbols.Load> names = frames.body(node);
        Scope scope = outer.inner();
        boolean completed = false;
        while (loop.hasNext()) {
            evaluator.assign(node.target(), loop.next(), scope);
            if (names.containsKey("loop")) {
                scope.set("loop", loop);
            }
            scope.enter(names, passed, budget);
            Flow flow = run(node.body(), scope, out);
            if (flow == Flow.BREAK) {
                break;
            }
            // as in Jinja, `else` also runs after a loop no round of which came to its end
            completed |= flow == Flow.NEXT;
        }
        scope.leave();
        Flow flow = Flow.NEXT;
        if (!completed) {
            Scope otherwise = outer.inner();
            otherwise.enter(frames.otherwise(node), passed, budget);
            flow = run(node.otherwise(), otherwise, out);
            otherwise.leave();
        }
        budget.leave();
        return flow;
    }

    /// The items that pass the loop's `if`, each tested when the loop comes to it.
    private PyIterator filtered(Node.For node, Node.Expr test, Value iterable, Scope outer) {
        Scope scope = outer.inner();
        return Lazy.generator(budget, () -> {
            scope.enter(frames.test(node), passed, budget);
            Iterator<Value> items = Sequences.iterate(iterable, budget);
            return new Lazy() {
                @Override
                @Nullable
                Value advance() {
                    while (items.hasNext()) {
                        evaluator.assign(node.target(), items.next(), scope);
                        if (evaluator.isTrue(test, scope)) {
                            return evaluator.assigned(node.target(), scope);
                        }
                    }
                    return null;
                }
            };
        });
    }

    private void assign(Node.Set set, Scope scope) {
        evaluator.requireNamespaces(set.target(), scope);
        evaluator.assign(set.target(), evaluator.evaluate(set.value(), scope), scope);
    }

    private Flow runSetBlock(Node.SetBlock set, Scope scope) {
        evaluator.requireNamespaces(set.target(), scope);
        Scope inner = scope.inner();
        inner.enter(frames.body(set), passed, budget);
        Output captured = Output.captured(budget);
        Flow flow = run(set.body(), inner, captured);
        if (flow != Flow.NEXT) {
            return flow;
        }
        Value value = filteredBody(set.filter(), captured, inner);
        boolean marks = autoescape && !(value instanceof PyText text && text.isMarkup());
        evaluator.assign(set.target(), marks ? PyText.markup(Printer.str(value, budget)) : value, scope);
        inner.leave();
        return flow;
    }

    private Value filteredBody(Node.@Nullable Filter filter, Output captured, Scope scope) {
        if (filter == null) {
            return PyText.of(captured.text());
        }
        PyText body = escapes(scope) ? PyText.markup(captured.text()) : PyText.of(captured.text());
        return evaluator.filterBody(filter, body, scope);
    }

    private Flow runFilterBlock(Node.FilterBlock block, Scope scope, Output out) {
        Scope inner = scope.inner();
        inner.enter(frames.body(block), passed, budget);
        Output captured = Output.captured(budget);
        Flow flow = run(block.body(), inner, captured);
        if (flow == Flow.NEXT) {
            out.append(string(filteredBody(block.filter(), captured, inner)));
        }
        inner.leave();
        return flow;
    }

    private Flow runWith(Node.With with, Scope scope, Output out) {
        Scope inner = scope.inner();
        inner.enter(frames.body(with), passed, budget);
        for (int i = 0; i < with.targets().size(); i++) {
            Value value = evaluator.evaluate(with.values().get(i), scope);
            evaluator.assign(with.targets().get(i), value, inner);
        }
        Flow flow = run(with.body(), inner, out);
        inner.leave();
        return flow;
    }

    private Flow runAutoescape(Node.Autoescape block, Scope scope, Output out) {
        boolean fixed = block.value() instanceof Node.Literal && scope.escaping() != Scope.Escaping.VOLATILE;
        Scope valueScope = scope.inner();
        valueScope.enter(frames.body(block), passed, budget);
        boolean wanted = evaluator.isTrue(block.value(), valueScope);
        Scope inner = scope.inner(fixed ? (wanted ? Scope.Escaping.ON : Scope.Escaping.OFF) : Scope.Escaping.VOLATILE);
        inner.enter(frames.body(block), passed, budget);
        boolean before = autoescape;
        autoescape = wanted;
        Flow flow = run(block.body(), inner, out);
        autoescape = before;
        inner.leave();
        return flow;
    }

    private Macro macro(
            Node.Stmt node, @Nullable String name, Node.Signature signature, List<Node.Stmt> body, Scope scope) {
        return new Macro(this, node, name, signature, body, frames.specials(node), scope);
    }

    /// Runs the body of `macro`.
    ///
    /// @param values of its parameters; null for those not passed
    PyText invoke(Macro macro, Map<String, @Nullable Value> values) {
        budget.enter();
        Scope scope = macro.scope().inner();
        values.forEach(scope::set);
        scope.enter(frames.body(macro.node()), passed, budget);
        Node.Signature signature = macro.signature();
        for (int i = 0; i < signature.parameters().size(); i++) {
            String parameter = signature.parameters().get(i);
            if (scope.get(parameter) == null) {
                Node.Expr byDefault = signature.defaultOf(i);
                scope.set(
                        parameter,
                        byDefault == null
                                ? PyUndefined.because("parameter " + Printer.quoted(parameter) + " was not provided")
                                : evaluator.evaluate(byDefault, scope));
            }
        }
        Output captured = Output.captured(budget);
        run(macro.body(), scope, captured);
        budget.leave();
        return autoescape ? PyText.markup(captured.text()) : PyText.of(captured.text());
    }

    /// Prints the body and notes where it stands. As in transformers the place is that of the rendering so far, also
    /// when the block stands in a macro whose text comes out later.
    private void runGeneration(Node.Generation generation, Scope scope, Output out) {
        Macro body = macro(generation, null, Node.Signature.EMPTY, generation.body(), scope);
        String text = string(body.call(new Arguments(List.of(), new LinkedHashMap<>())));
        generations.add(new Rendering.Span(rendering.length(), rendering.length() + text.length()));
        out.append(text);
    }
}
