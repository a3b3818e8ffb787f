package dev.nla4j.train;

import dev.nla4j.format.FormatException;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// What a run found on held-out documents, as a Markdown table: a row a figure, a column a measurement.
public final class MeasuredTable {
    /// How the names of such figures begin; a supervised reconstructor's have no folder.
    private static final List<String> MEASURED = List.of("eval/", "fve_", "rawvar");

    /// Measured in a supervised reconstructor's run; in joint learning it is of a step's own texts.
    private static final String ALONE = "fve";

    private MeasuredTable() {}

    /// The table; empty where nothing was measured.
    public static String of(RunComparison.Run run) {
        List<MetricsLog.Line> measurements = run.lines().stream()
                .filter(line -> line.values().keySet().stream().anyMatch(MeasuredTable::isMeasured))
                .toList();
        Set<String> names = new TreeSet<>();
        for (MetricsLog.Line line : measurements) {
            line.values().keySet().stream()
                    .filter(name -> isMeasured(name) || (name.equals(ALONE) && isAlone(line)))
                    .forEach(names::add);
        }
        if (names.isEmpty()) {
            return "";
        }
        StringBuilder table = new StringBuilder();
        row(table, "step", measurements.stream().map(line -> Long.toString(line.step())));
        row(table, "---", measurements.stream().map(_ -> "---:"));
        for (String name : names) {
            row(
                    table,
                    name,
                    measurements.stream().map(line -> number(line.values().get(name))));
        }
        return table.toString();
    }

    private static boolean isAlone(MetricsLog.Line line) {
        return line.values().containsKey("rawvar");
    }

    private static boolean isMeasured(String name) {
        return MEASURED.stream().anyMatch(name::startsWith);
    }

    private static void row(StringBuilder table, String name, Stream<String> cells) {
        table.append("| ")
                .append(FormatException.printable(name))
                .append(cells.collect(Collectors.joining(" | ", " | ", " |\n")));
    }

    private static String number(@Nullable Double value) {
        return value == null ? "" : String.format(Locale.ROOT, "%.3f", value);
    }
}
