package dev.nla4j.train;

import dev.nla4j.format.InputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;

/// Runs side by side as one HTML page: a chart a metric, drawn as inline SVG. The page loads nothing and runs no
/// script, and every name in it is escaped.
public final class RunComparison {
    private static final int WIDTH = 520;
    private static final int HEIGHT = 180;
    private static final int MOST_RUNS = 8;
    private static final int MOST_POINTS = 1000;
    /// Distinct without red and green side by side.
    private static final List<String> COLOURS =
            List.of("#2563a8", "#c2571a", "#5b8c2a", "#7b4ea3", "#0f8a8a", "#a8324a", "#6b6b6b", "#b8860b");

    private static final String STYLE = """
            :root{color-scheme:light dark}
            body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:72rem;padding:0 1rem}
            section{display:inline-block;margin:0 1.5rem 1.5rem 0;vertical-align:top}
            h2{font-size:1rem;margin:0 0 .3rem}
            table{border-collapse:collapse;margin-bottom:2rem}
            th,td{text-align:right;padding:.15rem .8rem;font-variant-numeric:tabular-nums}
            th:first-child,td:first-child{text-align:left}
            svg{border:1px solid #8886;background:#8881}
            text{font:11px system-ui,sans-serif;fill:currentColor}
            """;

    private RunComparison() {}

    /// A run's curves.
    ///
    /// @param name what the page calls it
    public record Run(String name, List<MetricsLog.Line> lines) {
        /// Reads the metrics of a run's folder.
        public static Run read(Path folder) throws IOException {
            Path metrics = folder.resolve(RunFolder.METRICS);
            if (!Files.isRegularFile(metrics)) {
                throw new InputException(folder + ": is no run's folder, it has no " + RunFolder.METRICS);
            }
            return new Run(folder.toString(), MetricsLog.read(metrics));
        }
    }

    private record Point(long step, double value) {}

