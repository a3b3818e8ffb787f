package dev.nla4j.nla;

import dev.nla4j.activation.ResidualReader;
import dev.nla4j.activation.Vectors;
import dev.nla4j.format.InputException;
import dev.nla4j.generate.Completion;
import dev.nla4j.generate.Sampling;
import dev.nla4j.model.LanguageModel;
import dev.nla4j.progress.Progress;
import dev.nla4j.tensor.Allocator;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.stream.IntStream;

/// From tokens to explanations and back: reads activations off the target, has the verbalizer explain each, the
/// reconstructor reconstruct it, and scores what survived, with the controls beside it.
public final class Explainer {
    /// Requests of one position have numbers of their own, so that a sample does not depend on which other positions
    /// are explained beside it.
    private static final long MOST_SAMPLES = 4096;

    private final Stages stages;
    private final OptionalDouble given;

    /// Explains with models that are all in memory; see [#Explainer(Stages, OptionalDouble)].
    public Explainer(LanguageModel target, Nla nla, OptionalDouble rawvar) {
        this(new Stages.Together(target, nla), rawvar);
    }

    /// Checks that the pair fits the target.
    ///
    /// @param rawvar FVE denominator; the pair's own when empty
    public Explainer(Stages stages, OptionalDouble rawvar) {
        NlaMeta meta = stages.reconstructor();
        if (meta.dim() != stages.target().dim()) {
            throw PairFolder.otherWidth(
                    stages.pair(),
                    meta.dim(),
                    stages.targetPath(),
                    stages.target().dim());
        }
        this.stages = stages;
        this.given = rawvar;
    }

    /// How to explain.
    ///
    /// @param samples explanations of each activation
    public record Options(int samples, Sampling sampling, long seed, int maxNewTokens) {
        public Options {
            if (samples < 1 || samples > MOST_SAMPLES) {
                throw new InputException("samples: must be 1 to " + MOST_SAMPLES + ", was " + samples);
            }
        }

        /// From the whole distribution at `temperature`.
        public Options(int samples, double temperature, long seed, int maxNewTokens) {
            this(samples, Sampling.at(temperature), seed, maxNewTokens);
        }
    }

    /// One explanation and how well it reconstructs its activation.
    public record Sample(ExplanationText text, Score score) {}

    /// An activation's explanations.
    ///
    /// @param samples in the order they were drawn
    public record Result(int position, double norm, List<Sample> samples) {
        public Result {
            samples = List.copyOf(samples);
        }

        /// The sample with the highest cosine.
        public Sample best() {
            return samples.stream()
                    .max(Comparator.comparingDouble((Sample s) -> s.score().cosine()))
                    .orElseThrow();
        }

        /// What a sample scores that nobody chose: the best one's score grows with their number.
        public Score mean() {
            return new Score(samples.stream()
                    .mapToDouble(s -> s.score().cosine())
                    .average()
                    .orElseThrow());
        }
    }

    /// What the reconstructor scores without the explanation: the mean cosine over the explained activations.
    ///
    /// @param empty of the empty text; empty when its prompt has no token that could be read, see
    ///     [#NO_EMPTY]
    /// @param shuffled of another position's explanations: the one of them that fits best, as of the own
    ///     ones the best is shown; empty when the text has only one position
    public record Controls(OptionalDouble empty, OptionalDouble shuffled) {}

    /// Why there may be no score of the empty text.
    public static final String NO_EMPTY =
            "the AR's template is the explanation alone and the tokenizer adds nothing: the empty text has no token";

    /// Why there may be none of another position's.
    public static final String NO_SHUFFLED = "the text has one token only, and so no other explanation";

    /// Everything there is to show.
    ///
    /// @param rawvar FVE denominator
    /// @param noFve why there is none; empty when there is
    public record Report(List<Result> results, Controls controls, OptionalDouble rawvar, String noFve) {}

    /// Explains the activations of a text at chosen tokens.
    ///
    /// @param ids of the text, not empty
    /// @param positions tokens to explain, each below `ids.length`, ascending
    public Report explain(int[] ids, List<Integer> positions, Options options, Progress progress) {
        if (ids.length == 0) {
            throw new InputException("the text is empty: there is no token whose activation could be explained");
        }
        List<Integer> read = withControl(positions, ids.length);
        float[][] activations = activations(
                List.of(ids), List.of(read.stream().mapToInt(Integer::intValue).toArray()));
        return report(read, activations, positions.size(), options, own(), progress);
    }

    /// FVE's denominator, and why there is none.
    private record Denominator(OptionalDouble rawvar, String missing) {}

    private Denominator own() {
        OptionalDouble rawvar =
                given.isPresent() ? given : stages.reconstructor().rawvar();
        return new Denominator(
                rawvar, rawvar.isPresent() ? "" : "the AR's sidecar has no rawvar and --rawvar was not given");
    }

    /// The variance of activations says nothing about how much their differences differ.
    private Denominator ofDifferences() {
        return new Denominator(
                given,
                given.isPresent()
                        ? ""
                        : "the rawvar of the AR's sidecar is of activations, not of their differences; --rawvar gives"
                                + " one of these");
    }

