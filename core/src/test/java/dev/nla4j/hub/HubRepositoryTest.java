package dev.nla4j.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.nla4j.format.json.Json;
import dev.nla4j.progress.Progress;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

@Timeout(60)
class HubRepositoryTest {
    private static final String LISTING = "/api/models/Own/Model/revision/main?blobs=true";
    private static final ModelRef MODEL = ModelRef.parse("Own/Model");

    @TempDir
    Path folder;

    private FakeHub hub;
    private Sandbox machine;
    private final SequencedMap<String, byte[]> files = new LinkedHashMap<>();

    @BeforeEach
    void startHub() throws IOException {
        hub = new FakeHub();
        machine = Sandbox.in(folder).hub(hub);
        add("config.json", "{}");
        add("tokenizer.json", "{\"a\":1}");
        files.put("model-00001-of-00002.safetensors", Sandbox.bytes(300_000, 1));
        files.put("model-00002-of-00002.safetensors", Sandbox.bytes(300_000, 2));
        add("model.safetensors.index.json", "{\"weight_map\":{}}");
        add("README.md", "# hello");
    }

    @AfterEach
    void stopHub() {
        hub.close();
    }

    private void add(String name, String text) {
        files.put(name, text.getBytes(StandardCharsets.UTF_8));
    }

    /// Serves `files` as the hub does: weights as large files with SHA-256, the rest with Git's digest.
    private ObjectNode listing() {
        ObjectNode root = Json.mapper().createObjectNode().put("sha", Sandbox.COMMIT);
        root.putObject("cardData").put("license", "apache-2.0");
        ArrayNode siblings = root.putArray("siblings");
        files.forEach((name, bytes) -> {
            ObjectNode sibling = siblings.addObject().put("rfilename", name).put("size", bytes.length);
            if (name.endsWith(".safetensors") || name.endsWith(".gguf")) {
                sibling.put("blobId", "f".repeat(40));
                sibling.putObject("lfs").put("sha256", Sandbox.sha256(bytes)).put("size", bytes.length);
            } else {
                sibling.put("blobId", Sandbox.gitBlob(bytes));
            }
            hub.at("/Own/Model/resolve/" + Sandbox.COMMIT + "/" + name.replace(" ", "%20"), FakeHub.ranged(bytes));
        });
        return root;
    }

    private void serve() {
        hub.at(LISTING, FakeHub.text(listing().toString()));
    }

    private LocalModel pull() {
        return machine.store().pull(MODEL, Progress.NONE);
    }

    private static List<String> tree(Path folder) throws IOException {
        try (Stream<Path> walk = Files.walk(folder)) {
            return walk.filter(Files::isRegularFile)
                    .map(file -> folder.relativize(file).toString())
                    .sorted()
                    .toList();
        }
    }

    @Test
    void a_repository_becomes_a_folder_with_the_files_a_loader_needs() throws IOException {
        files.put("pytorch_model.bin", new byte[10]);
        files.put("onnx/model.safetensors", new byte[10]);
        files.put("training_args.bin", new byte[10]);
        serve();
        LocalModel model = pull();
        assertThat(tree(model.path()))
                .containsExactly(
                        "README.md",
                        "config.json",
                        "model-00001-of-00002.safetensors",
                        "model-00002-of-00002.safetensors",
                        "model.safetensors.index.json",
                        "tokenizer.json");
        for (String name : tree(model.path())) {
            assertThat(model.path().resolve(name)).hasBinaryContent(files.get(name));
        }
        Manifest manifest = model.manifest().orElseThrow();
        assertThat(manifest.revision()).isEqualTo(Sandbox.COMMIT);
        assertThat(manifest.licence()).isEqualTo("apache-2.0");
        assertThat(hub.requests).noneMatch(request -> request.path().contains(".bin"));
        assertThat(machine.store().verify(MODEL, Progress.NONE)).hasSize(6).allMatch(FileCheck::good);
    }

