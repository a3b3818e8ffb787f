package dev.nla4j.train.rl;

import dev.nla4j.format.FormatException;
import dev.nla4j.nla.NlaMeta;
import dev.nla4j.nla.PairFolder;
import dev.nla4j.nla.Role;
import dev.nla4j.train.sft.HalfFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalDouble;
import tools.jackson.databind.node.ObjectNode;

/// Writes both halves as they are now as one folder: it holds the pair of one step and never halves of two.
public final class RlPair {
    private final Policy policy;
    private final Critic critic;
    private final ObjectNode avSidecar;
    private final ObjectNode arSidecar;

    /// @param start pair whose sidecars hold for the new one too, but for the stage
    /// @param rawvar denominator of FVE, written where the sidecar has none
    public RlPair(PairFolder start, Policy policy, Critic critic, double rawvar) {
        this.policy = policy;
        this.critic = critic;
        this.avSidecar = sidecar(start.verbalizer().meta().file(), OptionalDouble.empty());
        this.arSidecar = sidecar(start.reconstructor().meta().file(), OptionalDouble.of(rawvar));
    }

    private static ObjectNode sidecar(Path file, OptionalDouble rawvar) {
        if (!(NlaMeta.tree(file) instanceof ObjectNode tree)) {
            throw new FormatException(file, -1, "content", "must be keys with values");
        }
        tree.put("stage", "rl").put("created_by", "nla4j");
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
