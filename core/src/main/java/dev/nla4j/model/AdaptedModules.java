package dev.nla4j.model;

import dev.nla4j.format.Ranges;
import dev.nla4j.format.TensorSource;
import dev.nla4j.format.json.Fields;
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
/// @param patterns of `layers_pattern`: what the list of blocks is called
/// @param byName whether names of modules may leave blocks out
public record AdaptedModules(
        Set<String> stored,
        Optional<List<String>> targets,
        boolean excludes,
        Set<Integer> blocks,
        List<String> patterns,
        boolean byName) {
    private static final String LIST = "layers";
    private static final Pattern BLOCK = Pattern.compile("(?:.*\\.)?" + LIST + "\\.(\\d{1,4})\\..*");
    private static final Pattern TENSOR =
            Pattern.compile("(?:base_model\\.model\\.)?(.*)\\.lora_[AB](?:\\.default)?\\.weight");
    private static final Pattern PLAIN = Pattern.compile("[A-Za-z_]+");
    private static final int SHOWN = 3;
    private static final int HIGHEST_BLOCK = 9999;

    public static AdaptedModules of(Fields config, TensorSource tensors) {
        Set<String> stored = new TreeSet<>();
        for (String name : tensors.names()) {
            Matcher matcher = TENSOR.matcher(name);
            if (matcher.matches() && !AdapterTensor.isBeside(name)) {
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
        List<String> patterns = config.node().path("layers_pattern").isString()
                ? config.text("layers_pattern").stream().toList()
                : config.texts("layers_pattern").orElse(List.of());
        return new AdaptedModules(stored, targets, excludes, blocks, patterns, pattern || longNames || excludes);
    }

    /// Whether the configuration leaves blocks out, or may.
    public boolean choosesBlocks() {
        return byName || !blocks.isEmpty();
    }

    /// How the blocks that have tensors differ from those that the configuration lists; empty when they do not. Other
    /// programs go by the list and would run another adapter, so opening refuses such a one.
    public Optional<String> otherBlocks() {
        Set<Integer> adapted = new TreeSet<>();
        for (String module : stored) {
            Matcher matcher = BLOCK.matcher(module);
            if (matcher.matches()) {
                adapted.add(Integer.parseInt(matcher.group(1)));
            }
        }
        if (blocks.isEmpty() || adapted.isEmpty()) {
            return Optional.empty();
        }
        if (!patterns.isEmpty() && patterns.stream().allMatch(this::namesNoList)) {
            return Optional.of("layers_pattern is " + String.join(", ", patterns) + ", the tensors' blocks are in \""
                    + LIST + "\"");
        }
        Set<Integer> unlisted = new TreeSet<>(adapted);
        unlisted.removeAll(blocks);
        Set<Integer> without = new TreeSet<>(blocks);
        without.removeAll(adapted);
        boolean differ = !unlisted.isEmpty() || (!without.isEmpty() && !byName);
        return differ
                ? Optional.of("layers_to_transform lists blocks " + Ranges.of(blocks) + ", the tensors are of "
                        + Ranges.of(adapted))
                : Optional.empty();
    }

    /// Whether a pattern is plain, so that nothing else is meant, and not the list that the tensors are in.
    private boolean namesNoList(String pattern) {
        return PLAIN.matcher(pattern).matches() && !pattern.equals(LIST);
    }

    /// Where names and tensors disagree; empty when they do not.
    public List<String> disagreements() {
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
                    + unnamed.stream().limit(SHOWN).collect(Collectors.joining(", ")) + others());
        }
        targets.get().stream()
                .filter(_ -> !excludes)
                .filter(PeftAdapter::isProjection)
                .filter(target -> stored.stream().noneMatch(module -> names(target, module)))
                .forEach(target -> problems.add("target_modules names " + target + ", which has no tensors"));
        return problems;
    }

    /// Names that no module with tensors has, as of another program's: what the list may have meant.
    private String others() {
        List<String> others = targets.orElseThrow().stream()
                .filter(target -> stored.stream().noneMatch(module -> names(target, module)))
                .limit(SHOWN)
                .toList();
        return others.isEmpty() ? "" : " (it names " + String.join(", ", others) + ")";
    }

    /// As PEFT compares: the whole name, or its end behind a dot.
    private static boolean names(String target, String module) {
        return module.equals(target) || module.endsWith("." + target);
    }

    /// Blocks from 0 to `last` that have no tensors though others have, when nothing in the configuration
    /// leaves them out.
    public Set<Integer> gaps(Set<Integer> adapted, int last) {
        if (choosesBlocks() || adapted.isEmpty()) {
            return Set.of();
        }
        return IntStream.rangeClosed(0, last)
                .filter(block -> !adapted.contains(block))
                .boxed()
                .collect(Collectors.toCollection(TreeSet::new));
    }
}
