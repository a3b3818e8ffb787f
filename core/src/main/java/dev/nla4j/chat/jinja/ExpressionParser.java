package dev.nla4j.chat.jinja;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Expressions, from the operator that binds weakest (the inline `if`) to the one that binds strongest.
final class ExpressionParser {
    /// Jinja itself fails at some sixty.
    private static final int DEEPEST = 100;
    private static final Map<String, Value> CONSTANTS = Map.of(
            "true", PyBool.TRUE,
            "True", PyBool.TRUE,
            "false", PyBool.FALSE,
            "False", PyBool.FALSE,
            "none", PyNone.NONE,
            "None", PyNone.NONE);
    private static final Set<String> COMPARISONS = Set.of("==", "!=", "<", "<=", ">", ">=");
    private static final Set<String> PRODUCTS = Set.of("*", "/", "//", "%");

    private final TokenStream stream;
    private int depth;

    ExpressionParser(TokenStream stream) {
        this.stream = stream;
    }

    private void enter() {
        if (++depth > DEEPEST) {
            throw new PyError(PyError.Kind.LIMIT, "expressions nested deeper than " + DEEPEST).at(stream.line());
        }
    }

    Node.Expr expression() {
        enter();
        Node.Expr value = condition();
        depth--;
        return value;
    }

    private Node.Expr condition() {
        int line = stream.line();
        Node.Expr value = or();
        while (stream.skipName("if")) {
            Node.Expr test = or();
            Node.Expr otherwise = null;
            if (stream.skipName("else")) {
                otherwise = expression();
            }
            value = new Node.Condition(line, test, value, otherwise);
            line = stream.line();
        }
        return value;
    }

    /// An expression without inline `if`.
    Node.Expr or() {
        int line = stream.line();
        Node.Expr left = and();
        while (stream.skipName("or")) {
            left = new Node.Logical(line, false, left, and());
            line = stream.line();
        }
        return left;
    }

    private Node.Expr and() {
        int line = stream.line();
        Node.Expr left = not();
        while (stream.skipName("and")) {
            left = new Node.Logical(line, true, left, not());
            line = stream.line();
        }
        return left;
    }

    private Node.Expr not() {
        int line = stream.line();
        if (!stream.skipName("not")) {
            return comparison();
        }
        enter();
        Node.Expr operand = not();
        depth--;
        return new Node.Not(line, operand);
    }

    private Node.Expr comparison() {
        int line = stream.line();
        Node.Expr first = sum();
        List<Node.Operand> rest = new ArrayList<>();
        while (true) {
            Token token = stream.current();
            if (token.kind() == Token.Kind.OPERATOR && COMPARISONS.contains(token.text())) {
                rest.add(new Node.Operand(stream.next().text(), sum()));
            } else if (stream.skipName("in")) {
                rest.add(new Node.Operand("in", sum()));
            } else if (token.isName("not") && stream.ahead().isName("in")) {
                stream.next();
                stream.next();
                rest.add(new Node.Operand("not in", sum()));
            } else {
                return rest.isEmpty() ? first : new Node.Compare(line, first, rest);
            }
        }
    }

    private Node.Expr sum() {
        int line = stream.line();
        Node.Expr left = concat();
        while (stream.atOperator("+") || stream.atOperator("-")) {
            left = new Node.Binary(line, stream.next().text(), left, concat());
            line = stream.line();
        }
        return left;
    }

    private Node.Expr concat() {
        int line = stream.line();
        List<Node.Expr> items = new ArrayList<>();
        items.add(product());
        while (stream.skipOperator("~")) {
            items.add(product());
        }
        return items.size() == 1 ? items.get(0) : new Node.Concat(line, items);
    }

    private Node.Expr product() {
        int line = stream.line();
        Node.Expr left = power();
        while (stream.at(Token.Kind.OPERATOR)
                && PRODUCTS.contains(stream.current().text())) {
            left = new Node.Binary(line, stream.next().text(), left, power());
            line = stream.line();
        }
        return left;
    }

    private Node.Expr power() {
        int line = stream.line();
        Node.Expr left = unary(true);
        while (stream.skipOperator("**")) {
            left = new Node.Binary(line, "**", left, unary(true));
            line = stream.line();
        }
        return left;
    }

    private Node.Expr unary(boolean withFilter) {
        int line = stream.line();
        Node.Expr value;
        if (stream.atOperator("-") || stream.atOperator("+")) {
            enter();
            String operator = stream.next().text();
            value = new Node.Unary(line, operator, unary(false));
            depth--;
        } else {
            value = primary();
        }
        value = postfix(value);
        return withFilter ? filtersAndTests(value) : value;
    }

