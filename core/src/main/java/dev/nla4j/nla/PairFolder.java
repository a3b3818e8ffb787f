package dev.nla4j.nla;

import dev.nla4j.format.FormatException;
import dev.nla4j.format.InputException;
import dev.nla4j.model.ModelConfig;
import dev.nla4j.model.ModelLoader;
import dev.nla4j.model.PeftAdapter;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/// A pair as it lies on disk, its sidecars read and K known, without a weight loaded.
///
/// @param folder what the pair is called by: the folder with both halves, or the verbalizer's where they lie apart
public record PairFolder(Path folder, Half verbalizer, Half reconstructor) {

    /// Refuses halves that are for other activations than each other: neither would say so.
    public PairFolder {
        requireEqual(
                "d_model",
                verbalizer,
                verbalizer.meta().dim(),
                reconstructor,
                reconstructor.meta().dim());
        if (verbalizer.meta().layer().isPresent()) {
            int layer = verbalizer.meta().layer().getAsInt();
            requireEqual("critic.extraction_layer_index", verbalizer, layer, reconstructor, reconstructor.layer());
        }
    }

    private static void requireEqual(String field, Half verbalizer, int one, Half reconstructor, int other) {
        if (one != other) {
            throw new FormatException(
                    verbalizer.meta().file(),
                    -1,
                    field,
                    "is " + one + ", the reconstructor's ("
                            + reconstructor.meta().file() + ") is " + other
                            + ": bring the two halves of one training run together");
        }
    }

    /// Refuses a target that has no block K or another width than the activations of the halves, and halves with full
    /// weights that are of another width than they say, before a weight is read.
    public void requireFits(ModelConfig target, Path targetPath) {
        int dim = reconstructor.meta().dim();
        if (dim != target.dim()) {
            throw otherWidth(folder, dim, targetPath, target.dim());
        }
        if (layer() >= target.numLayers()) {
            throw new FormatException(
                    reconstructor.meta().file(),
                    -1,
                    "critic.extraction_layer_index",
                    "is " + layer() + ", the model (" + targetPath + ") has only " + target.numLayers() + " blocks");
        }
        for (Half half : List.of(verbalizer, reconstructor)) {
            if (!half.isAdapter()) {
                int width = ModelLoader.config(half.folder()).dim();
                if (width != dim) {
                    throw new FormatException(
                            half.meta().file(), -1, "d_model", "is " + dim + ", the model's width is " + width);
                }
            }
        }
    }

    static InputException otherWidth(Path pair, int dim, Path target, int width) {
        return new InputException("the pair " + pair + " is for activations of " + dim + " numbers, the target "
                + target + " has " + width + ": name the model that it explains with --target");
    }

    /// One half: its folder and its sidecar; a reconstructor's always has a layer.
    public record Half(Path folder, NlaMeta meta) {
        /// Whether it is an adapter and so needs a base.
        public boolean isAdapter() {
            return PeftAdapter.isIn(folder);
        }

        /// K, of a reconstructor.
        public int layer() {
            return meta.layer().orElseThrow();
        }

        /// The model that an adapter says it was made for: its sidecar's base, else the adapter's own.
        public Optional<String> base() {
            Optional<String> named = meta.baseCheckpoint();
            return named.isPresent() || !isAdapter()
                    ? named
                    : PeftAdapter.read(folder).base();
        }
    }

    /// The pair in one folder, with `av/` and `ar/` (or `actor/` and `critic/`).
    public static PairFolder in(Path folder) {
        if (NlaMeta.isIn(folder)) {
            boolean verbalizer = NlaMeta.read(folder).role() == Role.VERBALIZER;
            throw new InputException(folder + ": is one half of a pair, the "
                    + (verbalizer
                            ? "verbalizer; name the reconstructor too, with --nla-ar"
                            : "reconstructor; name the verbalizer with --nla and this half with --nla-ar"));
        }
        return new PairFolder(
                folder, verbalizer(below(folder, Role.VERBALIZER)), reconstructor(below(folder, Role.RECONSTRUCTOR)));
    }

    /// The pair of two folders, as released pairs are, a repository for each half. A folder that holds a whole pair
    /// stands for its half of the kind asked for.
    public static PairFolder of(Path verbalizer, Path reconstructor) {
        return new PairFolder(
                verbalizer,
                verbalizer(NlaMeta.isIn(verbalizer) ? verbalizer : below(verbalizer, Role.VERBALIZER)),
                reconstructor(NlaMeta.isIn(reconstructor) ? reconstructor : below(reconstructor, Role.RECONSTRUCTOR)));
    }

    /// Whether either half is an adapter and so needs a base.
    public boolean needsBase() {
        return verbalizer.isAdapter() || reconstructor.isAdapter();
    }

    /// K: activations are the target's residual stream after this block.
    public int layer() {
        return reconstructor.layer();
    }

    private static Path below(Path folder, Role role) {
        for (String name : role.names()) {
            if (NlaMeta.isIn(folder.resolve(name))) {
                return folder.resolve(name);
            }
        }
        throw new InputException(
                folder + ": is not a pair: " + folder.resolve(role.label()).resolve(NlaMeta.FILE) + " is missing");
    }

    /// A verbalizer without its reconstructor.
    public static Half verbalizer(Path folder) {
        return new Half(folder, read(folder, Role.VERBALIZER));
    }

    /// A reconstructor without its verbalizer. Where its sidecar is silent about K, the number of its own blocks tells.
    public static Half reconstructor(Path folder) {
        NlaMeta meta = read(folder, Role.RECONSTRUCTOR);
        if (PeftAdapter.isIn(folder)) {
            if (meta.layer().isEmpty()) {
                throw new FormatException(meta.file(), -1, "critic.extraction_layer_index", "is missing");
            }
            return new Half(folder, meta);
        }
        int blocks = ModelLoader.config(folder).numLayers();
        int layer = layer(meta.layer(), blocks);
        if (blocks != layer + 1) {
            throw new FormatException(
                    folder.resolve("config.json"),
                    -1,
                    "num_hidden_layers",
                    "must be K + 1 = " + (layer + 1) + " (the sidecar's K is " + layer + "), was " + blocks);
        }
        return new Half(folder, meta.withLayer(layer));
    }

    /// K of a reconstructor with full weights.
    ///
    /// @param said what its sidecar's `critic` (or `ar`) says
    /// @param blocks that it has: 0 to K
    public static int layer(OptionalInt said, int blocks) {
        return said.orElse(blocks - 1);
    }

    private static NlaMeta read(Path folder, Role role) {
        NlaMeta meta = NlaMeta.read(folder);
        if (meta.role() != role) {
            throw new FormatException(meta.file(), -1, "role", "is " + meta.role() + ", expected " + role);
        }
        return meta;
    }
}
