package dev.nla4j.nla.lint;

import dev.nla4j.format.FormatException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/// Collects a report. A check that throws is a row too, and the next one runs.
final class Rows {
    private static final int LONGEST = 1000;

    private final List<Row> rows = new ArrayList<>();

    void check(Check check, String half, Supplier<Outcome> body) {
        Outcome outcome = guarded(body);
        rows.add(new Row(
                check,
                half,
                outcome.state(),
                FormatException.printable(outcome.found(), LONGEST),
                FormatException.printable(outcome.mend(), LONGEST)));
    }

    private static Outcome guarded(Supplier<Outcome> body) {
        try {
            return body.get();
        } catch (Unmet e) {
            return Outcome.notRun(Attempt.message(e));
        } catch (RuntimeException | StackOverflowError e) {
            return Outcome.fail(
                    "the check ended early: " + Attempt.message(e),
                    "mend the file that the message names, then run again");
        }
    }

    /// In the order of [Check], the halves of one check beside each other.
    List<Row> sorted() {
        return rows.stream().sorted(java.util.Comparator.comparing(Row::check)).toList();
    }
}
