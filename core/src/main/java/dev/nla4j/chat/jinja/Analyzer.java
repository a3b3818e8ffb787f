package dev.nla4j.chat.jinja;

import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// What is known of a template before it runs: the names of every frame, and errors that need no run (unknown filters
/// and tests, `break` outside a loop).
final class Analyzer {
    /// Deeper trees would take more stack than small threads have.
    private static final int DEEPEST = 400;
    private static final Set<String> SPECIAL = Set.of("caller", "kwargs", "varargs");

    /// The frames of one template.
    ///
    /// @param root names of the template itself
    /// @param bodies names of the bodies of statements that make a frame
    /// @param tests names of the frames of loops' `if`
    /// @param elses names of the frames of loops' `else`
    /// @param specials which of `caller`, `kwargs` and `varargs` a macro or call block uses
    record Frames(
            Map<String, Symbols.Load> root,
            IdentityHashMap<Node.Stmt, Map<String, Symbols.Load>> bodies,
            IdentityHashMap<Node.For, Map<String, Symbols.Load>> tests,
            IdentityHashMap<Node.For, Map<String, Symbols.Load>> elses,
            IdentityHashMap<Node.Stmt, Set<String>> specials) {
        Map<String, Symbols.Load> body(Node.Stmt stmt) {
            return found(bodies, stmt);
        }

        Map<String, Symbols.Load> test(Node.For loop) {
            return found(tests, loop);
        }

        Map<String, Symbols.Load> otherwise(Node.For loop) {
            return found(elses, loop);
        }

        Set<String> specials(Node.Stmt macro) {
            return found(specials, macro);
        }

        private static <K extends Node, V> V found(IdentityHashMap<K, V> frames, K node) {
            V frame = frames.get(node);
            if (frame == null) {
                throw new IllegalStateException("no frame for the statement at line " + node.line());
            }
            return frame;
        }
    }

    /// Where a statement stands.
    ///
    /// @param lenient whether an unknown filter is an error only when it is reached, as within `if`
    private record Place(Symbols symbols, boolean lenient, boolean inLoop) {
        Place within(Symbols inner) {
            return new Place(inner, false, inLoop);
        }

        Place softly() {
            return new Place(symbols, true, inLoop);
        }

        Place loop(boolean inside) {
            return new Place(symbols, lenient, inside);
        }
    }

    private final IdentityHashMap<Node.Stmt, Map<String, Symbols.Load>> bodies = new IdentityHashMap<>();
    private final IdentityHashMap<Node.For, Map<String, Symbols.Load>> tests = new IdentityHashMap<>();
    private final IdentityHashMap<Node.For, Map<String, Symbols.Load>> elses = new IdentityHashMap<>();
    private final IdentityHashMap<Node.Stmt, Set<String>> specials = new IdentityHashMap<>();

    private Analyzer() {}

    static Frames analyze(List<Node.Stmt> template) {
        template.forEach(stmt -> requireShallow(stmt, 0));
        Analyzer analyzer = new Analyzer();
        Symbols root = new Symbols(null);
        if (!NameSearch.undeclared(template, Set.of("self")).isEmpty()) {
            root.parameter("self");
        }
        root.visitAll(template);
        analyzer.statements(template, new Place(root, false, false));
        return new Frames(root.loads(), analyzer.bodies, analyzer.tests, analyzer.elses, analyzer.specials);
    }

    private static void requireShallow(Node node, int depth) {
        if (depth > DEEPEST) {
            throw new PyError(PyError.Kind.LIMIT, "a tree deeper than " + DEEPEST).at(node.line());
        }
        NodeChildren.of(node).forEach(child -> requireShallow(child, depth + 1));
    }

    private void statements(List<Node.Stmt> stmts, Place place) {
        stmts.forEach(stmt -> statement(stmt, place));
    }