    @Test
    void further_chat_templates_come_along_as_many_and_as_large_as_templates_are() throws IOException {
        String name = "additional_chat_templates/tool_use.jinja";
        files.put(name, new byte[(1 << 20) + 1]);
        serve();
        assertThatThrownBy(this::pull).hasMessageContaining("size of " + name + " refused: 1048577 bytes");
        for (int i = 0; i < 64; i++) {
            add("additional_chat_templates/t" + i + ".jinja", "t");
        }
        add(name, "{{ tools }}");
        serve();
        assertThatThrownBy(this::pull)
                .hasMessageContaining("it has 65 files in additional_chat_templates, at most 64 are taken");
        files.remove("additional_chat_templates/t0.jinja");
        serve();
        assertThat(pull().path().resolve(name)).content().isEqualTo("{{ tools }}");
    }

    @Test
    void the_two_halves_of_a_pair_in_subfolders_come_along() throws IOException {
        files.clear();
        for (String part : List.of("av", "ar")) {
            add(part + "/nla_meta.yaml", "layer: 20 # " + part);
            add(part + "/adapter_config.json", "{\"r\":8, \"part\":\"" + part + "\"}");
            files.put(part + "/adapter_model.safetensors", Sandbox.bytes(1000, part.hashCode()));
        }
        files.put("ar/value_head.safetensors", Sandbox.bytes(500, 9));
        files.put("other/adapter_model.safetensors", Sandbox.bytes(500, 10));
        serve();
        assertThat(tree(pull().path()))
                .containsExactly(
                        "ar/adapter_config.json",
                        "ar/adapter_model.safetensors",
                        "ar/nla_meta.yaml",
                        "ar/value_head.safetensors",
                        "av/adapter_config.json",
                        "av/adapter_model.safetensors",
                        "av/nla_meta.yaml");
    }

    @Test
    void a_pull_that_broke_at_the_second_shard_does_not_fetch_the_first_again() {
        serve();
        String second = "/Own/Model/resolve/" + Sandbox.COMMIT + "/model-00002-of-00002.safetensors";
        byte[] bytes = files.getOrDefault("model-00002-of-00002.safetensors", new byte[0]);
        hub.at(second, FakeHub.cutAfter(bytes, 100_000), FakeHub.status(403));
        assertThatThrownBy(this::pull).isInstanceOf(HubException.class).hasMessageContaining("HTTP 403");
        assertThat(machine.store().find(MODEL)).isEmpty();
        assertThat(machine.store().list().models()).isEmpty();
        hub.requests.clear();
        hub.at(second, FakeHub.ranged(bytes));
        pull();
        assertThat(hub.requests)
                .noneMatch(request -> request.path().contains("model-00001"))
                .anyMatch(request ->
                        request.path().equals(second) && request.range().matches("bytes=[1-9][0-9]*-"));
    }

    @Test
    void one_gguf_file_of_a_repository_is_a_model() throws IOException {
        files.put("q4/tiny.gguf", Sandbox.bytes(2000, 3));
        serve();
        LocalModel model = machine.store().pull(ModelRef.parse("Own/Model:q4/tiny.gguf"), Progress.NONE);
        assertThat(model.path()).isRegularFile().hasBinaryContent(files.get("q4/tiny.gguf"));
        assertThat(model.manifest().orElseThrow().files()).hasSize(1);
    }

    @Test
    void a_repository_of_gguf_files_says_how_to_choose_one() {
        files.clear();
        files.put("tiny.Q4.gguf", new byte[10]);
        files.put("tiny.Q8.gguf", new byte[10]);
        serve();
        assertThatThrownBy(this::pull)
                .hasMessageContaining("choose one of its GGUF files with owner/name:FILE: tiny.Q4.gguf, tiny.Q8.gguf");
        assertThatThrownBy(() -> machine.store().pull(ModelRef.parse("Own/Model:x.gguf"), Progress.NONE))
                .hasMessageContaining("no file x.gguf in Own/Model; it has tiny.Q4.gguf");
    }

    @Test
    void a_repository_of_pickles_is_refused_with_the_way_to_convert_it() {
        files.clear();
        add("config.json", "{}");
        files.put("pytorch_model.bin", new byte[10]);
        serve();
        assertThatThrownBy(this::pull)
                .hasMessageContaining("only pickled weights")
                .hasMessageContaining("safe_serialization=True");
    }

    @Test
    void a_revision_is_asked_for_by_its_name_and_files_by_their_commit() {
        ObjectNode listing = listing();
        hub.at("/api/models/Own/Model/revision/refs%2Fpr%2F1?blobs=true", FakeHub.text(listing.toString()));
        LocalModel model = machine.store().pull(ModelRef.parse("Own/Model@refs/pr/1"), Progress.NONE);
        assertThat(model.manifest().orElseThrow().revision()).isEqualTo(Sandbox.COMMIT);
    }

