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
/// that nobody here knows go along, those of release tools too.
final class SidecarExport {
    /// Written anew below.
    private static final Set<String> REPLACED =
            Set.of("kind", "schema_version", "role", "extraction", "prompt_templates", "critic", "ar");
    private static final Set<String> TEMPLATES = Set.of("av", "ar", "actor", "critic");
    private static final Set<String> LAYERS = Set.of("extraction_layer_index", "num_hidden_layers");

    private SidecarExport() {}

    /// Writes the sidecar of `half` into `folder`. The base's file stays named also when its weights are now part
    /// of the half: it is the target whose activations the pair knows.
    static void write(PairFolder.Half half, Path folder) throws IOException {
        NlaMeta meta = half.meta();
        Fields read = Fields.of(meta.file(), Json.readYaml(meta.file(), NlaMeta.LARGEST_FILE));
        ObjectNode root = Json.mapper()
                .createObjectNode()
                .put("kind", "nla_model")
                .put("schema_version", 2)
                .put("role", meta.role().label());
        ObjectNode extraction = others(read, "extraction", Set.of());
        if (!meta.affineInjection()) {
            put(extraction, "injection_scale", meta.injectionScale());
        }
        put(extraction, "mse_scale", meta.mseScale());
        ObjectNode templates = others(read, "prompt_templates", TEMPLATES);
        put(templates, Role.VERBALIZER.label(), meta.verbalizerTemplate());
        put(templates, Role.RECONSTRUCTOR.label(), meta.reconstructorTemplate());
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
        ObjectNode critic = others(read, "critic", LAYERS).setAll(others(read, "ar", LAYERS));
        meta.layer().ifPresent(layer -> critic.put("extraction_layer_index", layer));
        if (!critic.isEmpty()) {
            root.set("critic", critic);
        }
        AtomicFile.writeString(folder.resolve(NlaMeta.FILE), Yaml.write(root));
    }

    /// A copy of an object of the sidecar without the members that are written anew; empty when there is none.
    private static ObjectNode others(Fields read, String name, Set<String> replaced) {
        ObjectNode copy = Json.mapper().createObjectNode();
        read.object(name)
                .ifPresent(object -> object.node().properties().stream()
                        .filter(entry -> !replaced.contains(entry.getKey()))
                        .forEach(entry -> copy.set(entry.getKey(), entry.getValue())));
        return copy;
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
