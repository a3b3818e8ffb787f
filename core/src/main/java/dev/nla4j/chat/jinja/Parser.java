package dev.nla4j.chat.jinja;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/// Tokens to statements.
final class Parser {
    /// Python fails at twenty loops inside one another, and at a hundred levels of any kind.
    private static final int DEEPEST = 100;

    private final TokenStream stream;
    private final ExpressionParser expressions;
    private final Deque<String> openTags = new ArrayDeque<>();

    private Parser(List<Token> tokens) {
        this.stream = new TokenStream(tokens);
        this.expressions = new ExpressionParser(stream);
    }

    static List<Node.Stmt> parse(String source) {
        return new Parser(Lexer.tokenize(source)).statements(Set.of());
    }

    /// Data, prints and statements up to (not including) one of the `ends`; up to the end of the template when there
    /// are none.
    private List<Node.Stmt> statements(Set<String> ends) {
        List<Node.Stmt> body = new ArrayList<>();
        List<Node.Expr> output = new ArrayList<>();
        while (!stream.at(Token.Kind.END)) {
            Token token = stream.next();
            switch (token.kind()) {
                case DATA -> output.add(new Node.Data(token.line(), token.text()));
                case VARIABLE_BEGIN -> {
                    output.add(expressions.tuple(true, false));
                    stream.expect(Token.Kind.VARIABLE_END);
                }
                default -> {
                    flush(output, body);
                    if (stream.at(Token.Kind.NAME)
                            && ends.contains(stream.current().text())) {
                        return body;
                    }
                    body.add(statement());
                    stream.expect(Token.Kind.BLOCK_END);
                }
            }
        }
        flush(output, body);
        if (!ends.isEmpty()) {
            throw stream.failure(
                    "Unexpected end of template. Looking for " + names(ends) + " of " + openTags.peek(), null);
        }
        return body;
    }

    private static void flush(List<Node.Expr> output, List<Node.Stmt> body) {
        if (!output.isEmpty()) {
            body.add(new Node.Output(output.get(0).line(), List.copyOf(output)));
            output.clear();
        }
    }

    private static String names(Set<String> ends) {
        return String.join(" or ", ends.stream().sorted().map(Printer::quoted).toList());
    }

    /// The body behind a tag, up to one of the `ends`, which becomes current.
    private List<Node.Stmt> body(String... ends) {
        stream.skipOperator(":");
        stream.expect(Token.Kind.BLOCK_END);
        return statements(Set.of(ends));
    }

    /// [#body] up to its only end, which is passed over.
    private List<Node.Stmt> wholeBody(String end) {
        List<Node.Stmt> body = body(end);
        stream.next();
        return body;
    }

    private Node.Stmt statement() {
        Token tag = stream.current();
        if (tag.kind() != Token.Kind.NAME) {
            throw stream.failure("tag name expected", null);
        }
        if (openTags.size() >= DEEPEST) {
            throw new PyError(PyError.Kind.LIMIT, "statements nested deeper than " + DEEPEST).at(tag.line());
        }
        openTags.push(tag.text());
        stream.next();
        Node.Stmt statement = switch (tag.text()) {
            case "if" -> parseIf(tag.line());
            case "for" -> parseFor(tag.line());
            case "set" -> parseSet(tag.line());
            case "macro" -> parseMacro(tag.line());
            case "call" -> parseCall(tag.line());
            case "filter" -> parseFilterBlock(tag.line());
            case "with" -> parseWith(tag.line());
            case "autoescape" -> new Node.Autoescape(tag.line(), expressions.expression(), wholeBody("endautoescape"));
            case "generation" -> new Node.Generation(tag.line(), wholeGeneration());
            case "print" -> parsePrint(tag.line());
            case "break" -> new Node.Break(tag.line());
            case "continue" -> new Node.Continue(tag.line());
            case "include", "import", "from", "extends", "block" ->
                throw stream.failure("tag '" + tag.text() + "' is not supported: a chat template is one file", tag);
            default -> throw stream.failure("Encountered unknown tag " + Printer.quoted(tag.text()), tag);
        };
        openTags.pop();
        return statement;
    }

    private List<Node.Stmt> wholeGeneration() {
        return wholeBody("endgeneration");
    }

    private Node.Stmt parseIf(int line) {
        Node.Expr test = expressions.tuple(false, false);
        List<Node.Stmt> body = body("elif", "else", "endif");
        List<Node.If> elifs = new ArrayList<>();
        List<Node.Stmt> otherwise = List.of();
        while (true) {
            String end = stream.next().text();
            if (end.equals("endif")) {
                return new Node.If(line, test, body, elifs, otherwise);
            }
            if (end.equals("else")) {
                otherwise = body("endif");
            } else {
                int elifLine = stream.line();
                Node.Expr elifTest = expressions.tuple(false, false);
                elifs.add(new Node.If(elifLine, elifTest, body("elif", "else", "endif"), List.of(), List.of()));
            }
        }
    }

