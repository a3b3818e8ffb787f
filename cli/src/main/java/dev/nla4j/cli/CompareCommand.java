package dev.nla4j.cli;

import dev.nla4j.activation.ResidualReader;
import dev.nla4j.format.FormatException;
import dev.nla4j.format.InputException;
import dev.nla4j.format.json.Json;
import dev.nla4j.nla.Explainer;
import dev.nla4j.nla.ExplanationJson;
import dev.nla4j.nla.Positions;
import dev.nla4j.nla.Stages;
import dev.nla4j.nla.TextTokens;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.node.ObjectNode;

/// `nla compare`: explains the difference of two texts' activations.
@Command(
        name = "compare",
        description =
                "Explain what one text's activation has over another's: the difference A - B is explained and scored.",
        footer = {
            "",
            "Example: nla compare \"He sat by the bank of the river\" \"He went to the bank for money\" --at 5,4"
        })
final class CompareCommand implements Callable<Integer> {
    @Parameters(index = "0", paramLabel = "TEXT_A", description = "First text.")
    String textA = "";

    @Parameters(index = "1", paramLabel = "TEXT_B", description = "Second text.")
    String textB = "";

    @Option(
            names = "--at",
            paramLabel = "last|N,N",
            defaultValue = "last",
            description =
                    "Token of A and token of B, counted from 0, negative from the end (default: ${DEFAULT-VALUE}).")
    String at = "last";

    @Mixin
    SamplingOptions sampling = new SamplingOptions();

    @Mixin
    PairOptions.Explaining pair = new PairOptions.Explaining();

    @Mixin
    DTypeOption dtype = new DTypeOption();

    @Mixin
    RawvarOption rawvar = new RawvarOption();

    @Option(names = "--json", description = "Print one JSON document.")
    boolean json;

    @Override
    public Integer call() {
        Explainer.Options options = sampling.options();
        OptionalDouble denominator = rawvar.rawvar();
        List<Positions> places = places();
        Wiring wiring = new Wiring();
        try (PairSession session = wiring.session(pair, dtype.dtype())) {
            Explainer explainer = new Explainer(session.stages(), denominator);
            Place first = place(session, "the first text", textA, places.get(0));
            Place second = place(session, "the second text", textB, places.get(1));
            // Alone, not as one batch: what a text's activation is must not depend on the other text.
            float[][] read = session.stages().withTarget(target -> {
                ResidualReader reader = new ResidualReader(
                        target, session.stages().reconstructor().layer().orElseThrow());
                return new float[][] {first.read(reader), second.read(reader)};
            });
            float[] a = read[0];
            float[] b = read[1];
            float[] difference = new float[a.length];
            for (int i = 0; i < a.length; i++) {
                difference[i] = a[i] - b[i];
            }
            double norm = Explainer.norm(difference);
            if (norm == 0) {
                throw new InputException("both activations are equal: there is no difference to explain");
            }
            // The texts' own activations are the control: their explanations should score worse on the difference.
            Explainer.Report report = explainer.explain(new float[][] {difference, a, b}, options, wiring.progress());
            print(report, session.stages(), norm);
            return ExitCode.OK;
        }
    }

    /// A token of a text.
    private record Place(TextTokens tokens, int position) {
        float[] read(ResidualReader reader) {
            return reader.read(List.of(tokens.ids()), List.of(new int[] {position}))[0];
        }
    }

    private List<Positions> places() {
        String[] parts = at.equals("last") ? new String[] {"last", "last"} : at.split(",", -1);
        List<Positions> places = Arrays.stream(parts)
                .flatMap(part -> Positions.one(part).stream())
                .toList();
        if (parts.length != 2 || places.size() != 2) {
            throw new IllegalArgumentException("--at: \"" + at
                    + "\" must be last, or one token of each text such as 3,-1 or last,5 (negative: from the end)");
        }
        return places;
    }

    private static Place place(PairSession session, String what, String text, Positions at) {
        TextTokens tokens = session.fitting(what, TextTokens.ofText(session.tokenizer(), text));
        return new Place(tokens, at.in(tokens.size()).get(0));
    }

    private void print(Explainer.Report report, Stages stages, double norm) {
        Explainer.Result result = report.results().get(0);
        if (json) {
            ObjectNode node = Json.mapper().createObjectNode();
            ExplanationJson.putScored(node, result, report.rawvar());
            node.put("diff_norm", norm);
            ExplanationJson.putRun(node, report, stages, sampling.seed);
            System.out.println(node);
            return;
        }
        List<Explainer.Sample> bestFirst = result.samples().stream()
                .sorted(Comparator.comparingDouble(
                        (Explainer.Sample sample) -> -sample.score().cosine()))
                .toList();
        for (Explainer.Sample sample : bestFirst) {
            System.out.println(ExplanationView.scores(sample.score().cosine(), report.rawvar()) + "  "
                    + FormatException.escaped(sample.text().description().replaceAll("\\s+", " "))
                    + (sample.text().truncated() ? " … (truncated)" : ""));
        }
        System.out.println(String.format(Locale.ROOT, "norm of the difference: %.1f", norm));
        new ExplanationView(Terminal.current(), System.out)
                .controls(report, "mean over the difference and both activations", "another's explanation");
    }
}
