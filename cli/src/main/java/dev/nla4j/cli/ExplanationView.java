package dev.nla4j.cli;

import dev.nla4j.format.Ranges;
import dev.nla4j.nla.Explainer;
import dev.nla4j.nla.NlaMeta;
import dev.nla4j.nla.Stages;
import dev.nla4j.nla.TextTokens;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalDouble;

/// Explanations in a terminal: token, scores with a bar, the text wrapped to the width, and what the controls score.
final class ExplanationView {
    private static final int BAR = 10;
    private static final String EIGHTHS = " ▏▎▍▌▋▊▉";
    private static final int INDENT = 6;

    private final Terminal terminal;
    private final PrintStream out;

    ExplanationView(Terminal terminal, PrintStream out) {
        this.terminal = terminal;
        this.out = out;
    }

    void show(Explainer.Report report, TextTokens tokens, Stages stages, Explainer.Options options) {
        out.println(terminal.faint(stages.targetPath().getFileName() + ", block "
                + stages.reconstructor().layer().orElseThrow() + "; pair "
                + stages.pair().getFileName() + "; temperature "
                + options.sampling().temperature() + DrawOptions.inWords(options.sampling()) + ", seed "
                + options.seed()));
        for (Explainer.Result result : report.results()) {
            show(result, tokens, report.rawvar());
        }
        out.println();
        controls(report, "mean", "another position's explanation", "the text has one token");
        untrained(report.results().stream().map(Explainer.Result::position).toList(), stages.trained());
    }

    /// Says which tokens stand where the pair has learned nothing.
    void untrained(List<Integer> positions, Optional<NlaMeta.Span> trained) {
        trained.ifPresent(span -> {
            List<Integer> outside = positions.stream()
                    .filter(position -> !span.holds(position))
                    .sorted()
                    .distinct()
                    .toList();
            if (!outside.isEmpty()) {
                String where = span.isEmpty()
                        ? "The halves were trained on different positions"
                        : "Trained on positions " + span + " only";
                out.println(where + ": believe what is said of " + Ranges.of(outside) + " less");
            }
        });
    }

    private void show(Explainer.Result result, TextTokens tokens, OptionalDouble rawvar) {
        Explainer.Sample best = result.best();
        out.println();
        out.println(String.format(Locale.ROOT, "%4d  ", result.position())
                + terminal.bold(visible(tokens.token(result.position()))) + "  "
                + scores(best.score().cosine(), rawvar) + "  "
                + terminal.faint(mean(result) + String.format(Locale.ROOT, "norm %.0f", result.norm())));
        describe(best, "");
        int first = result.samples().indexOf(best); // others may be equal to it
        for (int i = 0; i < result.samples().size(); i++) {
            if (i != first) {
                Explainer.Sample sample = result.samples().get(i);
                describe(
                        sample,
                        String.format(Locale.ROOT, "cos %.2f  ", sample.score().cosine()));
            }
        }
    }

    /// What the score of the best of several stands beside; nothing where there is one.
    private static String mean(Explainer.Result result) {
        int samples = result.samples().size();
        return samples == 1
                ? ""
                : String.format(
                        Locale.ROOT,
                        "best of %d, mean cos %.2f  ",
                        samples,
                        result.mean().cosine());
    }

    private void describe(Explainer.Sample sample, String lead) {
        String text = sample.text().description().replaceAll("\\s+", " ");
        String shown = (text.isEmpty() ? "(empty)" : text) + (sample.text().truncated() ? " … (truncated)" : "");
        for (String line : wrapped(lead + visibleControls(shown), terminal.columns() - INDENT)) {
            out.println(" ".repeat(INDENT) + (lead.isEmpty() ? line : terminal.faint(line)));
        }
    }

    /// What is scored without the explanations, and why there is no FVE.
    ///
    /// @param over what the controls are of
    /// @param other what the explanations of another one are called
    /// @param without why there may be no other one
    void controls(Explainer.Report report, String over, String other, String without) {
        Explainer.Controls controls = report.controls();
        int samples = report.results().getFirst().samples().size();
        String best = samples == 1 ? "" : ", the best of " + samples;
        out.println("Controls (" + over + "): empty text " + known(controls.empty(), report, Explainer.NO_EMPTY));
        out.println("          " + other + best + " " + known(controls.shuffled(), report, without));
        out.println(
                report.rawvar().isEmpty()
                        ? "No FVE: " + report.noFve()
                        : String.format(
                                Locale.ROOT,
                                "FVE by rawvar %.4f",
                                report.rawvar().getAsDouble()));
    }

    private static String known(OptionalDouble cosine, Explainer.Report report, String without) {
        return cosine.isPresent() ? scores(cosine.getAsDouble(), report.rawvar()) : "not known: " + without;
    }

    /// The cosine, and the FVE with its bar where the denominator is known.
    static String scores(double cosine, OptionalDouble rawvar) {
        String cos = String.format(Locale.ROOT, "cos %5.2f", cosine);
        if (rawvar.isEmpty()) {
            return cos;
        }
        double fve = 1 - 2 * (1 - cosine) / rawvar.getAsDouble();
        return cos + String.format(Locale.ROOT, "  FVE %5.2f ", fve) + bar(fve);
    }

    private static String bar(double share) {
        int eighths = (int) Math.round(Math.clamp(share, 0, 1) * BAR * 8);
        String full = "█".repeat(eighths / 8);
        String part = eighths % 8 == 0 ? "" : EIGHTHS.substring(eighths % 8, eighths % 8 + 1);
        return full + part + "·".repeat(BAR - full.length() - part.length());
    }

    /// A token in quotes, on one line.
    static String visible(String token) {
        return "\""
                + visibleControls(
                        token.replace("\n", "\\n").replace("\t", "\\t").replace("\r", "\\r")) + "\"";
    }

    /// A model's text may hold escape sequences that would steer the terminal: they are shown, not obeyed.
    private static String visibleControls(String text) {
        return dev.nla4j.format.FormatException.escaped(text);
    }

    private static List<String> wrapped(String text, int width) {
        List<String> lines = new ArrayList<>();
        StringBuilder line = new StringBuilder();
        for (String word : text.split(" ", -1)) {
            if (!line.isEmpty() && line.length() + 1 + word.length() > width) {
                lines.add(line.toString());
                line.setLength(0);
            }
            line.append(line.isEmpty() ? "" : " ").append(word);
        }
        lines.add(line.toString());
        return lines;
    }
}
