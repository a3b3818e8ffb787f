package dev.nla4j.chat.jinja;

import java.util.List;
import org.jspecify.annotations.Nullable;

/// Tokens, read one by one with one token of sight ahead.
final class TokenStream {
    private final List<Token> tokens;
    private int at;

    TokenStream(List<Token> tokens) {
        this.tokens = tokens;
    }

    Token current() {
        return tokens.get(at);
    }

    Token ahead() {
        return tokens.get(Math.min(at + 1, tokens.size() - 1));
    }

    /// The current token; the next one becomes current.
    Token next() {
        Token token = current();
        at = Math.min(at + 1, tokens.size() - 1);
        return token;
    }

    int line() {
        return current().line();
    }

    boolean at(Token.Kind kind) {
        return current().kind() == kind;
    }

    boolean atName(String... names) {
        for (String name : names) {
            if (current().isName(name)) {
                return true;
            }
        }
        return false;
    }

    boolean atOperator(String operator) {
        return current().isOperator(operator);
    }

    boolean skipName(String name) {
        boolean there = atName(name);
        if (there) {
            next();
        }
        return there;
    }

    boolean skipOperator(String operator) {
        boolean there = atOperator(operator);
        if (there) {
            next();
        }
        return there;
    }

    Token expect(Token.Kind kind) {
        if (!at(kind)) {
            throw unexpected(new Token(0, kind, kind == Token.Kind.NAME ? "name" : "", null).described());
        }
        return next();
    }

    void expectName(String name) {
        if (!skipName(name)) {
            throw unexpected(name);
        }
    }

    void expectOperator(String operator) {
        if (!skipOperator(operator)) {
            throw unexpected(operator);
        }
    }

    private PyError unexpected(String expected) {
        return at(Token.Kind.END)
                ? failure("unexpected end of template, expected '" + expected + "'.", null)
                : failure("expected token '" + expected + "', got '" + current().described() + "'", null);
    }

    /// @param where the token to blame; the current one when null
    PyError failure(String problem, @Nullable Token where) {
        return PyError.runtime(problem).at(where == null ? line() : where.line());
    }
}
