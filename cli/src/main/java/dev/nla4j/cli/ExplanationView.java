package dev.nla4j.cli;

import dev.nla4j.nla.Explainer;
import dev.nla4j.nla.Stages;
import dev.nla4j.nla.TextTokens;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
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
        controls(report, "mean", "another position's explanation");
    }

    private void show(Explainer.Result result, TextTokens tokens, OptionalDouble rawvar) {
        Explainer.Sample best = result.best();
        out.println();
        out.println(String.format(Locale.ROOT, "%4d  ", result.position())
                + terminal.bold(visible(tokens.token(result.position()))) + "  "
                + scores(best.score().cosine(), rawvar) + "  "
                + terminal.faint(String.format(Locale.ROOT, "norm %.0f", result.norm())));
        describe(best, "");
        for (Explainer.Sample sample : result.samples()) {
            if (!sample.equals(best)) {
                describe(
                        sample,
                        String.format(Locale.ROOT, "cos %.2f  ", sample.score().cosine()));
            }
        }
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
    void controls(Explainer.Report report, String over, String other) {
        Explainer.Controls controls = report.controls();
        OptionalDouble rawvar = report.rawvar();
        out.println("Controls (" + over + "): empty text " + scores(controls.empty(), rawvar));
        String shuffled = controls.shuffled().isPresent()
                ? scores(controls.shuffled().getAsDouble(), rawvar)
                : "not known: the text has one token";
        out.println("          " + other + " " + shuffled);
        if (rawvar.isEmpty()) {
            out.println("No FVE: the pair's sidecar has no rawvar; give the denominator with --rawvar");
        }
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

    private static String visible(String token) {
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
