package dev.nla4j.nla.lint;

import dev.nla4j.model.ModelConfig;
import dev.nla4j.nla.Role;
import dev.nla4j.tokenizer.Tokenizer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// Checks of a half against the model it explains.
final class TargetChecks {
    private final Half half;
    private final Subject target;

    private TargetChecks(Half half, Subject target) {
        this.half = half;
        this.target = target;
    }

    /// @param target missing when none was named
    static void run(Half half, Subject target, Rows rows) {
        TargetChecks checks = new TargetChecks(half, target);
        rows.check(Check.TARGET_TOKENIZER, half.name(), checks::tokenizer);
        rows.check(Check.TARGET_ARCHITECTURE, half.name(), checks::architecture);
    }

    private void requireTarget() {
        if (target.isMissing()) {
            throw new Unmet("needs --against TARGET");
        }
    }

    private Outcome tokenizer() {
        requireTarget();
        Tokenizer theirs = target.tokenizer().need("the target's tokenizer");
        if (half.adapter() && !half.hasOwnTokenizer()) {
            return Outcome.ok("the target's own");
        }
        Tokenizer ours = half.own().tokenizer().need("a tokenizer");
        List<String> problems = TokenizerComparison.differences(ours, theirs, "the target", probes(half));
        String mend = "take the target's tokenizer files: explanations and activations must mean the same tokens";
        if (problems.isEmpty() && half.isVerbalizer() && !half.adapter()) {
            Attempt<Boolean> same = Attempt.of(this::sameConversations);
            if (!same.failed() && !same.need("conversations")) {
                return Outcome.warn(
                        "equal, but its chat template writes a conversation otherwise than the target's",
                        "keep the one of the training run; the row of the neighbours says whether it fits");
            }
        }
        return Outcome.of(problems, theirs.vocabularySize() + " tokens, equal", mend);
    }

    private boolean sameConversations() {
        Half asTarget = new Half(
                half.role(),
                half.folder(),
                half.meta(),
                half.adapter(),
                half.own(),
                target,
                half.base(),
                half.weights());
        return Arrays.equals(Prompts.chat(half, Prompts.PROBE), Prompts.chat(asTarget, Prompts.PROBE));
    }

    /// The texts that matter most: the half's own templates.
    static List<String> probes(Half half) {
        List<String> texts = new ArrayList<>();
        for (Role role : Role.values()) {
            half.meta().template(role).optional().flatMap(t -> t).ifPresent(texts::add);
        }
        half.meta().marker().optional().flatMap(m -> m).ifPresent(marker -> texts.add(marker.text()));
        return texts;
    }

    private Outcome architecture() {
        requireTarget();
        ModelConfig theirs = target.config().need("the target's configuration");
        String mend = "name the target that the pair was trained for, or put its config.json there";
        if (half.adapter()) {
            Attempt<Integer> dim = half.meta().dim();
            return dim.failed() || dim.need("d_model") == theirs.dim()
                    ? Outcome.ok("an adapter on the target")
                    : Outcome.fail(
                            "d_model is " + dim.need("d_model") + ", the target's width is " + theirs.dim(), mend);
        }
        ModelConfig ours = half.own().config().need("config.json");
        List<String> problems = new ArrayList<>(ArchitectureComparison.differences(ours, theirs));
        if (half.isVerbalizer() && ours.numLayers() != theirs.numLayers()) {
            problems.add("num_hidden_layers is " + ours.numLayers() + ", the target has " + theirs.numLayers());
        } else if (ours.numLayers() > theirs.numLayers()) {
            problems.add("it has " + ours.numLayers() + " blocks, the target only " + theirs.numLayers());
        }
        return Outcome.of(problems, theirs.family().modelType() + ", equal", mend);
    }
}