    @Test
    void a_listing_of_another_commit_than_the_one_asked_for_is_refused() {
        String other = "f".repeat(40);
        hub.at(
                "/api/models/Own/Model/revision/" + other + "?blobs=true",
                FakeHub.text(listing().toString()));
        assertThatThrownBy(() -> machine.store().pull(ModelRef.parse("Own/Model@" + other), Progress.NONE))
                .hasMessageContaining("the listing is of commit " + Sandbox.COMMIT);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "../config.json", "/etc/config.json", "../../.ssh/x.safetensors", "a\\..\\x.safetensors",
                "C:x.safetensors", "x\u0000.safetensors", "nul.safetensors", "a\nb.safetensors"
            })
    void a_listing_with_a_hostile_name_is_refused_and_nothing_is_written_outside(String name) throws IOException {
        ObjectNode listing = listing();
        byte[] bytes = Sandbox.bytes(100, 5);
        // the folder is made part of the model, so that the name is wanted
        for (String hostile : List.of(name, name.substring(0, name.lastIndexOf('/') + 1) + "nla_meta.yaml")) {
            listing.withArray("siblings")
                    .addObject()
                    .put("rfilename", hostile)
                    .put("size", 100)
                    .put("blobId", Sandbox.gitBlob(bytes));
        }
        hub.at(LISTING, FakeHub.text(listing.toString()));
        assertThatThrownBy(this::pull).isInstanceOf(HubException.class).hasMessageContaining("file name refused");
        assertThat(tree(folder)).allMatch(file -> file.startsWith(".cache/nla4j/locks/"));
        assertThat(hub.requests).hasSize(1);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "{",
                "[]",
                "{\"sha\":\"main\",\"siblings\":[]}",
                "{\"sha\":\"" + Sandbox.COMMIT + "\"}",
                "{\"sha\":\"" + Sandbox.COMMIT + "\",\"siblings\":[{}]}",
                "{\"sha\":\"" + Sandbox.COMMIT + "\",\"siblings\":[{\"rfilename\":\"a.safetensors\"}]}",
                "{\"sha\":\"" + Sandbox.COMMIT
                        + "\",\"siblings\":[{\"rfilename\":\"a.safetensors\",\"size\":-1,\"blobId\":\"x\"}]}",
                "{\"sha\":\"" + Sandbox.COMMIT
                        + "\",\"siblings\":[{\"rfilename\":\"a.safetensors\",\"lfs\":{\"size\":1,\"sha256\":\"../../x\"}}]}",
                "{\"sha\":\"" + Sandbox.COMMIT + "\",\"siblings\":[{\"rfilename\":\"a\"},{\"rfilename\":\"a\"}]}",
                "{\"sha\":\"" + Sandbox.COMMIT + "\",\"sha\":\"x\",\"siblings\":[]}"
            })
    void a_listing_that_is_nonsense_is_refused_in_words(String json) {
        hub.at(LISTING, FakeHub.text(json));
        assertThatThrownBy(this::pull)
                .isInstanceOf(HubException.class)
                .hasMessageContaining("no source delivers Own/Model");
        assertThat(machine.layout().manifest("Own/Model")).doesNotExist();
    }

    @Test
    void a_listing_that_nests_too_deep_or_is_too_long_is_refused() {
        hub.at(LISTING, FakeHub.text("[".repeat(100_000)));
        assertThatThrownBy(this::pull).isInstanceOf(HubException.class);
        hub.at(LISTING, FakeHub.whole(new byte[HubListing.MOST_BYTES + 1]));
        assertThatThrownBy(this::pull).hasMessageContaining("the listing is longer than");
    }

    @Test
    void a_listing_that_lies_about_a_size_or_a_digest_gets_nothing_stored() {
        ObjectNode listing = listing();
        ((ObjectNode) listing.withArray("siblings").get(0)).put("size", 3);
        hub.at(LISTING, FakeHub.text(listing.toString()));
        assertThatThrownBy(this::pull).hasMessageContaining("the server has 2 bytes of config.json, 3 are expected");

        listing = listing();
        ((ObjectNode) listing.withArray("siblings").get(2))
                .putObject("lfs")
                .put("sha256", "0".repeat(64))
                .put("size", 300_000);
        hub.at(LISTING, FakeHub.text(listing.toString()));
        assertThatThrownBy(this::pull).hasMessageContaining("other bytes than expected");
        assertThat(machine.store().find(MODEL)).isEmpty();
    }

    @Test
    void two_names_that_differ_only_in_case_are_refused() {
        add("av/config.json", "{}");
        add("av/nla_meta.yaml", "a: 1");
        add("AV/config.json", "{}");
        add("AV/nla_meta.yaml", "a: 2");
        serve();
        assertThatThrownBy(this::pull)
                .isInstanceOf(HubException.class)
                .hasMessageContaining("differ only in upper and lower case: AV/config.json");
        assertThat(machine.store().find(MODEL)).isEmpty();
    }

    @Test
    void large_readmes_stay_where_they_are() throws IOException {
        files.put("README.md", new byte[2_000_000]);
        serve();
        assertThat(tree(pull().path())).doesNotContain("README.md");
    }

    /// With all files; where their bytes lie.
    private Path cacheOfPythonTools() throws IOException {
        Path blobs = Files.createDirectories(machine.huggingFace().resolve("models--Own--Model/blobs"));
        for (Map.Entry<String, byte[]> file : files.entrySet()) {
            byte[] bytes = file.getValue();
            boolean large = file.getKey().endsWith(".safetensors");
            Files.write(blobs.resolve(large ? Sandbox.sha256(bytes) : Sandbox.gitBlob(bytes)), bytes);
        }
        return blobs;
    }

    @Test
    void files_that_python_tools_have_already_are_not_fetched() throws IOException {
        serve();
        Path blobs = cacheOfPythonTools();
        byte[] rotten = files.getOrDefault("tokenizer.json", new byte[0]).clone();
        Path rottenBlob = blobs.resolve(Sandbox.gitBlob(rotten));
        rotten[0] ^= 1;
        Files.write(rottenBlob, rotten);
        LocalModel model = pull();
        assertThat(model.path().resolve("tokenizer.json")).hasBinaryContent(files.get("tokenizer.json"));
        assertThat(hub.requests)
                .extracting(FakeHub.Request::path)
                .containsExactly(LISTING, "/Own/Model/resolve/" + Sandbox.COMMIT + "/tokenizer.json");
    }

    /// As hard links, which need none.
    @Test
    void what_python_tools_have_already_needs_no_room() throws IOException {
        serve();
        cacheOfPythonTools();
        ModelStore full = new ModelStore(machine.settings(), new DiskSpace(machine.root(), path -> 0));
        assertThat(tree(full.pull(MODEL, Progress.NONE).path())).contains("tokenizer.json");
    }

    @Test
    void what_a_cached_snapshot_lacked_comes_when_the_hub_answers() throws IOException {
        Path cached = machine.huggingFace().resolve("models--Own--Model");
        Path snapshot = Files.createDirectories(cached.resolve("snapshots").resolve(Sandbox.COMMIT));
        for (Map.Entry<String, byte[]> file : files.entrySet()) {
            Files.write(snapshot.resolve(file.getKey()), file.getValue());
        }
        Files.writeString(Files.createDirectories(cached.resolve("refs")).resolve("main"), Sandbox.COMMIT);
        List<String> partial = tree(machine.with("NLA_OFFLINE", "1")
                .store()
                .pull(MODEL, Progress.NONE)
                .path());
        assertThat(partial).hasSize(6);

        // what no Python tool asks for
        add("nla_meta.yaml", "role: av");
        String listing = LISTING.replace("main", Sandbox.COMMIT);
        hub.at(listing, FakeHub.status(503));
        assertThat(tree(pull().path())).isEqualTo(partial);
        hub.at(listing, FakeHub.text(listing().toString()));
        LocalModel model = pull();
        assertThat(tree(model.path())).hasSize(7).contains("nla_meta.yaml").containsAll(partial);
        assertThat(model.manifest().orElseThrow().source()).startsWith("Hugging Face hub");
        assertThat(machine.store().verify(MODEL, Progress.NONE)).hasSize(7).allMatch(FileCheck::good);
        assertThat(hub.requests).noneMatch(request -> request.path().endsWith(".safetensors"));

        hub.requests.clear();
        pull();
        assertThat(hub.requests).isEmpty();
    }
}