    Node.Expr primary() {
        Token token = stream.current();
        switch (token.kind()) {
            case NAME -> {
                stream.next();
                Value constant = CONSTANTS.get(token.text());
                return constant != null
                        ? new Node.Literal(token.line(), constant)
                        : new Node.Name(token.line(), token.text());
            }
            case STRING -> {
                return adjacentStrings();
            }
            case INTEGER, FLOAT -> {
                stream.next();
                return literal(token);
            }
            default -> {
                enter();
                Node.Expr value = bracketed(token);
                depth--;
                return value;
            }
        }
    }

    private static Node.Literal literal(Token token) {
        Value value = token.value();
        return new Node.Literal(token.line(), value == null ? PyNone.NONE : value);
    }

    private Node.Expr adjacentStrings() {
        int line = stream.line();
        StringBuilder text = new StringBuilder();
        while (stream.at(Token.Kind.STRING)) {
            text.append(stream.next().text());
        }
        return new Node.Literal(line, PyText.of(text.toString()));
    }

    private Node.Expr bracketed(Token token) {
        if (stream.skipOperator("(")) {
            Node.Expr value = tuple(true, true);
            stream.expectOperator(")");
            return value;
        }
        if (stream.skipOperator("[")) {
            return list(token.line());
        }
        if (stream.skipOperator("{")) {
            return dict(token.line());
        }
        throw stream.failure("unexpected '" + token.described() + "'", token);
    }

    private Node.Expr list(int line) {
        List<Node.Expr> items = new ArrayList<>();
        while (!stream.atOperator("]")) {
            if (!items.isEmpty()) {
                stream.expectOperator(",");
            }
            if (stream.atOperator("]")) {
                break;
            }
            items.add(expression());
        }
        stream.expectOperator("]");
        return new Node.ListExpr(line, items);
    }

    private Node.Expr dict(int line) {
        List<Node.Pair> items = new ArrayList<>();
        while (!stream.atOperator("}")) {
            if (!items.isEmpty()) {
                stream.expectOperator(",");
            }
            if (stream.atOperator("}")) {
                break;
            }
            Node.Expr key = expression();
            stream.expectOperator(":");
            items.add(new Node.Pair(key, expression()));
        }
        stream.expectOperator("}");
        return new Node.DictExpr(line, items);
    }

    /// Expressions with commas between them, or one expression.
    ///
    /// @param emptyAllowed whether nothing is the empty tuple
    Node.Expr tuple(boolean withCondition, boolean emptyAllowed) {
        int line = stream.line();
        List<Node.Expr> items = new ArrayList<>();
        boolean isTuple = false;
        while (!isTupleEnd()) {
            items.add(withCondition ? expression() : or());
            if (!stream.skipOperator(",")) {
                break;
            }
            isTuple = true;
            line = stream.line();
        }
        if (!isTuple && !items.isEmpty()) {
            return items.get(0);
        }
        if (!isTuple && !emptyAllowed) {
            throw stream.failure(
                    "Expected an expression, got '" + stream.current().described() + "'", null);
        }
        return new Node.TupleExpr(line, items);
    }

    boolean isTupleEnd() {
        return stream.at(Token.Kind.VARIABLE_END) || stream.at(Token.Kind.BLOCK_END) || stream.atOperator(")");
    }

    private Node.Expr postfix(Node.Expr start) {
        Node.Expr value = start;
        while (true) {
            if (stream.atOperator(".")) {
                value = attribute(value);
            } else if (stream.atOperator("[")) {
                value = subscript(value);
            } else if (stream.atOperator("(")) {
                value = new Node.Call(stream.line(), value, passed());
            } else {
                return value;
            }
        }
    }

    private Node.Expr filtersAndTests(Node.Expr start) {
        Node.Expr value = start;
        while (true) {
            if (stream.skipOperator("|")) {
                value = filter(value);
            } else if (stream.atName("is")) {
                value = test(value);
            } else if (stream.atOperator("(")) {
                value = new Node.Call(stream.line(), value, passed());
            } else {
                return value;
            }
        }
    }

    private Node.Expr attribute(Node.Expr target) {
        int line = stream.next().line();
        Token token = stream.next();
        if (token.kind() == Token.Kind.NAME) {
            return new Node.Getattr(line, target, token.text());
        }
        if (token.kind() == Token.Kind.INTEGER) {
            return new Node.Getitem(line, target, literal(token));
        }
        throw stream.failure("expected name or number", token);
    }

