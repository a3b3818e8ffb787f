package dev.nla4j.nla.lint;

import dev.nla4j.format.TensorSource;
import dev.nla4j.nla.NlaMeta;
import dev.nla4j.nla.Role;
import dev.nla4j.tokenizer.Tokenizer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiFunction;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// Checks of one half against the other.
final class PairChecks {
    private static final String PAIR = "pair";
    private static final String MEND =
            "one of the sidecars is of another training run: bring the two halves of one run" + " together";

    private static final List<Check> AGREEMENTS = List.of(
            Check.TEMPLATES_AGREE,
            Check.MARKERS_AGREE,
            Check.LAYERS_AGREE,
            Check.WIDTHS_AGREE,
            Check.BASES_AGREE,
            Check.TOKENIZERS_AGREE,
            Check.ARCHITECTURES_AGREE);

    private final Half verbalizer;
    private final Half reconstructor;

    private PairChecks(Half verbalizer, Half reconstructor) {
        this.verbalizer = verbalizer;
        this.reconstructor = reconstructor;
    }

    static void run(Half verbalizer, Half reconstructor, Rows rows) {
        PairChecks checks = new PairChecks(verbalizer, reconstructor);
        rows.check(Check.TEMPLATES_AGREE, PAIR, checks::templates);
        rows.check(Check.MARKERS_AGREE, PAIR, checks::markers);
        rows.check(Check.LAYERS_AGREE, PAIR, checks::layers);
        rows.check(Check.WIDTHS_AGREE, PAIR, checks::widths);
        rows.check(Check.BASES_AGREE, PAIR, checks::bases);
        rows.check(Check.TOKENIZERS_AGREE, PAIR, checks::tokenizers);
        rows.check(Check.ARCHITECTURES_AGREE, PAIR, checks::architectures);
    }

    /// The rows of a half without the other one.
    static void notRun(Half alone, Rows rows) {
        String what = alone.isVerbalizer()
                ? "name the other half by --nla-ar"
                : "name the other half: the verbalizer first, this one by --nla-ar";
        for (Check check : AGREEMENTS) {
            rows.check(check, PAIR, () -> Outcome.notRun(what));
        }
    }

    private void requireSidecars() {
        verbalizer.meta().tree().need("the AV's sidecar");
        reconstructor.meta().tree().need("the AR's sidecar");
    }

    /// A field of both sidecars; one that either leaves out or that can't be read (which has a row of its own) is
    /// not compared.
    private <T> void compare(
            String field,
            Function<LooseMeta, Optional<T>> reading,
            BiFunction<T, T, Boolean> equal,
            List<String> problems) {
        Optional<T> one = reading.apply(verbalizer.meta());
        Optional<T> other = reading.apply(reconstructor.meta());
        if (one.isPresent() && other.isPresent() && !equal.apply(one.get(), other.get())) {
            problems.add(field + " is " + one.get() + " in the AV's sidecar, " + other.get() + " in the AR's");
        }
    }

    private Outcome templates() {
        requireSidecars();
        List<String> problems = new ArrayList<>();
        for (Role role : Role.values()) {
            String name = "prompt_templates." + role.label();
            Optional<String> one = verbalizer.meta().template(role).optional().flatMap(t -> t);
            Optional<String> other =
                    reconstructor.meta().template(role).optional().flatMap(t -> t);
            if (one.isPresent() && other.isPresent() && !one.get().equals(other.get())) {
                problems.add(name + " differs: \"" + beginning(one.get(), other.get()) + "\" in the AV's sidecar, \""
                        + beginning(other.get(), one.get()) + "\" in the AR's");
            }
        }
        return Outcome.of(problems, "equal", MEND);
    }

    /// The part of `text` around the first difference.
    private static String beginning(String text, String other) {
        int at = 0;
        while (at < Math.min(text.length(), other.length()) && text.charAt(at) == other.charAt(at)) {
            at++;
        }
        int start = Math.max(0, at - 20);
        int end = Math.min(text.length(), at + 20);
        return (start > 0 ? "…" : "") + text.substring(start, end) + (end < text.length() ? "…" : "");
    }

    private Outcome markers() {
        requireSidecars();
        List<String> problems = new ArrayList<>();
        compare(
                "the marker",
                m -> m.marker().optional().flatMap(x -> x).map(PairChecks::marker),
                String::equals,
                problems);
        compare("its neighbours", m -> m.neighbours().optional().map(PairChecks::neighbours), String::equals, problems);
        compare("critic_suffix_ids", m -> m.suffixIds().optional().flatMap(x -> x), List::equals, problems);
        return Outcome.of(problems, "equal", MEND);
    }

    private static String marker(NlaMeta.Marker marker) {
        return "\"" + marker.text() + "\" (" + marker.id() + ")";
    }

    private static String neighbours(NlaMeta.Marker marker) {
        return marker.left() + " and " + marker.right();
    }

    private static Optional<Integer> layer(Half half) {
        return half.layer().stream().boxed().findFirst();
    }

