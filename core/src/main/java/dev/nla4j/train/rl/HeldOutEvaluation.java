package dev.nla4j.train.rl;

import dev.nla4j.eval.Baselines;
import dev.nla4j.eval.Bootstrap;
import dev.nla4j.eval.Paraphrase;
import dev.nla4j.eval.Shuffle;
import dev.nla4j.eval.VarianceExplained;
import dev.nla4j.model.LanguageModel;
import dev.nla4j.nla.Reconstructor;
import dev.nla4j.teacher.Evidence;
import dev.nla4j.train.config.RlConfig;
import dev.nla4j.train.sft.Example;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;

/// What a pair is worth on documents it never saw: one text an activation at temperature 1, beside everything that
/// needs no such text. The same rows and the same random numbers every time, so that differences are the pair's.
public final class HeldOutEvaluation {
    private static final double LEVEL = 0.95;
    private static final int DRAWS = 2000;
    private static final int SAMPLES = 8;
    private static final long EVALUATION = -1;
    /// Tokens before the activation that a reconstructor is given alone: some three words, where a gold tail has five.
    private static final int LITERAL = 4;
    /// FVE by which the run's own reconstructor may read texts better than the second one, at the least.
    private static final double LARGEST_GAP = 0.05;

    private final RlConfig config;
    private final List<Example> rows;
    private final List<float[]> activations;
    private final List<String> documents;
    private final Optional<List<Evidence>> evidence;
    private final Map<String, Double> baselines;
    private final Optional<List<String>> literal;
    private final String constant;
    private final double rawvar;
    private final float[] mean;
    private final int[] others;
    private final long[] numbers;
    private final Judge judge;
    private final Reconstructor secondCritic;

    /// @param target what predicts next tokens, for checking claims about them
    /// @param secondCritic a reconstructor that this run never trains: how far the text serves anyone but its
    /// partner
    public HeldOutEvaluation(
            RlConfig config,
            RlData data,
            double rawvar,
            LanguageModel target,
            Judge judge,
            Reconstructor secondCritic) {
        this.config = config;
        this.rows = data.heldOut().at(data.heldOut().spread(config.start().evalRows()));
        this.activations = rows.stream().map(Example::activation).toList();
        this.documents = rows.stream().map(Example::document).toList();
        this.rawvar = rawvar;
        this.mean = data.mean();
        this.others = Shuffle.derangement(rows.size(), config.seed());
        this.numbers = IntStream.range(0, rows.size())
                .mapToLong(row -> EVALUATION - row)
                .toArray();
        this.judge = judge;
        this.secondCritic = secondCritic;
        this.evidence = data.evidence(target, secondCritic.layer(), rows);
        this.literal = RlData.hasContexts(rows)
                ? Optional.of(rows.stream()
                        .map(row -> lastTokens(target, row.context()))
                        .toList())
                : Optional.empty();
        this.constant = data.gold().rows().getFirst().explanation();
        this.baselines = baselines(data, target);
    }

    private static String lastTokens(LanguageModel target, String context) {
        int[] ids = target.tokenizer().ids(context, false);
        int[] last = Arrays.copyOfRange(ids, Math.max(0, ids.length - LITERAL), ids.length);
        return target.tokenizer().decode(last, false);
    }

    /// What needs no text and no reconstructor, so stays what it is.
    private Map<String, Double> baselines(RlData data, LanguageModel target) {
        List<float[]> training = data.prompts().activations();
        Map<String, Double> values = new LinkedHashMap<>();
        values.put("eval/rawvar", rawvar);
        values.put(
                "eval/fve_mean_vector",
                fve(VarianceExplained.errors(activations.stream().map(_ -> mean).toList(), activations)));
        values.put(
                "eval/fve_nearest",
                fve(VarianceExplained.errors(Baselines.nearest(training, activations), activations)));
        List<Example> known = data.prompts().rows();
        if (RlData.hasContexts(rows) && RlData.hasContexts(known)) {
            List<float[]> told = Baselines.byKey(lastIds(target, known), training, lastIds(target, rows));
            values.put("eval/fve_same_token", fve(VarianceExplained.errors(told, activations)));
        }
        return values;
    }

    private static List<Integer> lastIds(LanguageModel target, List<Example> rows) {
        return rows.stream()
                .map(row -> target.tokenizer().ids(row.context(), false))
                .map(ids -> ids.length == 0 ? -1 : ids[ids.length - 1])
                .toList();
    }

    /// A measurement.
    ///
    /// @param fve at temperature 1
    /// @param values by name for the log, controls included
    /// @param samples a few texts for people
    /// @param alarm what a second reconstructor says against it, in words
    public record Result(double fve, Map<String, Double> values, String samples, Optional<String> alarm) {}

    /// A few texts for people, and nothing else.
    public String samples(Policy policy, Critic critic) {
        int few = Math.min(SAMPLES, rows.size());
        List<float[]> shown = activations.subList(0, few);
        List<String> texts = policy.write(shown, 1, 1, Arrays.copyOf(numbers, few)).stream()
                .map(Policy.Rollout::text)
                .toList();
        return samples(texts, critic.errors(texts, shown));
    }

