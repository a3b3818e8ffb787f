package dev.nla4j.nla;

import dev.nla4j.format.InputException;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// Which tokens of a text are meant, as `--at` says it. What can't be meant of any text is refused before a model is
/// loaded, what can't be meant of this one when its tokens are counted; both are the command line's fault.
public sealed interface Positions {
    /// Every token.
    record All() implements Positions {}

    /// The last token.
    record Last() implements Positions {}

    /// All up to 64 tokens, of a longer text every n/64-th.
    record Spread() implements Positions {}

    /// Every N-th token, beginning with the first.
    record Every(int step) implements Positions {}

    /// Tokens by number, counted from 0, or from the end when negative.
    record Listed(List<Integer> places) implements Positions {
        public Listed {
            places = List.copyOf(places);
        }
    }

    int MOST_WITHOUT_STEP = 64;

    /// Reads `last`, `all`, `every:N` or a list; null is [Spread].
    ///
    /// @throws IllegalArgumentException with what is allowed
    static Positions parse(@Nullable String at) {
        return switch (at) {
            case null -> new Spread();
            case "all" -> new All();
            case "last" -> new Last();
            case String step when step.startsWith("every:") -> new Every(step(at, step.substring("every:".length())));
            default ->
                new Listed(Arrays.stream(at.split(",", -1))
                        .map(part -> number(at, part.strip()))
                        .toList());
        };
    }

    /// Reads `last` or the number of one token; empty when the text is neither.
    static Optional<Positions> one(String text) {
        if (text.strip().equals("last")) {
            return Optional.of(new Last());
        }
        try {
            return Optional.of(new Listed(List.of(Integer.parseInt(text.strip()))));
        } catch (NumberFormatException e) {
            return Optional.empty();
        }
    }

    /// The tokens that are meant of a text, ascending, each once.
    ///
    /// @param length tokens of the text
    /// @throws IllegalArgumentException when one is beyond the text
    default List<Integer> in(int length) {
        if (length == 0) {
            throw new InputException("the text is empty: there is no token whose activation could be explained");
        }
        return switch (this) {
            case All _ -> every(1, length);
            case Last _ -> List.of(length - 1);
            case Spread _ -> every(Math.ceilDiv(length, MOST_WITHOUT_STEP), length);
            case Every(int step) -> every(step, length);
            case Listed(List<Integer> places) ->
                places.stream()
                        .map(place -> within(place, length))
                        .distinct()
                        .sorted()
                        .toList();
        };
    }

    private static int within(int place, int length) {
        if (place < -length || place >= length) {
            throw new IllegalArgumentException("--at: " + place + " is beyond the text, which has " + length
                    + (length == 1 ? " token" : " tokens") + ": 0 to " + (length - 1) + ", or " + -length
                    + " to -1 from the end");
        }
        return place < 0 ? place + length : place;
    }

    private static List<Integer> every(int step, int length) {
        return IntStream.range(0, Math.ceilDiv(length, step))
                .map(i -> i * step)
                .boxed()
                .toList();
    }

    private static int step(String at, String part) {
        try {
            int step = Integer.parseInt(part);
            if (step >= 1) {
                return step;
            }
        } catch (NumberFormatException e) {
            throw refused(at, e);
        }
        throw refused(at, null);
    }

    private static int number(String at, String part) {
        try {
            return Integer.parseInt(part);
        } catch (NumberFormatException e) {
            throw refused(at, e);
        }
    }

    private static IllegalArgumentException refused(String at, @Nullable NumberFormatException cause) {
        return new IllegalArgumentException(
                "--at: \"" + at + "\" must be last, all, every:N with N from 1 to " + Integer.MAX_VALUE
                        + ", or a list of whole numbers such as 3,7,-1 (negative: from the end)",
                cause);
    }
}
