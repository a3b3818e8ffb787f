package dev.nla4j.nla.lint;

import dev.nla4j.format.TensorSource;
import dev.nla4j.format.json.Fields;
import dev.nla4j.model.PeftAdapter;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import tools.jackson.databind.JsonNode;

/// What an adapter's configuration says it adapts, against the tensors it has. This program reads the tensors,
/// others the configuration: they must mean the same adapter.
///
/// @param stored modules with a tensor, as `model.layers.0.self_attn.q_proj`
/// @param targets names of `target_modules`; empty when it is absent, or a pattern, which is not tried on anything
/// @param excludes whether `exclude_modules` takes some of them out again, by a pattern that is not tried
///     either
/// @param blocks that `layers_to_transform` lists; empty when it lists none
/// @param byName whether names of modules may leave blocks out
record AdaptedModules(
        Set<String> stored, Optional<List<String>> targets, boolean excludes, Set<Integer> blocks, boolean byName) {
    private static final Pattern TENSOR =
            Pattern.compile("(?:base_model\\.model\\.)?(.*)\\.lora_[AB](?:\\.default)?\\.weight");
    private static final Pattern PLAIN = Pattern.compile("[A-Za-z_]+");
    private static final int SHOWN = 3;
    private static final int HIGHEST_BLOCK = 9999;

    static AdaptedModules of(Fields config, TensorSource tensors) {
        Set<String> stored = new TreeSet<>();
        for (String name : tensors.names()) {
            Matcher matcher = TENSOR.matcher(name);
            if (matcher.matches()) {
                stored.add(matcher.group(1));
            }
        }
        JsonNode said = config.node().path("target_modules");
        boolean pattern = said.isString() && !said.stringValue().equals("all-linear");
        Optional<List<String>> targets = said.isArray() ? config.texts("target_modules") : Optional.empty();
        boolean longNames = targets.orElse(List.of()).stream()
                .anyMatch(name -> !PLAIN.matcher(name).matches());
        Set<Integer> blocks = new TreeSet<>(config.integers("layers_to_transform", 0, HIGHEST_BLOCK));
        boolean excludes = config.has("exclude_modules");
        return new AdaptedModules(stored, targets, excludes, blocks, pattern || longNames || excludes);
    }

    /// Whether the configuration leaves blocks out, or may.
    boolean choosesBlocks() {
        return byName || !blocks.isEmpty();
    }

    /// How the blocks that have tensors differ from those that `layers_to_transform` lists; empty when
    /// they do not.
    Optional<String> otherBlocks(Set<Integer> adapted) {
        Set<Integer> unlisted = new TreeSet<>(adapted);
        unlisted.removeAll(blocks);
        Set<Integer> without = new TreeSet<>(blocks);
        without.removeAll(adapted);
        boolean differ = !unlisted.isEmpty() || (!without.isEmpty() && !byName);
        return blocks.isEmpty() || adapted.isEmpty() || !differ
                ? Optional.empty()
                : Optional.of("layers_to_transform lists blocks " + WeightChecks.ranges(blocks)
                        + ", the tensors are of " + WeightChecks.ranges(adapted));
    }

    /// Where names and tensors disagree; empty when they do not.
    List<String> disagreements() {
        if (targets.isEmpty()) {
            return List.of();
        }
        List<String> problems = new ArrayList<>();
        List<String> unnamed = stored.stream()
                .filter(module -> targets.get().stream().noneMatch(target -> names(target, module)))
                .toList();
        if (!unnamed.isEmpty()) {
            problems.add("target_modules does not name " + unnamed.size() + " of " + stored.size()
                    + " modules that have tensors: "
                    + unnamed.stream().limit(SHOWN).collect(Collectors.joining(", ")));
        }
        targets.get().stream()
                .filter(_ -> !excludes)
                .filter(PeftAdapter::isProjection)
                .filter(target -> stored.stream().noneMatch(module -> names(target, module)))
                .forEach(target -> problems.add("target_modules names " + target + ", which has no tensors"));
        return problems;
    }

    /// As PEFT compares: the whole name, or its end behind a dot.
    private static boolean names(String target, String module) {
        return module.equals(target) || module.endsWith("." + target);
    }

    /// Blocks from 0 to `last` that have no tensors though others have, when nothing in the configuration
    /// leaves them out.
    Set<Integer> gaps(Set<Integer> adapted, int last) {
        if (choosesBlocks() || adapted.isEmpty()) {
            return Set.of();
        }
        return IntStream.rangeClosed(0, last)
                .filter(block -> !adapted.contains(block))
                .boxed()
                .collect(Collectors.toCollection(TreeSet::new));
    }
}
