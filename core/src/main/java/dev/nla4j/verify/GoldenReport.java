package dev.nla4j.verify;

import java.util.List;

/// What a comparison found.
///
/// @param frequencies "exact", or "bf16" when the golden's rotary frequencies turned out to be rounded to
///     bf16, as casting a whole model to bf16 does in other implementations; then ours were rounded too for
///     the comparison
public record GoldenReport(String frequencies, List<Row> rows) {
    public GoldenReport {
        rows = List.copyOf(rows);
    }

    /// One compared thing.
    ///
    /// @param tensor its name in the file
    /// @param measure what `deviation` is: `max |a-b| / max |b|`, `1 - cos`, `differing`
    /// @param deviation largest deviation found
    /// @param limit largest allowed; infinite where the row is shown but not judged
    public record Row(String tensor, String measure, double deviation, double limit, String note) {
        /// Whether the deviation is allowed; NaN never is.
        public boolean holds() {
            return deviation <= limit;
        }
    }

    /// Whether every row holds, and there is one.
    public boolean holds() {
        return !rows.isEmpty() && rows.stream().allMatch(Row::holds);
    }
}