    private Node.Stmt parseFor(int line) {
        Node.Target target = target(false);
        stream.expectName("in");
        Node.Expr iterable = expressions.tuple(false, false);
        Node.Expr test = stream.skipName("if") ? expressions.expression() : null;
        boolean recursive = stream.skipName("recursive");
        List<Node.Stmt> body = body("endfor", "else");
        List<Node.Stmt> otherwise = stream.next().text().equals("else") ? wholeBody("endfor") : List.of();
        return new Node.For(line, target, iterable, body, otherwise, test, recursive);
    }

    private Node.Stmt parseSet(int line) {
        Node.Target target = target(true);
        if (stream.skipOperator("=")) {
            return new Node.Set(line, target, expressions.tuple(true, false));
        }
        Node.Filter filter = stream.skipOperator("|") ? filters() : null;
        return new Node.SetBlock(line, target, filter, wholeBody("endset"));
    }

    /// Filters one behind the other, the first one on the body of a block.
    private Node.Filter filters() {
        Node.Filter filter = expressions.filter(null);
        while (stream.skipOperator("|")) {
            filter = expressions.filter(filter);
        }
        return filter;
    }

    private Node.Stmt parseMacro(int line) {
        Token name = stream.expect(Token.Kind.NAME);
        requireAssignable(new Node.Name(name.line(), name.text()));
        return new Node.Macro(line, name.text(), signature(), wholeBody("endmacro"));
    }

    private Node.Stmt parseCall(int line) {
        Node.Signature signature = stream.atOperator("(") ? signature() : Node.Signature.EMPTY;
        Node.Expr call = expressions.expression();
        if (!(call instanceof Node.Call called)) {
            throw PyError.runtime("expected call").at(line);
        }
        return new Node.CallBlock(line, called, signature, wholeBody("endcall"));
    }

    private Node.Signature signature() {
        List<String> parameters = new ArrayList<>();
        List<Node.Expr> defaults = new ArrayList<>();
        Set<String> seen = new HashSet<>();
        stream.expectOperator("(");
        while (!stream.atOperator(")")) {
            if (!parameters.isEmpty()) {
                stream.expectOperator(",");
            }
            Token name = stream.expect(Token.Kind.NAME);
            requireAssignable(new Node.Name(name.line(), name.text()));
            if (!seen.add(name.text())) {
                throw stream.failure("duplicate argument " + Printer.quoted(name.text()), name);
            }
            if (stream.skipOperator("=")) {
                defaults.add(expressions.expression());
            } else if (!defaults.isEmpty()) {
                throw stream.failure("non-default argument follows default argument", name);
            }
            parameters.add(name.text());
        }
        stream.expectOperator(")");
        return new Node.Signature(parameters, defaults);
    }

    private Node.Stmt parseFilterBlock(int line) {
        return new Node.FilterBlock(line, filters(), wholeBody("endfilter"));
    }

    private Node.Stmt parseWith(int line) {
        List<Node.Target> targets = new ArrayList<>();
        List<Node.Expr> values = new ArrayList<>();
        while (!stream.at(Token.Kind.BLOCK_END)) {
            if (!targets.isEmpty()) {
                stream.expectOperator(",");
            }
            targets.add(target(false));
            stream.expectOperator("=");
            values.add(expressions.expression());
        }
        return new Node.With(line, targets, values, wholeBody("endwith"));
    }

    private Node.Stmt parsePrint(int line) {
        List<Node.Expr> items = new ArrayList<>();
        while (!stream.at(Token.Kind.BLOCK_END)) {
            if (!items.isEmpty()) {
                stream.expectOperator(",");
            }
            items.add(expressions.expression());
        }
        return new Node.Output(line, items);
    }

    /// What is assigned to: names, tuples of them and, when `withNamespace`, attributes of namespaces.
    private Node.Target target(boolean withNamespace) {
        int line = stream.line();
        List<Node.Target> items = new ArrayList<>();
        boolean isTuple = false;
        while (!expressions.isTupleEnd()) {
            items.add(singleTarget(withNamespace));
            if (!stream.skipOperator(",")) {
                break;
            }
            isTuple = true;
        }
        if (items.isEmpty() && !isTuple) {
            throw stream.failure(
                    "Expected an expression, got '" + stream.current().described() + "'", null);
        }
        return isTuple ? new Node.TupleTarget(line, items) : items.get(0);
    }

    private Node.Target singleTarget(boolean withNamespace) {
        Node.Expr value = expressions.primary();
        if (withNamespace && value instanceof Node.Name(int line, String name) && stream.skipOperator(".")) {
            return new Node.AttributeTarget(
                    line, name, stream.expect(Token.Kind.NAME).text());
        }
        return requireAssignable(value);
    }

    private Node.Target requireAssignable(Node.Expr value) {
        return switch (value) {
            case Node.Name(int line, String name) -> {
                if (Set.of("true", "false", "none", "True", "False", "None").contains(name)) {
                    throw PyError.runtime("can't assign to '" + name + "'").at(line);
                }
                yield new Node.NameTarget(line, name);
            }
            case Node.TupleExpr(int line, List<Node.Expr> items) -> {
                List<Node.Target> targets = new ArrayList<>();
                items.forEach(item -> targets.add(requireAssignable(item)));
                yield new Node.TupleTarget(line, targets);
            }
            default -> throw PyError.runtime("can't assign to this expression").at(value.line());
        };
    }
}
