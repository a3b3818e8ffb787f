package dev.nla4j.cli;

import dev.nla4j.chat.jinja.TemplateException;
import dev.nla4j.format.FileProblem;
import dev.nla4j.format.FormatException;
import dev.nla4j.format.InputException;
import dev.nla4j.hub.HubException;
import dev.nla4j.teacher.TeacherException;
import dev.nla4j.tensor.InsufficientMemoryException;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.util.Locale;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// How the program ends, and the one line that says why.
final class ExitCode {
    static final int OK = 0;
    static final int FAILURE = 1;
    static final int USAGE = 2;
    static final int BAD_INPUT = 3;
    static final int OUT_OF_MEMORY = 4;
    static final int INTERRUPTED = 130;

    private ExitCode() {}

    /// Writes an error's message (its stack trace too when debugging) and gives the code for it.
    static int report(Throwable error, boolean debug, PrintWriter err) {
        if (debug) {
            error.printStackTrace(err);
        }
        err.println("nla: " + printable(message(error, debug)));
        err.flush();
        return code(error);
    }

    /// Messages repeat what files, servers and models say; where their lines end is our own doing.
    private static String printable(String message) {
        return message.lines().map(FormatException::escaped).collect(Collectors.joining("\n"));
    }

    private static int code(Throwable error) {
        if (Thread.currentThread().isInterrupted() || error instanceof InterruptedException) {
            return INTERRUPTED;
        }
        if (isOutOfMemory(error)) {
            return OUT_OF_MEMORY;
        }
        return switch (error) {
            case TemplateException template -> isOfItsFile(template) ? BAD_INPUT : FAILURE;
            case InputException _ -> BAD_INPUT;
            case IllegalArgumentException _ -> USAGE;
            case UncheckedIOException io when io.getCause() != null -> code(io.getCause());
            case IOException io when FileProblem.isOfInput(io) -> BAD_INPUT;
            default -> FAILURE;
        };
    }

    /// Whether the template's text is bad input, whatever the conversation; else rendering this one has failed.
    private static boolean isOfItsFile(TemplateException error) {
        return switch (error.kind()) {
            case SYNTAX, LIMIT -> true;
            case RUNTIME, RAISED -> false;
        };
    }

    private static String message(Throwable error, boolean debug) {
        if (error instanceof InsufficientMemoryException) {
            return firstLine(error.getMessage());
        }
        if (isOutOfMemory(error)) {
            String said = firstLine(error.getMessage());
            // Java's own memory, which it takes a part of the machine's for, whatever else there is
            boolean heap = said.contains("Java heap space") || said.contains("GC overhead");
            return "out of memory: " + said + "; "
                    + (heap ? "give Java more (NLA_JAVA_OPTS=-Xmx8g ./nla ...) if the machine has it, or " : "")
                    + "use a smaller model, fewer samples or shorter texts; a training: a smaller micro-batch,"
                    + " with which it goes on";
        }
        return switch (error) {
            case InputException _, IllegalArgumentException _, TemplateException _, TeacherException _ ->
                paragraph(error.getMessage());
            case HubException hub -> debug ? paragraph(hub.getMessage()) : hub.line();
            case UncheckedIOException io -> advised(FileProblem.of(io));
            case IOException io -> advised(FileProblem.of(io));
            default ->
                error.getClass().getSimpleName() + ": " + paragraph(error.getMessage()) + " (--debug shows where)";
        };
    }

    /// A full disk is mended by the user.
    private static String advised(String problem) {
        return problem.toLowerCase(Locale.ROOT).contains("no space left")
                ? problem
                        + "; free some and start the same again (a training by --resume, an extraction without --restart)"
                : problem;
    }

    /// libtorch speaks of a failed allocation in its message.
    private static boolean isOutOfMemory(Throwable error) {
        String text = String.valueOf(error.getMessage()).toLowerCase(Locale.ROOT);
        return error instanceof OutOfMemoryError
                || error instanceof InsufficientMemoryException
                || text.contains("bad_alloc")
                || text.contains("can't allocate memory")
                || text.contains("not enough memory");
    }

    private static String firstLine(@Nullable String text) {
        return text == null ? "" : text.lines().findFirst().orElse("");
    }

    /// Messages of our own may list what was tried, a line each; native ones go on with a trace.
    private static String paragraph(@Nullable String text) {
        if (text == null) {
            return "no message";
        }
        int trace = text.indexOf("\nException raised from");
        return trace < 0 ? text : text.substring(0, trace);
    }
}
