package dev.nla4j.train.rl;

import dev.nla4j.generate.Completion;
import dev.nla4j.generate.StopReason;
import dev.nla4j.model.LanguageModel;
import dev.nla4j.model.LowRankAdapter;
import dev.nla4j.model.PeftAdapter;
import dev.nla4j.model.TrainableAdapter;
import dev.nla4j.nla.ExplanationText;
import dev.nla4j.nla.NlaMeta;
import dev.nla4j.nla.PairFolder;
import dev.nla4j.nla.Verbalizer;
import dev.nla4j.tensor.DType;
import dev.nla4j.tensor.Scope;
import dev.nla4j.train.Parameter;
import dev.nla4j.train.config.RlConfig;
import dev.nla4j.train.sft.PromptedAnswers;
import java.util.ArrayList;
import java.util.List;

/// The verbalizer while it learns: what it writes now, and the gradient of an update.
public final class Policy implements AutoCloseable {
    private final LanguageModel base;
    private final NlaMeta meta;
    private final RlConfig config;
    private final TrainableAdapter adapter;
    private final LowRankAdapter warmStart;
    private final List<Parameter> parameters;
    private final PolicyGradient gradient;

    /// Begins where `half` is.
    ///
    /// @param base stays the caller's
    /// @param half an adapter over it; it also stays what the policy is held to
    public Policy(LanguageModel base, PairFolder.Half half, RlConfig config) {
        this.base = base;
        this.meta = half.meta();
        this.config = config;
        PeftAdapter stored = PeftAdapter.read(half.folder());
        DType dtype = base.decoder().dtype();
        PromptedAnswers prompted;
        try (Verbalizer checked = new Verbalizer(base, base.decoder(), meta)) {
            prompted = new PromptedAnswers(checked.promptIds(), checked.injection());
        }
        this.adapter = TrainableAdapter.of(base.config(), stored, base.config().numLayers());
        this.warmStart = stored.load(base.config(), dtype);
        this.parameters = List.copyOf(Parameter.all(adapter.leaves()));
        this.gradient = new PolicyGradient(
                base.decoder(), base.decoder().with(warmStart), prompted, PolicyLoss.of(config), config);
    }

    /// A sampled explanation.
    ///
    /// @param prompt place of its activation among those that were asked about
    /// @param text between the tags, as it is scored
    /// @param truncated whether it was cut off at the length limit
    /// @param tagged whether it has both tags
    public record Rollout(int prompt, Completion completion, String text, boolean truncated, boolean tagged) {
        /// Whether the published recipe takes it for no explanation.
        boolean failed() {
            return truncated || !tagged;
        }

        /// Tokens drawn.
        public int tokens() {
            return completion.ids().size();
        }

        /// As the gradient wants it.
        PolicyGradient.Sample sample(float[] activation, double advantage) {
            return new PolicyGradient.Sample(
                    activation, completion.idArray(), completion.logProbabilityArray(), advantage);
        }
    }

    /// Writes `group` texts on each activation, those of one activation one after the other. What it wrote before an
    /// update never reaches what it writes after: the prompt is read anew in every call.
    ///
    /// @param temperature 1 for training and for what is reported
    /// @param numbers the request number of each text: with the seed it decides what is drawn
    public List<Rollout> write(List<float[]> activations, int group, double temperature, long[] numbers) {
        List<Verbalizer.Task> tasks = new ArrayList<>();
        for (int i = 0; i < activations.size() * group; i++) {
            tasks.add(new Verbalizer.Task(activations.get(i / group), numbers[i]));
        }
        List<Rollout> rollouts = new ArrayList<>();
        try (Scope _ = Scope.noGrad();
                Verbalizer now = new Verbalizer(base, adapter.on(base.decoder()), meta)) {
            Verbalizer.Options options = new Verbalizer.Options(
                    temperature, config.seed(), config.rollout().maxNewTokens());
            List<Completion> written = now.complete(tasks, options, _ -> {});
            for (int i = 0; i < written.size(); i++) {
                Completion completion = written.get(i);
                ExplanationText read = now.read(completion);
                rollouts.add(new Rollout(
                        i / group,
                        completion,
                        read.description(),
                        completion.reason() == StopReason.LENGTH,
                        read.tagged()));
            }
        }
        return rollouts;
    }

    /// Adds the gradient of an update to that of the parameters.
    public PolicyGradient.Outcome accumulate(List<PolicyGradient.Sample> samples) {
        return gradient.accumulate(adapter, samples);
    }

    public List<Parameter> parameters() {
        return parameters;
    }

    TrainableAdapter adapter() {
        return adapter;
    }

    @Override
    public void close() {
        adapter.close();
        warmStart.close();
    }
}
