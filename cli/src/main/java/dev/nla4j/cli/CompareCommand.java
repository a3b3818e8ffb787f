package dev.nla4j.cli;

import dev.nla4j.activation.ResidualReader;
import dev.nla4j.format.FormatException;
import dev.nla4j.format.InputException;
import dev.nla4j.format.json.Json;
import dev.nla4j.nla.Explainer;
import dev.nla4j.nla.ExplanationJson;
import dev.nla4j.nla.NlaMeta;
import dev.nla4j.nla.Positions;
import dev.nla4j.nla.Score;
import dev.nla4j.nla.Stages;
import dev.nla4j.nla.TextTokens;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
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
            "Example: nla compare \"He sat by the bank of the river\" \"He went to the bank for money\" --at 4,4"
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

    @Option(
            names = "--rawvar",
            paramLabel = "X",
            description = "FVE denominator of differences, " + Score.RAWVARS
                    + ". Default: none, as the one in the AR's sidecar is of activations.")
    @Nullable
    Double rawvar;

    @Option(names = "--json", description = "Print one JSON document.")
    boolean json;

    @Override
    public Integer call() {
        Explainer.Options options = sampling.options();
        OptionalDouble denominator = RawvarOption.checked(rawvar);
        List<Positions> places = places();
        Wiring wiring = new Wiring();
        try (PairSession session = wiring.session(pair, dtype.dtype())) {
            Explainer explainer = new Explainer(session.stages(), denominator);
            Place first = place(session, "the first text", textA, places.get(0));
            Place second = place(session, "the second text", textB, places.get(1));
            if (first.isSame(second)) {
                throw new InputException(
                        "both texts are the same up to the chosen tokens, and so are their activations:"
                                + " there is no difference to explain");
            }
            // Alone, not as one batch: what a text's activation is must not depend on the other text.
            float[][] read = session.stages().withTarget(target -> {
                ResidualReader reader = new ResidualReader(
                        target, session.stages().reconstructor().layer().orElseThrow());
                return new float[][] {first.read(reader), second.read(reader)};
            });
            if (Arrays.equals(read[0], read[1])) {
                throw new InputException("both activations are equal: there is no difference to explain");
            }
            Explainer.Report report = explainer.difference(read[0], read[1], options, wiring.progress());
            if (json) {
                System.out.println(json(report, session.stages(), first, second));
            } else {
                print(report, session.stages(), first, second);
            }
            return ExitCode.OK;
        }
    }

    /// A token of a text.
    private record Place(TextTokens tokens, int position) {
        float[] read(ResidualReader reader) {
            return reader.read(List.of(tokens.ids()), List.of(new int[] {position}))[0];
        }

        /// Whether a model that reads from left to right can't tell the tokens apart: what differs is rounding.
        boolean isSame(Place other) {
            return position == other.position
                    && Arrays.equals(tokens.ids(), 0, position + 1, other.tokens.ids(), 0, position + 1);
        }

        String token() {
            return tokens.token(position);
        }

        ObjectNode json(Optional<NlaMeta.Span> trained) {
            ObjectNode node = Json.mapper().createObjectNode();
            ExplanationJson.putPosition(node, position, trained);
            return node.put("token", token());
        }

        @Override
        public String toString() {
            return ExplanationView.visible(token()) + " (token " + position + ")";
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

    private ObjectNode json(Explainer.Report report, Stages stages, Place first, Place second) {
        ObjectNode node = Json.mapper().createObjectNode();
        Explainer.Result result = report.results().getFirst();
        ExplanationJson.putScored(node, result, report.rawvar());
        node.put("diff_norm", result.norm());
        node.put("layer_index", stages.reconstructor().layer().orElseThrow());
        node.set("a", first.json(stages.trained()));
        node.set("b", second.json(stages.trained()));
        ExplanationJson.putRun(node, report, stages, sampling.seed);
        return node;
    }

    private static void print(Explainer.Report report, Stages stages, Place first, Place second) {
        Explainer.Result result = report.results().getFirst();
        System.out.println(stages.targetPath().getFileName() + ", block "
                + stages.reconstructor().layer().orElseThrow() + ": " + first + " of the first text minus " + second
                + " of the second");
        List<Explainer.Sample> bestFirst = result.samples().stream()
                .sorted(Comparator.comparingDouble(
                        (Explainer.Sample sample) -> -sample.score().cosine()))
                .toList();
        for (Explainer.Sample sample : bestFirst) {
            System.out.println(ExplanationView.scores(sample.score().cosine(), report.rawvar()) + "  "
                    + FormatException.escaped(sample.text().description().replaceAll("\\s+", " "))
                    + (sample.text().truncated() ? " … (truncated)" : ""));
        }
        if (bestFirst.size() > 1) {
            System.out.println("mean of the " + bestFirst.size() + ": "
                    + ExplanationView.scores(result.mean().cosine(), report.rawvar()));
        }
        System.out.println(String.format(Locale.ROOT, "norm of the difference: %.1f", result.norm()));
        ExplanationView view = new ExplanationView(Terminal.current(), System.out);
        view.controls(report, "on the difference", "the better text's explanation alone", "");
        view.untrained(List.of(first.position(), second.position()), stages.trained());
    }
}