    /// Measures both halves as they are now.
    public Result of(Policy policy, Critic critic) {
        return of(policy.write(activations, 1, 1, numbers), critic);
    }

    /// Measures given texts, one a row.
    Result of(List<Policy.Rollout> written, Critic critic) {
        List<String> texts = written.stream().map(Policy.Rollout::text).toList();
        List<String> gold = rows.stream().map(Example::explanation).toList();
        double[] errors = critic.errors(texts, activations);
        Bootstrap.Interval interval =
                Bootstrap.mean(errors, documents, LEVEL, DRAWS, config.seed()).asFve(rawvar);
        Map<String, Double> values = new LinkedHashMap<>();
        values.put("eval/fve", interval.mean());
        values.put("eval/documents", (double) interval.documents());
        if (interval.documents() > 1) {
            values.put("eval/fve_low", interval.low());
            values.put("eval/fve_high", interval.high());
        }
        values.put("eval/fve_shuffled", fve(critic, shuffled(texts)));
        if (critic.reads("")) {
            values.put("eval/fve_empty", fve(critic.errors("", activations)));
        }
        values.put("eval/fve_constant", fve(critic.errors(constant, activations)));
        literal.ifPresent(tails -> values.put("eval/fve_literal", fve(critic, tails)));
        values.putAll(baselines);
        values.put("eval/fve_gold", fve(critic, gold));
        values.put("eval/fve_reworded", fve(critic, reworded(texts, Paraphrase.QUOTES_KEPT)));
        values.put("eval/fve_quotes_removed", fve(critic, reworded(texts, Paraphrase.QUOTES_REMOVED)));
        double[] second = secondErrors(texts);
        values.put("eval/fve_second_critic", fve(second));
        values.put("eval/fve_second_critic_gold", fve(secondErrors(gold)));
        double[] more = IntStream.range(0, errors.length)
                .mapToDouble(row -> (second[row] - errors[row]) / rawvar)
                .toArray();
        Bootstrap.Interval gap = Bootstrap.mean(more, documents, LEVEL, DRAWS, config.seed());
        values.put("eval/critic_gap", gap.mean());
        evidence.ifPresent(known -> {
            values.put("eval/truth", truth(texts, known));
            values.put("eval/truth_base", truth(shuffled(texts), known));
            values.put("eval/truth_gold", truth(gold, known));
        });
        values.put(
                "eval/length",
                written.stream().mapToInt(Policy.Rollout::tokens).average().orElseThrow());
        values.put(
                "eval/truncated",
                written.stream().filter(Policy.Rollout::truncated).count() / (double) written.size());
        return new Result(interval.mean(), values, samples(texts, errors), alarm(gap));
    }

    private double[] secondErrors(List<String> texts) {
        return VarianceExplained.errors(List.of(secondCritic.reconstructReadable(texts)), activations);
    }

    private static Optional<String> alarm(Bootstrap.Interval gap) {
        return gap.documents() > 1 && gap.low() > LARGEST_GAP
                ? Optional.of(String.format(
                        Locale.ROOT,
                        "the run's own reconstructor reads its texts better than the second one, by FVE %.3f (%.3f to"
                                + " %.3f): if eval/fve_second_critic falls, both halves are agreeing on a code",
                        gap.mean(),
                        gap.low(),
                        gap.high()))
                : Optional.empty();
    }

    private List<String> shuffled(List<String> texts) {
        return Arrays.stream(others).mapToObj(texts::get).toList();
    }

    private List<String> reworded(List<String> texts, Paraphrase paraphrase) {
        return IntStream.range(0, texts.size())
                .mapToObj(i -> paraphrase.of(texts.get(i), config.seed(), numbers[i]))
                .toList();
    }

    private double fve(Critic critic, List<String> texts) {
        return fve(critic.errors(texts, activations));
    }

    private double fve(double[] errors) {
        return 1 - Arrays.stream(errors).average().orElseThrow() / rawvar;
    }

    /// A text without a checkable claim counts 0, as in the reward.
    private double truth(List<String> texts, List<Evidence> known) {
        return IntStream.range(0, texts.size())
                .mapToDouble(i -> judge.truth(texts.get(i), known.get(i)).orElse(0))
                .average()
                .orElseThrow();
    }

    private String samples(List<String> texts, double[] errors) {
        StringBuilder shown = new StringBuilder();
        for (int i = 0; i < Math.min(SAMPLES, texts.size()); i++) {
            shown.append(String.format(Locale.ROOT, "error %.3f%n", errors[i]))
                    .append("gold:    ")
                    .append(oneLine(rows.get(i).explanation()))
                    .append("\nwritten: ")
                    .append(oneLine(texts.get(i)))
                    .append("\n\n");
        }
        return shown.toString();
    }

    private static String oneLine(String text) {
        return text.replaceAll("\\R", " | ");
    }
}