    /// The page.
    ///
    /// @param runs 1 to 8
    public static String html(List<Run> runs) {
        if (runs.isEmpty() || runs.size() > MOST_RUNS) {
            throw new IllegalArgumentException("runs: must be 1 to " + MOST_RUNS + ", were " + runs.size());
        }
        Set<String> names = new TreeSet<>();
        runs.forEach(
                run -> run.lines().forEach(line -> names.addAll(line.values().keySet())));
        StringBuilder page = new StringBuilder("<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">")
                .append("<meta http-equiv=\"Content-Security-Policy\"")
                .append(" content=\"default-src 'none'; style-src 'unsafe-inline'\">")
                .append("<title>Runs compared</title><style>\n")
                .append(STYLE)
                .append("</style></head><body>\n<h1>Runs compared</h1>\n");
        table(page, runs, names);
        for (String name : names) {
            chart(page, runs, name);
        }
        return page.append("</body></html>\n").toString();
    }

    private static void table(StringBuilder page, List<Run> runs, Set<String> names) {
        page.append("<table><tr><th>last value</th>");
        for (int i = 0; i < runs.size(); i++) {
            page.append("<th><span style=\"color:")
                    .append(COLOURS.get(i))
                    .append("\">&#9632;</span> ")
                    .append(escaped(runs.get(i).name()))
                    .append("</th>");
        }
        page.append("</tr>\n");
        for (String name : names) {
            page.append("<tr><td>").append(escaped(name)).append("</td>");
            for (Run run : runs) {
                List<Point> points = points(run, name);
                page.append("<td>")
                        .append(points.isEmpty() ? "" : number(points.getLast().value()))
                        .append("</td>");
            }
            page.append("</tr>\n");
        }
        page.append("</table>\n");
    }

    private static void chart(StringBuilder page, List<Run> runs, String name) {
        List<List<Point>> curves = runs.stream().map(run -> points(run, name)).toList();
        List<Point> finite = curves.stream()
                .flatMap(List::stream)
                .filter(point -> Double.isFinite(point.value()))
                .toList();
        page.append("<section><h2>").append(escaped(name)).append("</h2>");
        if (finite.isEmpty()) {
            page.append("<p>no finite value</p></section>\n");
            return;
        }
        double low = finite.stream().mapToDouble(Point::value).min().orElseThrow();
        double high = finite.stream().mapToDouble(Point::value).max().orElseThrow();
        long first = finite.stream().mapToLong(Point::step).min().orElseThrow();
        long last = finite.stream().mapToLong(Point::step).max().orElseThrow();
        page.append(String.format(
                Locale.ROOT,
                "<svg role=\"img\" aria-label=\"%s over steps\" width=\"%d\" height=\"%d\" viewBox=\"0 0 %d %d\">",
                escaped(name),
                WIDTH,
                HEIGHT,
                WIDTH,
                HEIGHT));
        Frame frame = new Frame(first, last, low, high);
        for (int i = 0; i < curves.size(); i++) {
            for (String path : paths(curves.get(i), frame)) {
                page.append("<polyline fill=\"none\" stroke-linecap=\"round\" stroke-width=\"1.5\" stroke=\"")
                        .append(COLOURS.get(i))
                        .append("\" points=\"")
                        .append(path)
                        .append("\"/>");
            }
        }
        label(page, 4, 12, "start", number(high));
        label(page, 4, HEIGHT - 16, "start", number(low));
        label(page, 4, HEIGHT - 3, "start", "step " + first);
        label(page, WIDTH - 4, HEIGHT - 3, "end", "step " + last);
        page.append("</svg></section>\n");
    }

    private static void label(StringBuilder page, int x, int y, String anchor, String text) {
        page.append(String.format(
                Locale.ROOT, "<text x=\"%d\" y=\"%d\" text-anchor=\"%s\">%s</text>", x, y, anchor, escaped(text)));
    }

    private record Frame(long first, long last, double low, double high) {
        String place(Point point) {
            double x = last == first ? 0.5 : (point.step() - first) / (double) (last - first);
            double y = high == low ? 0.5 : (point.value() - low) / (high - low);
            return String.format(Locale.ROOT, "%.1f,%.1f", 8 + x * (WIDTH - 16), HEIGHT - 30 - y * (HEIGHT - 50));
        }
    }

    /// Curves break where a value is not finite; of very many points every k-th is drawn, and the last.
    private static List<String> paths(List<Point> points, Frame frame) {
        List<String> paths = new ArrayList<>();
        StringBuilder path = new StringBuilder();
        int stride = Math.max(1, points.size() / MOST_POINTS);
        for (int i = 0; i < points.size(); i++) {
            Point point = points.get(i);
            if (!Double.isFinite(point.value())) {
                add(paths, path);
            } else if (i % stride == 0 || i == points.size() - 1) {
                path.append(path.isEmpty() ? "" : " ").append(frame.place(point));
            }
        }
        add(paths, path);
        return paths;
    }

    private static void add(List<String> paths, StringBuilder path) {
        if (!path.isEmpty()) {
            // A line of one point is none: from it to itself it is a dot.
            paths.add(path.indexOf(" ") < 0 ? path + " " + path : path.toString());
            path.setLength(0);
        }
    }

    private static List<Point> points(Run run, String name) {
        List<Point> points = new ArrayList<>();
        for (MetricsLog.Line line : run.lines()) {
            Double value = line.values().get(name);
            if (value != null) {
                points.add(new Point(line.step(), value));
            }
        }
        return points;
    }

    private static String number(double value) {
        return Double.isFinite(value) ? String.format(Locale.ROOT, "%.5g", value) : Double.toString(value);
    }

    private static String escaped(String text) {
        StringBuilder out = new StringBuilder();
        text.codePoints().forEach(c -> {
            switch (c) {
                case '&' -> out.append("&amp;");
                case '<' -> out.append("&lt;");
                case '>' -> out.append("&gt;");
                case '"' -> out.append("&quot;");
                case '\'' -> out.append("&#39;");
                default -> out.appendCodePoint(Character.isISOControl(c) ? 0xFFFD : c);
            }
        });
        return out.toString();
    }
}