    /// The target's activations; see [ResidualReader#read].
    public float[][] activations(List<int[]> rows, List<int[]> positions) {
        int layer = stages.reconstructor().layer().orElseThrow();
        return stages.withTarget(target -> new ResidualReader(target, layer).read(rows, positions));
    }

    /// Explains activations that come from elsewhere; their positions are their indices.
    public Report explain(float[][] activations, Options options, Progress progress) {
        List<Integer> positions = IntStream.range(0, activations.length).boxed().toList();
        return report(positions, activations, activations.length, options, own(), progress);
    }

    /// Explains `a − b`. The controls are of the difference too: what the better of the explanations of `a` and of
    /// `b` by themselves scores on it, and what the empty text does.
    public Report difference(float[] a, float[] b, Options options, Progress progress) {
        float[] difference = new float[a.length];
        for (int i = 0; i < a.length; i++) {
            difference[i] = a[i] - b[i];
        }
        return report(List.of(0, 1, 2), new float[][] {difference, a, b}, 1, options, ofDifferences(), progress);
    }

    /// A single position has no other whose explanation could be its control: one more is read for that. A text's first
    /// token only where there is no third one: its residual stream is unlike any other.
    private static List<Integer> withControl(List<Integer> positions, int length) {
        Set<Integer> read = new LinkedHashSet<>(positions);
        if (read.size() == 1 && length > 1) {
            int only = positions.get(0);
            read.add(only > 1 ? only / 2 : only == length - 1 ? 0 : length - 1);
        }
        return List.copyOf(read);
    }

    /// @param shown how many of the first activations are results; those after them serve as controls only
    private Report report(
            List<Integer> positions,
            float[][] activations,
            int shown,
            Options options,
            Denominator denominator,
            Progress progress) {
        if (shown == 0) {
            throw new InputException("there is nothing to explain: no activation was given");
        }
        List<Verbalizer.Task> tasks = new ArrayList<>();
        for (int i = 0; i < activations.length; i++) {
            for (int sample = 0; sample < options.samples(); sample++) {
                tasks.add(new Verbalizer.Task(activations[i], positions.get(i) * MOST_SAMPLES + sample));
            }
        }
        Verbalizer.Options how = new Verbalizer.Options(options.sampling(), options.seed(), options.maxNewTokens());
        List<ExplanationText> texts = stages.withVerbalizer(verbalizer -> {
            List<Completion> completions = verbalizer.complete(tasks, how, progress);
            return completions.stream().map(verbalizer::read).toList();
        });
        Reconstructions read = stages.withReconstructor(reconstructor -> reconstructions(reconstructor, texts));
        float[][] reconstructions = read.texts();
        List<Result> results = new ArrayList<>();
        for (int i = 0; i < shown; i++) {
            List<Sample> samples = new ArrayList<>();
            for (int sample = 0; sample < options.samples(); sample++) {
                int at = i * options.samples() + sample;
                samples.add(new Sample(texts.get(at), Score.of(reconstructions[at], activations[i])));
            }
            results.add(new Result(positions.get(i), Vectors.norm(activations[i]), samples));
        }
        // What a longer text or more rows took once would stay with the allocator.
        Allocator.giveBack();
        OptionalDouble empty = read.empty().stream()
                .flatMapToDouble(vector -> Arrays.stream(activations, 0, shown)
                        .mapToDouble(activation -> Score.of(vector, activation).cosine()))
                .average();
        Controls controls = new Controls(empty, shuffled(reconstructions, activations, shown, options.samples()));
        return new Report(results, controls, denominator.rawvar(), denominator.missing());
    }

    /// @param empty of the empty text, where it can be read
    @SuppressWarnings("ArrayRecordComponent") // a carrier, never compared
    private record Reconstructions(float[][] texts, Optional<float[]> empty) {}

    private static Reconstructions reconstructions(Reconstructor reconstructor, List<ExplanationText> texts) {
        List<String> toRead =
                new ArrayList<>(texts.stream().map(ExplanationText::description).toList());
        toRead.add("");
        float[][] read = reconstructor.reconstructReadable(toRead);
        int last = texts.size();
        return new Reconstructions(
                Arrays.copyOf(read, last), reconstructor.reads("") ? Optional.of(read[last]) : Optional.empty());
    }

    /// Each activation against the explanations of the next one, the last against those of the first; one
    /// that is shown alone against those of all that were read for this. The best of them counts, as of the own
    /// ones: an only one would be too low a bar for the best of several. (The explanations of `a` and of `b` score
    /// about as much above 0 on `a − b` as below: their mean says nothing.)
    private static OptionalDouble shuffled(float[][] reconstructions, float[][] activations, int shown, int samples) {
        int count = activations.length;
        return IntStream.range(0, shown)
                .boxed()
                .flatMapToDouble(i -> (shown == 1 ? IntStream.range(1, count) : IntStream.of((i + 1) % count))
                                .flatMap(other -> IntStream.range(other * samples, (other + 1) * samples))
                                .mapToDouble(at -> Score.of(reconstructions[at], activations[i])
                                        .cosine())
                                .max()
                                .stream())
                .average();
    }
}
