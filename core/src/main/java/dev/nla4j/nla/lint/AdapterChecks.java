package dev.nla4j.nla.lint;

import dev.nla4j.format.Ranges;
import dev.nla4j.format.TensorSource;
import dev.nla4j.model.AdaptedModules;
import dev.nla4j.model.ModelConfig;
import dev.nla4j.model.PeftAdapter;
import dev.nla4j.nla.NlaMeta;
import dev.nla4j.tensor.DType;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Checks of a half that is an adapter: its configuration, its place in the base, the base itself.
final class AdapterChecks {
    private final Half half;

    private AdapterChecks(Half half) {
        this.half = half;
    }

    /// @param baseSha256 of the base's one file; null when there is no base, or it is a folder
    static void run(Half half, @Nullable String baseSha256, Rows rows) {
        AdapterChecks checks = new AdapterChecks(half);
        String name = half.name();
        rows.check(Check.ADAPTER, name, checks::adapter);
        rows.check(Check.LAYER_COUNT, name, checks::layerCount);
        rows.check(Check.BASE_HASH, name, () -> checks.baseHash(baseSha256));
        rows.check(Check.WEIGHT_FILES, name, () -> WeightChecks.readable(half));
        rows.check(Check.TENSORS, name, checks::tensors);
        if (!half.isVerbalizer()) {
            rows.check(Check.FINAL_NORM, name, checks::finalNorm);
        }
    }

    private Outcome adapter() {
        Attempt<PeftAdapter> read = Attempt.of(() -> PeftAdapter.read(half.folder()));
        if (read.failed()) {
            return Outcome.fail(
                    read.problem(), "save it as plain LoRA: one rank, no bias, no whole modules, on an unchanged base");
        }
        PeftAdapter adapter = read.need("adapter");
        if (!half.weights().failed()) {
            Attempt<AdaptedModules> modules = Attempt.of(this::modules);
            List<String> problems = modules.failed()
                    ? List.of(modules.problem())
                    : modules.need(PeftAdapter.CONFIG).disagreements();
            if (!problems.isEmpty()) {
                return Outcome.fail(
                        String.join("; ", problems),
                        "save the adapter again: programs that go by target_modules would run another adapter");
            }
        }
        Optional<String> named = half.meta().baseCheckpoint().optional().flatMap(b -> b);
        if (adapter.base().isPresent()
                && named.isPresent()
                && !named.get().equals(adapter.base().get())) {
            return Outcome.warn(
                    "adapter_config.json names the base " + adapter.base().get() + ", the sidecar " + named.get(),
                    "make both name the model that it was trained on");
        }
        return Outcome.ok("rank " + adapter.rank() + ", alpha " + SidecarChecks.number(adapter.alpha()));
    }

    private Outcome layerCount() {
        half.meta().tree().need("the sidecar");
        Attempt<OptionalInt> read = half.meta().layer();
        String mend = "set critic.extraction_layer_index to K: activations are the residual stream after block K";
        if (read.failed()) {
            return Outcome.fail(read.problem(), mend);
        }
        OptionalInt layer = read.need("K");
        if (layer.isEmpty()) {
            String extra = half.meta()
                    .otherLayer()
                    .map(other -> "; its " + other + " at the top is an extra that nobody reads")
                    .orElse("");
            return half.isVerbalizer()
                    ? blocks("not said, as a verbalizer need not")
                    : Outcome.fail("the sidecar has no critic.extraction_layer_index (K)" + extra, mend);
        }
        int k = layer.getAsInt();
        Optional<ModelConfig> base = half.base().config().optional();
        if (base.isPresent() && k >= base.get().numLayers()) {
            return Outcome.fail("K is " + k + ", the base has " + base.get().numLayers() + " blocks", mend);
        }
        return half.isVerbalizer() ? blocks("K = " + k) : adapted(k, mend);
    }

    /// A verbalizer's adapter may end at any block, and has all before it.
    private Outcome blocks(String sound) {
        if (half.weights().failed()) {
            return Outcome.ok(sound);
        }
        Set<Integer> adapted = WeightChecks.layers(half.weights().need("adapter"));
        Optional<Outcome> chosen = chosen();
        if (chosen.isPresent()) {
            return chosen.get();
        }
        Set<Integer> before = gaps(adapted, deepest(adapted));
        if (!before.isEmpty()) {
            return gap("the adapter is", adapted, before);
        }
        int depth = half.base().config().optional().map(ModelConfig::numLayers).orElse(0);
        Set<Integer> behind = gaps(adapted, depth - 1);
        return behind.isEmpty()
                ? Outcome.ok(sound)
                : Outcome.warn(
                        "the adapter is for blocks " + Ranges.of(adapted) + ", the base has " + depth + ": "
                                + Ranges.of(behind) + " run without it",
                        "nothing, when training reached no further (layers_to_transform can say so); else save the"
                                + " adapter again");
    }

    private static int deepest(Set<Integer> adapted) {
        return adapted.stream().mapToInt(Integer::intValue).max().orElse(-1);
    }

    /// The program runs a block without tensors as the base has it, and those above K not at all: the numbers are
    /// another adapter's, and nothing says so.
    private static Outcome gap(String what, Set<Integer> adapted, Set<Integer> gaps) {
        return Outcome.fail(
                what + " for blocks " + Ranges.of(adapted) + ": " + Ranges.of(gaps) + " would run without it",
                "save the adapter again, with the blocks' own numbers in the names of its tensors");
    }

