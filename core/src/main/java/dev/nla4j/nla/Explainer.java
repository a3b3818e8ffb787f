package dev.nla4j.nla;

import dev.nla4j.activation.ResidualReader;
import dev.nla4j.format.InputException;
import dev.nla4j.generate.Completion;
import dev.nla4j.generate.Sampling;
import dev.nla4j.model.LanguageModel;
import dev.nla4j.progress.Progress;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.OptionalDouble;
import java.util.Set;

/// From tokens to explanations and back: reads activations off the target, has the verbalizer explain each, the
/// reconstructor reconstruct it, and scores what survived, with the controls beside it.
public final class Explainer {
    /// Requests of one position have numbers of their own, so that a sample does not depend on which other positions
    /// are explained beside it.
    private static final long MOST_SAMPLES = 4096;

    private final Stages stages;
    private final OptionalDouble rawvar;

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
            throw new InputException("the pair " + stages.pair() + " is for activations of " + meta.dim()
                    + " numbers, the target " + stages.targetPath() + " has "
                    + stages.target().dim());
        }
        this.stages = stages;
        this.rawvar = rawvar.isPresent() ? rawvar : meta.rawvar();
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
    }

    /// What the reconstructor scores without the explanation: the mean cosine over the explained activations.
    ///
    /// @param empty of the empty text
    /// @param shuffled of another position's explanation; empty when the text has only one position
    public record Controls(double empty, OptionalDouble shuffled) {}

    /// Everything there is to show.
    public record Report(List<Result> results, Controls controls, OptionalDouble rawvar) {}

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
        return report(read, activations, positions.size(), options, progress);
    }

    /// The target's activations; see [ResidualReader#read].
    public float[][] activations(List<int[]> rows, List<int[]> positions) {
        int layer = stages.reconstructor().layer().orElseThrow();
        return stages.withTarget(target -> new ResidualReader(target, layer).read(rows, positions));
    }

    /// Explains activations that come from elsewhere; their positions are their indices.
    public Report explain(float[][] activations, Options options, Progress progress) {
        List<Integer> positions =
                java.util.stream.IntStream.range(0, activations.length).boxed().toList();
        return report(positions, activations, activations.length, options, progress);
    }

    /// A single position has no other whose explanation could be its control: one more is read for that.
    private static List<Integer> withControl(List<Integer> positions, int length) {
        Set<Integer> read = new LinkedHashSet<>(positions);
        if (read.size() == 1 && length > 1) {
            int only = positions.get(0);
            read.add(only == 0 ? length - 1 : only / 2);
        }
        return List.copyOf(read);
    }

    /// @param shown how many of the first activations are results; one after them serves as control only
    private Report report(
            List<Integer> positions, float[][] activations, int shown, Options options, Progress progress) {
        if (shown == 0) {
            throw new InputException("there is nothing to explain: no activation was given");
        }
        List<Verbalizer.Task> tasks = new ArrayList<>();
        for (int i = 0; i < activations.length; i++) {
            int samples = i < shown ? options.samples() : 1;
            for (int sample = 0; sample < samples; sample++) {
                tasks.add(new Verbalizer.Task(activations[i], positions.get(i) * MOST_SAMPLES + sample));
            }
        }
        Verbalizer.Options how = new Verbalizer.Options(options.sampling(), options.seed(), options.maxNewTokens());
        List<ExplanationText> texts = stages.withVerbalizer(verbalizer -> {
            List<Completion> completions = verbalizer.complete(tasks, how, progress);
            return completions.stream().map(verbalizer::read).toList();
        });
        List<String> toScore =
                new ArrayList<>(texts.stream().map(ExplanationText::description).toList());
        toScore.add("");
        float[][] reconstructions = stages.withReconstructor(reconstructor -> reconstructor.reconstruct(toScore));
        List<Result> results = new ArrayList<>();
        for (int i = 0; i < shown; i++) {
            List<Sample> samples = new ArrayList<>();
            for (int sample = 0; sample < options.samples(); sample++) {
                int at = i * options.samples() + sample;
                samples.add(new Sample(texts.get(at), Score.of(reconstructions[at], activations[i])));
            }
            results.add(new Result(positions.get(i), norm(activations[i]), samples));
        }
        return new Report(results, controls(reconstructions, activations, shown, options.samples()), rawvar);
    }

    /// Each activation against the first explanation of the next one, the last against that of the first (or of the
    /// one read for this only).
    private static Controls controls(float[][] reconstructions, float[][] activations, int shown, int samples) {
        float[] empty = reconstructions[reconstructions.length - 1];
        double emptySum = 0;
        double shuffledSum = 0;
        for (int i = 0; i < shown; i++) {
            emptySum += Score.of(empty, activations[i]).cosine();
            int other = (i + 1) % activations.length;
            int at = Math.min(other, shown) * samples;
            shuffledSum += Score.of(reconstructions[at], activations[i]).cosine();
        }
        boolean hasOther = activations.length > 1;
        return new Controls(
                emptySum / shown, hasOther ? OptionalDouble.of(shuffledSum / shown) : OptionalDouble.empty());
    }

    /// The L2 norm.
    public static double norm(float[] vector) {
        double square = 0;
        for (float v : vector) {
            square += (double) v * v;
        }
        return Math.sqrt(square);
    }
}
