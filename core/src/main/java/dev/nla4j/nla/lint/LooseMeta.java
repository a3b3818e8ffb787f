package dev.nla4j.nla.lint;

import dev.nla4j.format.json.Fields;
import dev.nla4j.format.json.Json;
import dev.nla4j.nla.NlaMeta;
import dev.nla4j.nla.Role;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/// A sidecar read field by field, so that one bad value does not hide the others. Each field goes through
/// [NlaMeta]'s own reader, in a tree that holds nothing else: what the linter accepts is what opening a
/// pair accepts.
final class LooseMeta {
    private final Path file;
    private final Attempt<JsonNode> tree;

    private LooseMeta(Path file, Attempt<JsonNode> tree) {
        this.file = file;
        this.tree = tree;
    }

    static LooseMeta in(Path folder) {
        Path file = folder.resolve(NlaMeta.FILE);
        if (!Files.exists(file)) {
            return new LooseMeta(file, Attempt.failed(file + ": is missing"));
        }
        return new LooseMeta(
                file, Attempt.of(() -> Fields.of(file, NlaMeta.tree(file)).node()));
    }

    Path file() {
        return file;
    }

    /// The whole tree, an object.
    Attempt<JsonNode> tree() {
        return tree;
    }

    Attempt<NlaMeta> whole() {
        return Attempt.of(() -> NlaMeta.of(file, root()));
    }

    /// The whole as far as one member at the top goes.
    Attempt<NlaMeta> top(String member) {
        return Attempt.of(() -> NlaMeta.of(file, copy(least(), member)));
    }

    Attempt<Role> role() {
        return Attempt.of(() ->
                NlaMeta.of(file, copy(object().put("d_model", 1), "role")).role());
    }

    Attempt<Integer> dim() {
        return Attempt.of(() ->
                NlaMeta.of(file, copy(object().put("role", "av"), "d_model")).dim());
    }

    Attempt<OptionalDouble> injectionScale() {
        return Attempt.of(() -> within("extraction", picked("extraction", "injection_scale", NlaMeta.AFFINE_SCALE))
                .injectionScale());
    }

    Attempt<Boolean> affineInjection() {
        return Attempt.of(() -> one("extraction", NlaMeta.AFFINE_SCALE).affineInjection());
    }

    Attempt<OptionalDouble> mseScale() {
        return Attempt.of(() -> one("extraction", "mse_scale").mseScale());
    }

    /// The marker's text and id; its neighbours are 0 here.
    Attempt<Optional<NlaMeta.Marker>> marker() {
        return Attempt.of(() -> {
            ObjectNode tokens = picked("tokens", "injection_char", "injection_token_id");
            tokens.put("injection_left_neighbor_id", 0).put("injection_right_neighbor_id", 0);
            return within("tokens", tokens).marker();
        });
    }

    /// Whether it names a marker; without one nobody reads ids and neighbours.
    boolean hasMarker() {
        return tree.optional()
                .map(root -> root.path("tokens").path("injection_char"))
                .filter(value -> !value.isMissingNode() && !value.isNull())
                .isPresent();
    }

    /// A marker of which only the neighbours mean anything.
    Attempt<NlaMeta.Marker> neighbours() {
        return Attempt.of(() -> {
            ObjectNode tokens = picked("tokens", "injection_left_neighbor_id", "injection_right_neighbor_id");
            tokens.put("injection_char", "x").put("injection_token_id", 0);
            return within("tokens", tokens).requiredMarker();
        });
    }

    Attempt<Optional<List<Integer>>> suffixIds() {
        return Attempt.of(() -> one("tokens", "critic_suffix_ids").suffixIds());
    }

    /// A template as it stands, whether or not it holds its place exactly once.
    Attempt<Optional<String>> template(Role role) {
        return Attempt.of(
                () -> Fields.of(file, root()).object("prompt_templates").flatMap(t -> NlaMeta.template(t, role)));
    }

    /// Whether that template can be opened: a text that holds its place exactly once, or none at all.
    Attempt<NlaMeta> held(Role role) {
        return Attempt.of(() -> within(
                "prompt_templates", picked("prompt_templates", role.names().toArray(String[]::new))));
    }

    Attempt<OptionalInt> layer() {
        return Attempt.of(() -> NlaMeta.of(file, copy(least(), "critic", "ar")).layer());
    }

    /// K in the places that released sidecars have besides and that no reader uses.
    Optional<Integer> otherLayer() {
        for (String name : List.of("extraction_layer_index", "layer")) {
            JsonNode value = tree.optional().map(root -> root.get(name)).orElse(null);
            if (value != null && value.isIntegralNumber() && value.canConvertToInt()) {
                return Optional.of(value.intValue());
            }
        }
        return Optional.empty();
    }

    Attempt<OptionalDouble> rawvar() {
        return Attempt.of(() -> NlaMeta.of(file, copy(least(), "rawvar")).rawvar());
    }

    Attempt<Optional<NlaMeta.BaseFile>> baseFile() {
        return Attempt.of(() -> NlaMeta.of(file, copy(least(), "base_file")).baseFile());
    }

    Attempt<Optional<String>> baseCheckpoint() {
        return Attempt.of(
                () -> NlaMeta.of(file, copy(least(), "base_checkpoint")).baseCheckpoint());
    }

    String stage() {
        return Attempt.of(() -> NlaMeta.of(file, copy(least(), "stage")).stage())
                .optional()
                .orElse("unknown");
    }

    private JsonNode root() {
        return tree.need("the sidecar");
    }

    /// One member of one object, everything else left out.
    private NlaMeta one(String object, String member) {
        return within(object, picked(object, member));
    }

    private NlaMeta within(String object, ObjectNode content) {
        ObjectNode top = least();
        dim().optional().ifPresent(dim -> top.put("d_model", dim));
        top.set(object, content);
        return NlaMeta.of(file, top);
    }

    private ObjectNode picked(String object, String... members) {
        ObjectNode content = object();
        Fields.of(file, root()).object(object).ifPresent(found -> {
            for (String member : members) {
                JsonNode value = found.node().get(member);
                if (value != null) {
                    content.set(member, value);
                }
            }
        });
        return content;
    }

    private ObjectNode copy(ObjectNode into, String... members) {
        for (String member : members) {
            @Nullable JsonNode value = root().get(member);
            if (value != null) {
                into.set(member, value);
            }
        }
        return into;
    }

    /// What [NlaMeta] will not do without.
    private static ObjectNode least() {
        return object().put("role", "av").put("d_model", 1);
    }

    private static ObjectNode object() {
        return Json.mapper().createObjectNode();
    }
}
