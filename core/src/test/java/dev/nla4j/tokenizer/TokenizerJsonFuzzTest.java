package dev.nla4j.tokenizer;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.nla4j.format.InputException;
import dev.nla4j.format.SourceExercise;
import dev.nla4j.format.json.Json;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/// Whatever a `tokenizer.json` says, it is refused with an [InputException] or it works: a panic of the
/// native library would end the test's process. It takes at most five seconds, and Java's part of it
/// allocates at most twice the file and a constant; the native library's memory is its own.
class TokenizerJsonFuzzTest {
    private static final Path FILE = Path.of("tokenizer.json");
    /// Parser, error messages and five encoded texts, however small the file.
    private static final long SMALL_FILE = 4 << 20;
    /// The trees and texts of the bases, which have up to some thousand tokens, and what other values can add to them.
    private static final long WHOLE_TOKENIZER = 32 << 20;
    private static final List<JsonNode> BASES = Stream.of("qwen", "llama3", "gemma", "llama2")
            .map(name -> Json.read(Fixtures.path(name + ".json"), 1 << 20))
            .toList();
    private static final List<String> TEXTS =
            List.of("", "Hello  world 😀 e\u0301 \n\n\t123 ▁x", "<|im_end|> <s>  <mask> a<table>b", "\u0000 '\u017f");

    @FuzzTest
    void a_file_of_any_bytes_is_refused_or_works(byte[] bytes) {
        SourceExercise.settings(
                bytes.length, SMALL_FILE, () -> attempt(() -> Json.parse(FILE, Json.utf8(FILE, bytes))));
    }

    @FuzzTest
    void a_tokenizer_with_values_exchanged_is_refused_or_works(FuzzedDataProvider data) {
        JsonNode root = data.pickValue(BASES).deepCopy();
        int changes = data.consumeInt(1, 4);
        for (int i = 0; i < changes; i++) {
            change(root, data);
        }
        byte[] bytes = root.toString().getBytes(StandardCharsets.UTF_8);
        SourceExercise.settings(
                bytes.length, WHOLE_TOKENIZER, () -> attempt(() -> Json.parse(FILE, Json.utf8(FILE, bytes))));
    }

    private interface Source {
        JsonNode json();
    }

    private static void attempt(Source source) {
        try (Tokenizer tokenizer = NativeTokenizer.of(TokenizerJson.check(FILE, source.json(), SpecialNames.NONE))) {
            for (String text : TEXTS) {
                int[] ids = Fixtures.ids(tokenizer.encode(text, true));
                tokenizer.decode(ids, false);
                tokenizer.decode(ids, true);
            }
            tokenizer.decode(new int[] {tokenizer.maxId()}, false);
        } catch (InputException e) {
            // refused, as it may be
        }
    }

    /// Replaces, removes or adds one value at a place chosen by `data`, away from the long vocabulary and merges
    /// mostly.
    private static void change(JsonNode root, FuzzedDataProvider data) {
        List<JsonNode> containers = new ArrayList<>();
        collect(root, containers);
        JsonNode at = data.pickValue(containers);
        JsonNode value = data.consumeBoolean() ? data.pickValue(containers).deepCopy() : scalar(data);
        switch (at) {
            case ObjectNode object
            when !object.isEmpty() -> {
                List<String> names = object.propertyNames().stream().limit(30).toList();
                String name = data.pickValue(names);
                if (data.consumeProbabilityFloat() < 0.2f) {
                    object.remove(name);
                } else {
                    object.set(data.consumeProbabilityFloat() < 0.1f ? data.consumeString(5) : name, value);
                }
            }
            case ArrayNode array
            when !array.isEmpty() && data.consumeBoolean() -> array.set(data.consumeInt(0, array.size() - 1), value);
            case ArrayNode array -> array.add(value);
            default -> {}
        }
    }

    /// All objects and lists, of long lists the first few entries.
    private static void collect(JsonNode node, List<JsonNode> containers) {
        containers.add(node);
        node.valueStream().filter(JsonNode::isContainer).limit(20).forEach(child -> collect(child, containers));
    }

    private static JsonNode scalar(FuzzedDataProvider data) {
        JsonNodeFactory factory = JsonNodeFactory.instance;
        return switch (data.consumeInt(0, 6)) {
            case 0 -> factory.numberNode(data.consumeLong());
            case 1 -> factory.numberNode(data.consumeInt(-2, 1200));
            case 2 -> factory.booleanNode(data.consumeBoolean());
            case 3 -> factory.nullNode();
            case 4 -> factory.stringNode(data.consumeString(20));
            case 5 ->
                factory.stringNode(data.pickValue(List.of(
                        "BPE",
                        "Sequence",
                        "Split",
                        "Replace",
                        "ByteLevel",
                        "Metaspace",
                        "Strip",
                        "NFKD",
                        "Digits",
                        "A",
                        "▁",
                        " ",
                        "<s>",
                        "always",
                        "first",
                        "never",
                        "Removed",
                        "MergedWithNext",
                        "Contiguous")));
            default -> factory.numberNode(data.consumeDouble());
        };
    }
}