    /// A configuration that lists its blocks must list these.
    private Optional<Outcome> chosen() {
        return Attempt.of(this::modules)
                .optional()
                .flatMap(AdaptedModules::otherBlocks)
                .map(found -> Outcome.fail(
                        found, "save the adapter again: programs that go by the list would run another adapter"));
    }

    private Set<Integer> gaps(Set<Integer> adapted, int last) {
        return Attempt.of(this::modules)
                .optional()
                .map(modules -> modules.gaps(adapted, last))
                .orElse(Set.of());
    }

    private AdaptedModules modules() {
        return AdaptedModules.of(
                PeftAdapter.config(half.folder()), half.weights().need(PeftAdapter.TENSORS));
    }

    /// Training reaches the blocks 0 to K, and those above where the base was not cut: an adapter that
    /// ends one off K says that K is.
    private Outcome adapted(int k, String mend) {
        if (half.weights().failed()) {
            return Outcome.notRun("K is " + k + "; needs " + PeftAdapter.TENSORS + ": "
                    + half.weights().problem());
        }
        Set<Integer> adapted = WeightChecks.layers(half.weights().need("adapter"));
        Optional<Outcome> chosen = chosen();
        if (chosen.isPresent()) {
            return chosen.get();
        }
        int deepest = deepest(adapted);
        String found = "K is " + k + ", the adapter is for blocks " + Ranges.of(adapted);
        Set<Integer> gaps = gaps(adapted, k);
        if (!gaps.isEmpty()) {
            return deepest == k - 1 && gaps.size() == 1
                    ? Outcome.fail(found + ": K seems to be off by one", mend)
                    : gap("K is " + k + ", the adapter is", adapted, gaps);
        }
        if (deepest <= k) {
            return Outcome.ok(found);
        }
        boolean wholeBase = half.base()
                .config()
                .optional()
                .map(base -> base.numLayers() - 1 == deepest)
                .orElse(false);
        return deepest == k + 1 && !wholeBase && !choosesLayers()
                ? Outcome.fail(found + ": K seems to be off by one", mend)
                : Outcome.warn(found + ": blocks above K never run", mend);
    }

    private boolean choosesLayers() {
        return Attempt.of(this::modules)
                .optional()
                .map(AdaptedModules::choosesBlocks)
                .orElse(false);
    }

    private Outcome baseHash(@Nullable String found) {
        half.meta().tree().need("the sidecar");
        Attempt<Optional<NlaMeta.BaseFile>> read = half.meta().baseFile();
        String mend = "give the base it was trained on (--against), or write base_file anew if the bytes differ and the"
                + " numbers do not";
        if (read.failed()) {
            return Outcome.fail(read.problem(), mend);
        }
        Optional<NlaMeta.BaseFile> expected = read.need("base_file");
        if (expected.isEmpty()) {
            return half.meta().baseCheckpoint().optional().flatMap(b -> b).isPresent()
                    ? Outcome.ok("no base_file; base_checkpoint names the base")
                    : Outcome.warn(
                            "neither base_file nor base_checkpoint says what it stands on",
                            "write base_checkpoint, and base_file when the base is one file");
        }
        if (half.base().isMissing()) {
            throw new Unmet(half.base().tokenizer().problem());
        }
        String sha256 = expected.get().sha256();
        return sha256.equals(found)
                ? Outcome.ok(expected.get().name() + ", " + sha256.substring(0, 12) + "…")
                : Outcome.fail(
                        "the sidecar wants a base with SHA-256 " + sha256 + ", "
                                + half.base().name() + " has " + (found == null ? "no single file" : found),
                        mend);
    }

    private Outcome tensors() {
        TensorSource source = half.weights().need(PeftAdapter.TENSORS);
        Attempt<PeftAdapter> adapter = Attempt.of(() -> PeftAdapter.read(half.folder()));
        OptionalInt rank =
                adapter.optional().map(read -> OptionalInt.of(read.rank())).orElse(OptionalInt.empty());
        String mend = "save the adapter again for this base";
        List<String> problems = AdapterPairs.problems(source, rank);
        if (!problems.isEmpty()) {
            return Outcome.fail(String.join("; ", problems), mend);
        }
        PeftAdapter read = adapter.need(PeftAdapter.CONFIG);
        Attempt<ModelConfig> config = half.base().config();
        if (config.failed()) {
            return Outcome.notRun(source.names().size() + " tensors are whole pairs of rank " + read.rank()
                    + "; whether they fit needs the base's configuration: " + config.problem());
        }
        try (AutoCloseable _ = read.load(config.need("base"), DType.FP32)) {
            return Outcome.ok(source.names().size() + " tensors fit the base");
        } catch (RuntimeException e) {
            return Outcome.fail(Attempt.message(e), mend);
        } catch (Exception e) {
            throw new IllegalStateException("closing an adapter: " + e.getMessage(), e);
        }
    }

    private Outcome finalNorm() {
        TensorSource source = half.weights().need(PeftAdapter.TENSORS);
        List<String> norms = source.names().stream()
                .filter(name -> name.matches("(?:.*\\.)?(?:norm|lm_head)\\..*"))
                .toList();
        return Outcome.of(
                norms.stream().limit(2).map(n -> "the adapter holds " + n).toList(),
                "none, as it must be",
                "adapt the blocks only: the reconstructor reads the residual stream as it is");
    }
}