    private void statement(Node.Stmt stmt, Place place) {
        switch (stmt) {
            case Node.Output output -> expressions(output.items(), place);
            case Node.If branch -> branches(branch, place.softly());
            case Node.For loop -> loop(loop, place);
            case Node.Break _ -> requireLoop("break", stmt, place);
            case Node.Continue _ -> requireLoop("continue", stmt, place);
            case Node.Set set -> expression(set.value(), place);
            case Node.SetBlock set -> {
                Place inner = frame(stmt, set.body(), place);
                statements(set.body(), inner);
                expressions(set.filter() == null ? List.of() : List.of(set.filter()), inner);
            }
            case Node.Macro macro -> macro(stmt, macro.signature(), macro.body(), place);
            case Node.CallBlock block -> {
                macro(stmt, block.signature(), block.body(), place);
                expression(block.call(), place);
            }
            case Node.Generation generation -> macro(stmt, Node.Signature.EMPTY, generation.body(), place);
            case Node.FilterBlock block -> {
                Place inner = frame(stmt, block.body(), place);
                inner.symbols().visit(block.filter());
                statements(block.body(), inner);
                expression(block.filter(), inner);
            }
            case Node.With with -> {
                expressions(with.values(), place);
                Symbols symbols = new Symbols(place.symbols());
                with.targets().forEach(symbols::parameters);
                symbols.visitAll(with.body());
                bodies.put(stmt, symbols.loads());
                statements(with.body(), place.within(symbols));
            }
            case Node.Autoescape autoescape -> {
                Symbols symbols = new Symbols(place.symbols());
                symbols.visit(autoescape.value());
                symbols.visitAll(autoescape.body());
                bodies.put(stmt, symbols.loads());
                expression(autoescape.value(), place.within(symbols));
                statements(autoescape.body(), place.within(symbols));
            }
        }
    }

    private Place frame(Node.Stmt stmt, List<Node.Stmt> body, Place place) {
        Symbols symbols = new Symbols(place.symbols());
        symbols.visitAll(body);
        bodies.put(stmt, symbols.loads());
        return place.within(symbols);
    }

    private void branches(Node.If branch, Place place) {
        expression(branch.test(), place);
        statements(branch.body(), place);
        branch.elifs().forEach(elif -> branches(elif, place));
        statements(branch.otherwise(), place);
    }

    private void loop(Node.For loop, Place place) {
        if (NodeChildren.of(loop).stream().anyMatch(child -> NameSearch.isAssigned("loop", child))) {
            throw PyError.runtime("Can't assign to special loop variable in for-loop target")
                    .at(loop.line());
        }
        expression(loop.iterable(), place);
        Symbols body = new Symbols(place.symbols());
        boolean usesLoop = loop.recursive()
                || !NameSearch.undeclared(loop.body(), Set.of("loop")).isEmpty();
        if (usesLoop) {
            body.parameter("loop");
        }
        body.parameters(loop.target());
        body.visitAll(loop.body());
        bodies.put(loop, body.loads());
        statements(loop.body(), place.within(body).loop(true));

        Symbols otherwise = new Symbols(place.symbols());
        otherwise.visitAll(loop.otherwise());
        elses.put(loop, otherwise.loads());
        statements(loop.otherwise(), place.within(otherwise).loop(place.inLoop() && !loop.recursive()));

        if (loop.test() != null) {
            Symbols test = new Symbols(place.symbols());
            test.parameters(loop.target());
            test.visit(loop.test());
            tests.put(loop, test.loads());
            expression(loop.test(), place.within(test));
        }
    }

    private static void requireLoop(String what, Node.Stmt stmt, Place place) {
        if (!place.inLoop()) {
            throw PyError.runtime("'" + what + "' outside loop").at(stmt.line());
        }
    }

    private void macro(Node.Stmt stmt, Node.Signature signature, List<Node.Stmt> body, Place place) {
        Set<String> used = NameSearch.undeclared(body, SPECIAL);
        Symbols symbols = new Symbols(place.symbols());
        for (String special : used) {
            int parameter = signature.parameters().indexOf(special);
            if (parameter < 0) {
                symbols.parameter(special);
            } else if (special.equals("caller") && signature.defaultOf(parameter) == null) {
                throw PyError.runtime("When defining macros or call blocks the special \"caller\" argument must be"
                                + " omitted or be given a default.")
                        .at(stmt.line());
            }
        }
        signature.parameters().forEach(symbols::parameter);
        symbols.visitAll(signature.defaults());
        symbols.visitAll(body);
        bodies.put(stmt, symbols.loads());
        specials.put(stmt, used);
        Place inner = new Place(symbols, false, false);
        expressions(signature.defaults(), inner);
        statements(body, inner);
    }

    private void expressions(List<? extends Node.Expr> exprs, Place place) {
        exprs.forEach(expr -> expression(expr, place));
    }

    private void expression(Node node, Place place) {
        Place inside = node instanceof Node.Condition ? place.softly() : place;
        if (node instanceof Node.Filter filter && !place.lenient() && !Filters.isKnown(filter.name())) {
            throw PyError.runtime("No filter named " + Printer.quoted(filter.name()) + ".")
                    .at(node.line());
        }
        if (node instanceof Node.Test test && !place.lenient() && !Tests.isKnown(test.name())) {
            throw PyError.runtime("No test named " + Printer.quoted(test.name()) + ".")
                    .at(node.line());
        }
        NodeChildren.of(node).forEach(child -> expression(child, inside));
    }
}
