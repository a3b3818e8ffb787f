package dev.nla4j.nla.lint;

import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// Something read from a checkpoint that may be broken: the value, or why there is none.
record Attempt<T>(@Nullable T value, String problem) {
    /// Reads; whatever reading throws becomes the problem.
    static <T> Attempt<T> of(Supplier<T> reading) {
        try {
            return new Attempt<>(reading.get(), "");
        } catch (RuntimeException e) {
            return failed(message(e));
        } catch (StackOverflowError e) {
            return failed("is nested too deep");
        }
    }

    static <T> Attempt<T> failed(String problem) {
        return new Attempt<>(null, problem);
    }

    static String message(Throwable e) {
        String message = e.getMessage();
        return message == null
                ? e.getClass().getSimpleName()
                : message.lines().findFirst().orElse("");
    }

    boolean failed() {
        return value == null;
    }

    Optional<T> optional() {
        return Optional.ofNullable(value);
    }

    /// The value for a check that can't do without.
    ///
    /// @param what it is, for the row that says `not run`
    T need(String what) {
        if (value == null) {
            throw new Unmet("needs " + what + ": " + problem);
        }
        return value;
    }
}
