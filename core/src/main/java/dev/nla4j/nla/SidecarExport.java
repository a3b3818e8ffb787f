package dev.nla4j.nla;

import dev.nla4j.format.AtomicFile;
import dev.nla4j.format.json.Fields;
import dev.nla4j.format.json.Json;
import dev.nla4j.format.json.Yaml;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/// Writes a half's sidecar in the released spelling: schema 2, av and ar, numbers instead of names for scales. Keys
/// that
/// nobody here knows go along; what release tools left behind does not.
final class SidecarExport {
    /// Written anew below, or extras of other tools.
    private static final Set<String> REPLACED = Set.of(
            "kind",
            "schema_version",
            "role",
            "role_aliases",
            "layer",
            "extraction_layer_index",
            "extraction",
            "prompt_templates",
            "critic",
            "ar");

    private SidecarExport() {}

    /// Writes the sidecar of `half` into `folder`. The base's file stays named also when its weights are now part of
    /// the
    /// half: it is the target whose activations the pair knows.
    static void write(PairFolder.Half half, Path folder) throws IOException {
        NlaMeta meta = half.meta();
        Fields read = Fields.of(meta.file(), Json.readYaml(meta.file(), NlaMeta.LARGEST_FILE));
        boolean verbalizer = meta.role() == NlaMeta.Role.VERBALIZER;
        ObjectNode root = Json.mapper()
                .createObjectNode()
                .put("kind", "nla_model")
                .put("schema_version", 2)
                .put("role", verbalizer ? "av" : "ar");
        ObjectNode extraction = Json.mapper().createObjectNode();
        put(extraction, "injection_scale", meta.injectionScale());
        put(extraction, "mse_scale", meta.mseScale());
        ObjectNode templates = Json.mapper().createObjectNode();
        put(templates, "av", meta.verbalizerTemplate());
        put(templates, "ar", meta.reconstructorTemplate());
        for (Map.Entry<String, JsonNode> entry : read.node().properties()) {
            String key = entry.getKey();
            if (!REPLACED.contains(key)) {
                root.set(key, entry.getValue());
            }
        }
        if (root.get("training") instanceof ObjectNode training) {
            training.remove("rollout_id");
        }
        root.set("extraction", extraction);
        root.set("prompt_templates", templates);
        meta.layer().ifPresent(layer -> root.putObject("critic").put("extraction_layer_index", layer));
        AtomicFile.writeString(folder.resolve(NlaMeta.FILE), Yaml.write(root));
    }

    private static void put(ObjectNode node, String name, OptionalDouble value) {
        if (value.isPresent()) {
            node.put(name, value.getAsDouble());
        } else {
            node.putNull(name);
        }
    }

    private static void put(ObjectNode node, String name, Optional<String> value) {
        value.ifPresent(text -> node.put(name, text));
    }
}