    private Node.Expr subscript(Node.Expr target) {
        Token open = stream.next();
        List<Node.Expr> items = new ArrayList<>();
        Node.Slice slice = null;
        while (!stream.atOperator("]")) {
            if (!items.isEmpty() || slice != null) {
                stream.expectOperator(",");
            }
            Node.Expr index = stream.atOperator(":") ? null : expression();
            if (stream.atOperator(":")) {
                slice = slice(open.line(), target, index);
            } else if (index != null) {
                items.add(index);
            }
        }
        stream.expectOperator("]");
        if (slice != null) {
            if (!items.isEmpty()) {
                throw stream.failure("a slice can't be part of a tuple", open);
            }
            return slice;
        }
        return new Node.Getitem(
                open.line(), target, items.size() == 1 ? items.get(0) : new Node.TupleExpr(open.line(), items));
    }

    private Node.Slice slice(int line, Node.Expr target, Node.@Nullable Expr start) {
        stream.expectOperator(":");
        Node.Expr stop = isPartEnd() ? null : expression();
        Node.Expr step = null;
        if (stream.skipOperator(":") && !isPartEnd()) {
            step = expression();
        }
        return new Node.Slice(line, target, start, stop, step);
    }

    private boolean isPartEnd() {
        return stream.atOperator(":") || stream.atOperator("]") || stream.atOperator(",");
    }

    /// Arguments in parentheses.
    private Node.Passed passed() {
        Token open = stream.current();
        stream.expectOperator("(");
        List<Node.Expr> positional = new ArrayList<>();
        List<Node.Named> named = new ArrayList<>();
        Set<String> names = new HashSet<>();
        Node.Expr star = null;
        Node.Expr doubleStar = null;
        boolean first = true;
        while (!stream.atOperator(")")) {
            if (!first) {
                stream.expectOperator(",");
                if (stream.atOperator(")")) {
                    break;
                }
            }
            first = false;
            boolean wellPlaced;
            if (stream.skipOperator("*")) {
                wellPlaced = star == null && doubleStar == null;
                star = expression();
            } else if (stream.skipOperator("**")) {
                wellPlaced = doubleStar == null;
                doubleStar = expression();
            } else if (stream.at(Token.Kind.NAME) && stream.ahead().isOperator("=")) {
                String name = stream.next().text();
                stream.next();
                wellPlaced = doubleStar == null && names.add(name);
                named.add(new Node.Named(name, expression()));
            } else {
                wellPlaced = star == null && doubleStar == null && named.isEmpty();
                positional.add(expression());
            }
            if (!wellPlaced) {
                throw stream.failure("invalid syntax for function call expression", open);
            }
        }
        stream.expectOperator(")");
        return new Node.Passed(positional, named, star, doubleStar);
    }

    private String dottedName() {
        StringBuilder name = new StringBuilder(stream.expect(Token.Kind.NAME).text());
        while (stream.skipOperator(".")) {
            name.append('.').append(stream.expect(Token.Kind.NAME).text());
        }
        return name.toString();
    }

    /// One filter behind its `|`, applied to `subject`.
    Node.Filter filter(Node.@Nullable Expr subject) {
        int line = stream.line();
        String name = dottedName();
        return new Node.Filter(line, subject, name, stream.atOperator("(") ? passed() : Node.Passed.NOTHING);
    }

    private Node.Expr test(Node.Expr subject) {
        int line = stream.next().line();
        boolean negated = stream.skipName("not");
        String name = dottedName();
        Node.Passed passed = Node.Passed.NOTHING;
        if (stream.atOperator("(")) {
            passed = passed();
        } else if (startsArgument()) {
            if (stream.atName("is")) {
                throw stream.failure("You cannot chain multiple tests with is", null);
            }
            passed = new Node.Passed(List.of(postfix(primary())), List.of(), null, null);
        }
        Node.Expr test = new Node.Test(line, subject, name, passed);
        return negated ? new Node.Not(line, test) : test;
    }

    /// Whether a test's only argument follows without parentheses.
    private boolean startsArgument() {
        return switch (stream.current().kind()) {
            case NAME -> !stream.atName("else", "or", "and");
            case STRING, INTEGER, FLOAT -> true;
            case OPERATOR -> stream.atOperator("[") || stream.atOperator("{");
            case DATA, VARIABLE_BEGIN, VARIABLE_END, BLOCK_BEGIN, BLOCK_END, END -> false;
        };
    }
}
