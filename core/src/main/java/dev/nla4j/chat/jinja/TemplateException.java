package dev.nla4j.chat.jinja;

import dev.nla4j.format.FormatException;

/// A template that can't be parsed or rendered. The message is one line; it names the template and the line, except for
/// [Kind#RAISED], whose message is the template's own.
public final class TemplateException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private static final int LONGEST_OWN_MESSAGE = 4000;

    /// Who is to blame.
    public enum Kind {
        /// The text is no template.
        SYNTAX,
        /// An operation failed: an unknown name, a wrong type.
        RUNTIME,
        /// The template refused the conversation with `raise_exception`.
        RAISED,
        /// A limit was passed.
        LIMIT
    }

    private final Kind kind;
    private final int line;

    TemplateException(Kind kind, String template, int line, String problem) {
        super(message(kind, template, line, problem));
        this.kind = kind;
        this.line = line;
    }

    static TemplateException of(PyError error, String template) {
        Kind kind = switch (error.kind()) {
            case RAISED -> Kind.RAISED;
            case LIMIT -> Kind.LIMIT;
            case TYPE, VALUE, LOOKUP, ARITHMETIC, UNDEFINED, SECURITY, RUNTIME -> Kind.RUNTIME;
        };
        return new TemplateException(kind, template, error.line(), error.problem());
    }

    /// Who is to blame.
    public Kind kind() {
        return kind;
    }

    /// Line of the template, counted from 1, or 0 when no line is to blame.
    public int line() {
        return line;
    }

    private static String message(Kind kind, String template, int line, String problem) {
        if (kind == Kind.RAISED) {
            return FormatException.beginning(problem, LONGEST_OWN_MESSAGE);
        }
        String where = line > 0 ? ", line " + line : "";
        return "template " + FormatException.printable(template) + where + ": " + FormatException.printable(problem);
    }
}
