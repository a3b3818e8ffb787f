package dev.nla4j.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.nla4j.format.json.Json;
import dev.nla4j.nla.PairFolder;
import dev.nla4j.progress.Progress;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/// A released pair: two repositories, one for each half, in shards.
@Timeout(60)
class PairFromHubTest {
    private static final String AV = "Own/nla-tiny-L3-av";
    private static final String AR = "Own/nla-tiny-L3-ar";
    private static final String CONFIG =
            "{\"model_type\": \"qwen2\", \"hidden_size\": 64, \"num_attention_heads\": 4, \"num_key_value_heads\": 2,"
                    + " \"intermediate_size\": 96, \"vocab_size\": 1536, \"num_hidden_layers\": ";

    @TempDir
    Path folder;

    private FakeHub hub;
    private Sandbox machine;

    @BeforeEach
    void start() throws IOException {
        hub = new FakeHub();
        machine = Sandbox.in(folder).hub(hub);
    }

    @AfterEach
    void stop() {
        hub.close();
    }

    /// As their release tool leaves sidecars: av and ar, K at the top only.
    private static String sidecar(String role) {
        return "kind: nla_model\nschema_version: 2\nrole: " + role
                + "\nrole_aliases: [x]\nbase_checkpoint: Qwen/Tiny\nd_model: 64\n"
                + "extraction: {injection_scale: 150.0, mse_scale: 8.0}\nextraction_layer_index: 3\nlayer: 3\n"
                + "prompt_templates: {av: 'a {injection_char}', ar: 'b {explanation}'}\n";
    }

    private Map<String, byte[]> serve(String id, String role, int blocks) {
        Map<String, byte[]> files = new LinkedHashMap<>();
        files.put("config.json", (CONFIG + blocks + "}").getBytes(StandardCharsets.UTF_8));
        files.put("nla_meta.yaml", sidecar(role).getBytes(StandardCharsets.UTF_8));
        files.put("model-00001-of-00002.safetensors", Sandbox.bytes(300_000, role.hashCode()));
        files.put("model-00002-of-00002.safetensors", Sandbox.bytes(300_000, blocks));
        files.put("model.safetensors.index.json", "{\"weight_map\": {}}".getBytes(StandardCharsets.UTF_8));
        if (role.equals("ar")) {
            files.put("value_head.safetensors", Sandbox.bytes(500, 9));
        }
        ObjectNode root = Json.mapper().createObjectNode().put("sha", Sandbox.COMMIT);
        ArrayNode siblings = root.putArray("siblings");
        files.forEach((name, bytes) -> {
            ObjectNode sibling = siblings.addObject().put("rfilename", name).put("size", bytes.length);
            if (name.endsWith(".safetensors")) {
                sibling.put("blobId", "f".repeat(40));
                sibling.putObject("lfs").put("sha256", Sandbox.sha256(bytes)).put("size", bytes.length);
            } else {
                sibling.put("blobId", Sandbox.gitBlob(bytes));
            }
            hub.at("/" + id + "/resolve/" + Sandbox.COMMIT + "/" + name, FakeHub.ranged(bytes));
        });
        hub.at("/api/models/" + id + "/revision/main?blobs=true", FakeHub.text(root.toString()));
        return files;
    }

    private Path pull(String id) {
        return machine.store().pull(ModelRef.parse(id), Progress.NONE).path();
    }

    @Test
    void two_repositories_are_a_pair_and_a_broken_pull_goes_on_at_its_shard() {
        serve(AV, "av", 6);
        Map<String, byte[]> files = serve(AR, "ar", 4);
        String second = "model-00002-of-00002.safetensors";
        String address = "/" + AR + "/resolve/" + Sandbox.COMMIT + "/" + second;
        byte[] bytes = files.getOrDefault(second, new byte[0]);
        hub.at(address, FakeHub.cutAfter(bytes, 100_000), FakeHub.status(403));
        Path verbalizer = pull(AV);
        assertThatThrownBy(() -> pull(AR)).isInstanceOf(HubException.class);
        hub.at(address, FakeHub.ranged(bytes));
        hub.requests.clear();
        PairFolder pair = PairFolder.of(verbalizer, pull(AR));
        assertThat(hub.requests)
                .noneMatch(request -> request.path().contains("model-00001"))
                .anyMatch(request ->
                        request.path().equals(address) && !request.range().isEmpty());
        assertThat(pair.layer()).isEqualTo(3);
        assertThat(pair.needsBase()).isFalse();
        assertThat(pair.verbalizer().base()).hasValue("Qwen/Tiny");
        assertThat(pair.reconstructor().folder().resolve("value_head.safetensors"))
                .hasBinaryContent(files.get("value_head.safetensors"));
    }
}
