package dev.nla4j.train.rl;

import dev.nla4j.format.FormatException;
import dev.nla4j.nla.NlaMeta;
import dev.nla4j.nla.PairFolder;
import dev.nla4j.nla.Role;
import dev.nla4j.train.sft.Examples;
import dev.nla4j.train.sft.HalfFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.OptionalDouble;
import java.util.Set;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/// Writes both halves as they are now as one folder: it holds the pair of one step and never halves of two.
public final class RlPair {
    private final Policy policy;
    private final Critic critic;
    private final ObjectNode avSidecar;
    private final ObjectNode arSidecar;

    /// @param start pair whose sidecars hold for the new one too, but for the stage
    /// @param data what both have learned from
    /// @param rawvar denominator of FVE, written where the sidecar has none
    public RlPair(PairFolder start, Policy policy, Critic critic, RlData data, double rawvar) {
        this.policy = policy;
        this.critic = critic;
        this.avSidecar = sidecar(start.verbalizer(), List.of(data.prompts()), OptionalDouble.empty());
        this.arSidecar =
                sidecar(start.reconstructor(), List.of(data.prompts(), data.gold()), OptionalDouble.of(rawvar));
    }

    private static ObjectNode sidecar(PairFolder.Half half, List<Examples> learned, OptionalDouble rawvar) {
        Path file = half.meta().file();
        if (!(NlaMeta.tree(file) instanceof ObjectNode tree)) {
            throw new FormatException(file, -1, "content", "must be keys with values");
        }
        tree.put("stage", "rl").put("created_by", "nla4j");
        tree.withArray("parent_checkpoints")
                .removeAll()
                .add(String.valueOf(half.folder().getFileName()));
        Set<String> trained = new LinkedHashSet<>();
        tree.path("trained_on").forEach(name -> trained.add(name.asString("")));
        learned.forEach(examples -> trained.add(examples.meta().datasetId()));
        ArrayNode names = tree.putArray("trained_on");
        trained.forEach(names::add);
        if (tree.path("extraction") instanceof ObjectNode extraction
                && extraction.has(NlaMeta.MIN_POSITION)
                && extraction.has(NlaMeta.MAX_POSITION)) {
            learned.stream()
                    .flatMap(examples -> examples.positions().stream())
                    .forEach(span -> extraction
                            .put(
                                    NlaMeta.MIN_POSITION,
                                    Math.min(
                                            span.first(),
                                            extraction
                                                    .path(NlaMeta.MIN_POSITION)
                                                    .asInt(0)))
                            .put(
                                    NlaMeta.MAX_POSITION,
                                    Math.max(
                                            span.last(),
                                            extraction
                                                    .path(NlaMeta.MAX_POSITION)
                                                    .asInt(0))));
        }
        if (rawvar.isPresent() && !tree.hasNonNull("rawvar")) {
            tree.put("rawvar", rawvar.getAsDouble());
        }
        return tree;
    }

    /// Writes the pair, in place of the one that may be there.
    public void write(Path folder) throws IOException {
        HalfFolder.replace(folder, temporary -> {
            Path av = Files.createDirectory(temporary.resolve(Role.VERBALIZER.label()));
            HalfFolder.fill(av, avSidecar, policy.adapter(), null);
            Path ar = Files.createDirectory(temporary.resolve(Role.RECONSTRUCTOR.label()));
            HalfFolder.fill(ar, arSidecar, critic.adapter(), critic.head());
        });
    }
}
