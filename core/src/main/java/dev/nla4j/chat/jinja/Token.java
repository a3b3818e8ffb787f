package dev.nla4j.chat.jinja;

import org.jspecify.annotations.Nullable;

/// A piece of a template.
///
/// @param text as written; for [Kind#OPERATOR] the operator
/// @param value of numbers
record Token(int line, Kind kind, String text, @Nullable Value value) {
    enum Kind {
        DATA,
        VARIABLE_BEGIN,
        VARIABLE_END,
        BLOCK_BEGIN,
        BLOCK_END,
        NAME,
        STRING,
        INTEGER,
        FLOAT,
        OPERATOR,
        END
    }

    boolean isName(String name) {
        return kind == Kind.NAME && text.equals(name);
    }

    boolean isOperator(String operator) {
        return kind == Kind.OPERATOR && text.equals(operator);
    }

    /// For messages.
    String described() {
        return switch (kind) {
            case DATA -> "template data / text";
            case VARIABLE_BEGIN -> "begin of print statement";
            case VARIABLE_END -> "end of print statement";
            case BLOCK_BEGIN -> "begin of statement block";
            case BLOCK_END -> "end of statement block";
            case STRING -> "string";
            case INTEGER -> "integer";
            case FLOAT -> "float";
            case END -> "end of template";
            case NAME, OPERATOR -> text;
        };
    }
}
