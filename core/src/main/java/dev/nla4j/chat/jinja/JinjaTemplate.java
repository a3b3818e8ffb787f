package dev.nla4j.chat.jinja;

import java.time.LocalDateTime;
import java.util.List;
import java.util.Map;

/// A template, parsed and checked, ready to be rendered any number of times by any number of threads.
public final class JinjaTemplate {
    private final String name;
    private final List<Node.Stmt> body;
    private final Analyzer.Frames frames;
    private final Limits limits;

    private JinjaTemplate(String name, List<Node.Stmt> body, Analyzer.Frames frames, Limits limits) {
        this.name = name;
        this.body = body;
        this.frames = frames;
        this.limits = limits;
    }

    /// Parses the text of a template.
    ///
    /// @param name of the template, for messages
    /// @throws TemplateException when `source` is no template
    public static JinjaTemplate parse(String source, String name, Limits limits) {
        if (source.length() > limits.sourceChars()) {
            throw new TemplateException(
                    TemplateException.Kind.LIMIT,
                    name,
                    0,
                    "has " + source.length() + " characters, at most " + limits.sourceChars() + " are allowed");
        }
        try {
            List<Node.Stmt> body = Parser.parse(source);
            return new JinjaTemplate(name, body, Analyzer.analyze(body), limits);
        } catch (PyError e) {
            TemplateException.Kind kind =
                    e.kind() == PyError.Kind.LIMIT ? TemplateException.Kind.LIMIT : TemplateException.Kind.SYNTAX;
            throw new TemplateException(kind, name, e.line(), e.problem());
        } catch (StackOverflowError e) {
            throw tooDeep(name);
        }
    }

    /// Renders the template.
    ///
    /// @param variables plain values: null, booleans, numbers, strings, lists and maps with strings as keys
    /// @param now what `strftime_now` formats
    /// @param moreSteps how many more steps than its limits allow
    /// @throws TemplateException when an operation fails, a limit is passed, or the template says so
    public Rendering render(Map<String, ?> variables, LocalDateTime now, long moreSteps) {
        Budget budget = new Budget(limits, moreSteps);
        try {
            Map<String, Value> values = new PlainValues(budget).all(variables);
            return Interpreter.render(body, frames, values, now, budget);
        } catch (PyError e) {
            throw TemplateException.of(e, name);
        } catch (StackOverflowError e) {
            throw tooDeep(name);
        }
    }

    /// The limits on nesting are meant for ordinary stacks; a thread's may be smaller.
    private static TemplateException tooDeep(String name) {
        return new TemplateException(
                TemplateException.Kind.LIMIT, name, 0, "needs more nesting than this thread's stack has room for");
    }
}
