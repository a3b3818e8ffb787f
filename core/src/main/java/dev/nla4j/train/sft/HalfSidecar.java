package dev.nla4j.train.sft;

import dev.nla4j.activation.DatasetMeta;
import dev.nla4j.activation.TokenMeta;
import dev.nla4j.activation.Vectors;
import dev.nla4j.format.InputException;
import dev.nla4j.format.json.Json;
import dev.nla4j.nla.NlaMeta;
import dev.nla4j.nla.Role;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/// The sidecar of a half in the making: what its data set says, and what was measured on the training rows.
public final class HalfSidecar {
    private static final double INJECTION_QUANTILE = 0.75;

    private HalfSidecar() {}

    /// What the half stands on.
    ///
    /// @param name of the base model
    /// @param file and hash of the one file it was loaded from, where it is one
    public record Base(String name, Optional<NlaMeta.BaseFile> file) {}

    /// The tree of `nla_meta.yaml`.
    ///
    /// @param data training set, of the role's stage
    /// @param injectionScale of a verbalizer
    /// @param rawvar of the training rows
    public static ObjectNode tree(
            Role role, Base base, Examples data, OptionalDouble injectionScale, OptionalDouble rawvar) {
        boolean verbalizer = role == Role.VERBALIZER;
        DatasetMeta meta = data.meta();
        TokenMeta tokens = meta.tokens();
        if (tokens == null) {
            throw new InputException(data.file() + ": has no prompts and token ids yet; build it: nla data build");
        }
        int dim = meta.extraction().dModel();
        ObjectNode root = Json.mapper()
                .createObjectNode()
                .put("kind", "nla_model")
                .put("schema_version", 2)
                .put("role", role.label())
                .put("stage", "sl")
                .put("base_checkpoint", base.name());
        base.file()
                .ifPresent(file ->
                        root.putObject("base_file").put("name", file.name()).put("sha256", file.sha256()));
        root.put("d_model", dim);
        ObjectNode extraction = root.putObject("extraction");
        injectionScale.ifPresentOrElse(
                scale -> extraction.put("injection_scale", scale), () -> extraction.putNull("injection_scale"));
        if (verbalizer) {
            extraction.putNull("mse_scale");
        } else {
            extraction.put("mse_scale", Math.sqrt(dim));
        }
        data.positions()
                .ifPresent(span ->
                        extraction.put(NlaMeta.MIN_POSITION, span.first()).put(NlaMeta.MAX_POSITION, span.last()));
        putTokens(root.putObject("tokens"), tokens);
        ObjectNode templates = root.putObject("prompt_templates");
        put(
                templates,
                Role.VERBALIZER.label(),
                Optional.ofNullable(meta.promptTemplates().actor()));
        put(
                templates,
                Role.RECONSTRUCTOR.label(),
                Optional.ofNullable(meta.promptTemplates().critic()));
        root.putArray("trained_on").add(meta.datasetId());
        root.putArray("parent_checkpoints").add(base.name());
        root.put("created_by", "nla4j");
        root.putObject("critic").put("extraction_layer_index", meta.extraction().layerIndex());
        rawvar.ifPresent(value -> root.put("rawvar", value));
        return root;
    }

    /// Says in a verbalizer's sidecar that what is injected goes through a learned map.
    static void throughMap(ObjectNode sidecar) {
        if (sidecar.path("extraction") instanceof ObjectNode extraction) {
            extraction.set(NlaMeta.AFFINE_SCALE, extraction.path("injection_scale"));
            extraction.putNull("injection_scale");
        }
    }

    private static void putTokens(ObjectNode node, TokenMeta tokens) {
        node.put("injection_char", tokens.injectionChar())
                .put("injection_token_id", tokens.injectionTokenId())
                .put("injection_left_neighbor_id", tokens.injectionLeftNeighborId())
                .put("injection_right_neighbor_id", tokens.injectionRightNeighborId());
        List<Integer> suffix = tokens.criticSuffixIds();
        if (suffix == null) {
            node.putNull("critic_suffix_ids");
        } else {
            ArrayNode ids = node.putArray("critic_suffix_ids");
            suffix.forEach(ids::add);
        }
    }

    private static void put(ObjectNode node, String name, Optional<String> value) {
        value.ifPresent(text -> node.put(name, text));
    }

    /// The same as a sidecar that was read; errors name the data set's file.
    public static NlaMeta meta(Path data, ObjectNode tree) {
        return NlaMeta.of(data, tree);
    }

    /// How loud an injected vector is: the third quartile of the training rows' norms.
    public static double injectionScale(List<float[]> activations) {
        double[] norms =
                activations.stream().mapToDouble(Vectors::norm).sorted().toArray();
        double place = INJECTION_QUANTILE * (norms.length - 1);
        int below = (int) place;
        int above = Math.min(below + 1, norms.length - 1);
        return norms[below] + (place - below) * (norms[above] - norms[below]);
    }
}