    /// Whether the AV's adapter is what a reconstructor's is, and the AR's is not. A B begins as zeros and, above K,
    /// stays so in a reconstructor, which ends there: one over an uncut base is no sign of anything.
    private boolean exchanged(int k) {
        boolean readable = verbalizer.adapter()
                && reconstructor.adapter()
                && !verbalizer.weights().failed()
                && !reconstructor.weights().failed();
        if (!readable) {
            return false;
        }
        Set<Integer> first = WeightChecks.layers(verbalizer.weights().need("the AV's adapter"));
        TensorSource second = reconstructor.weights().need("the AR's adapter");
        return first.stream().mapToInt(Integer::intValue).max().orElse(-1) == k
                && second.names().stream()
                        .filter(name -> name.contains("lora_B") && WeightChecks.layer(name) > k)
                        .anyMatch(name -> Attempt.of(() -> TensorScan.of(second, name))
                                .optional()
                                .filter(scan -> !scan.isZero())
                                .isPresent());
    }

    private Outcome layers() {
        requireSidecars();
        Optional<Integer> verbalizers = layer(verbalizer);
        Optional<Integer> k = layer(reconstructor);
        if (k.isPresent() && verbalizers.isPresent() && !verbalizers.equals(k)) {
            return Outcome.fail("K is " + verbalizers.get() + " for the AV, " + k.get() + " for the AR", MEND);
        }
        if (k.isPresent() && exchanged(k.get())) {
            return Outcome.fail(
                    "the AV's adapter ends at block K = " + k.get() + ", the AR's was trained above it, where no"
                            + " reconstructor learns: the adapters are exchanged",
                    "put each adapter's files into the other half's folder");
        }
        for (Half half : List.of(verbalizer, reconstructor)) {
            Optional<Integer> other = half.meta().otherLayer();
            if (k.isPresent() && other.isPresent() && !other.equals(k)) {
                return Outcome.warn(
                        "the sidecar of the " + half.name() + " also says " + other.get() + ", K is " + k.get(),
                        "remove the old key (layer or extraction_layer_index at the top), or correct K");
            }
        }
        return Outcome.ok(k.map(layer -> "K = " + layer).orElse("not said"));
    }

    private Outcome widths() {
        requireSidecars();
        List<String> problems = new ArrayList<>();
        compare("d_model", m -> m.dim().optional(), Integer::equals, problems);
        return Outcome.of(problems, "equal", MEND);
    }

    private Outcome bases() {
        requireSidecars();
        List<String> problems = new ArrayList<>();
        compare(
                "base_file.sha256",
                m -> m.baseFile().optional().flatMap(b -> b).map(NlaMeta.BaseFile::sha256),
                String::equals,
                problems);
        if (!problems.isEmpty()) {
            return Outcome.fail(String.join("; ", problems), MEND);
        }
        compare("base_checkpoint", m -> m.baseCheckpoint().optional().flatMap(b -> b), String::equals, problems);
        if (problems.isEmpty()) {
            return Outcome.ok("equal");
        }
        String found = String.join("; ", problems);
        if (hasBaseFile(verbalizer) && hasBaseFile(reconstructor)) {
            return Outcome.warn(
                    found + "; the bytes are the same (base_file.sha256)", "give the base one name in both sidecars");
        }
        // Full weights need no base; their sidecars often name a local folder of the training machine.
        boolean adapters = verbalizer.adapter() || reconstructor.adapter();
        return adapters ? Outcome.fail(found, MEND) : Outcome.warn(found, MEND);
    }

    private static boolean hasBaseFile(Half half) {
        return half.meta().baseFile().optional().flatMap(file -> file).isPresent();
    }

    private Outcome tokenizers() {
        if (verbalizer.adapter() && reconstructor.adapter()) {
            return Outcome.ok("both have the base's");
        }
        Tokenizer one = verbalizer.live().tokenizer().need("the AV's tokenizer");
        Tokenizer other = reconstructor.live().tokenizer().need("the AR's tokenizer");
        return Outcome.of(
                TokenizerComparison.differences(one, other, "the AR", TargetChecks.probes(reconstructor)),
                one.vocabularySize() + " tokens, equal",
                "give both halves the target's tokenizer files");
    }

    private Outcome architectures() {
        if (verbalizer.adapter() && reconstructor.adapter()) {
            return Outcome.ok("both stand on one base");
        }
        return Outcome.of(
                ArchitectureComparison.differences(
                        verbalizer.live().config().need("the AV's configuration"),
                        reconstructor.live().config().need("the AR's configuration")),
                "equal but for their depth",
                "both are made from the target: put its numbers into config.json");
    }

    /// The row of a folder that has only one of two halves, or neither.
    static Outcome folder(@Nullable Half verbalizer, @Nullable Half reconstructor, boolean pair) {
        if (verbalizer != null && reconstructor != null) {
            return Outcome.ok("a pair");
        }
        if (pair) {
            String missing = verbalizer == null ? "av/ (or actor/)" : "ar/ (or critic/)";
            return Outcome.fail("a pair without " + missing, "put both halves there, or name the one half");
        }
        return Outcome.ok(verbalizer != null ? "a verbalizer (av)" : "a reconstructor (ar)");
    }
}
