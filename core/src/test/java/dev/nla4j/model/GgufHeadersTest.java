package dev.nla4j.model;

import static org.assertj.core.api.Assertions.assertThat;

import dev.nla4j.format.StoredTensor;
import dev.nla4j.format.StoredType;
import dev.nla4j.format.TensorSource;
import dev.nla4j.format.gguf.GgufFile;
import dev.nla4j.format.gguf.GgufValue;
import dev.nla4j.format.gguf.GgufValues;
import dev.nla4j.format.gguf.GgufWriter;
import dev.nla4j.format.json.Json;
import dev.nla4j.tokenizer.GgufVocabulary;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;

/// Headers of real files, by what llama.cpp prints of them.
class GgufHeadersTest {
    @TempDir
    Path folder;

    static Stream<Arguments> headers() throws URISyntaxException {
        Path file = Path.of(
                GgufHeadersTest.class.getResource("/model/gguf-headers.json").toURI());
        return Json.read(file, 1 << 20)
                .valueStream()
                .map(c -> Arguments.of(c.path("name").stringValue(), c));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("headers")
    void the_header_of_a_real_file_is_read(String name, JsonNode real) throws IOException {
        Map<String, GgufValue> header = new LinkedHashMap<>();
        real.path("header").propertyStream().forEach(entry -> header.put(entry.getKey(), value(entry.getValue())));
        List<String> tokens =
                real.path("tokens").valueStream().map(JsonNode::stringValue).toList();
        header.put("tokenizer.ggml.tokens", GgufValues.texts(tokens));
        Path path = folder.resolve("model.gguf");
        GgufWriter.write(path, header, List.of());
        try (GgufFile file = GgufFile.open(path)) {
            ModelConfig config = GgufConfig.read(path, file.metadata(), new Shapes(real));
            assertThat(Summary.of(config)).isEqualTo(real.path("expected").stringValue());
            assertThat(summary(GgufVocabulary.of(file.metadata())))
                    .isEqualTo(real.path("vocabulary").stringValue());
        }
    }

    private static GgufValue value(JsonNode typed) {
        JsonNode value = typed.path(1);
        return switch (typed.path(0).stringValue()) {
            case "u32" -> GgufValues.u32(value.longValue());
            case "f32" -> GgufValues.f32(value.floatValue());
            case "bool" -> GgufValues.flag(value.booleanValue());
            case "str" -> GgufValues.text(value.stringValue());
            default -> throw new IllegalStateException(typed.toString());
        };
    }

    private static String summary(GgufVocabulary vocabulary) {
        GgufVocabulary.Specials specials = vocabulary.specials();
        return "model=" + vocabulary.model() + " pre=" + vocabulary.pre() + " bos="
                + specials.named().get("bos_token") + " eos=" + specials.named().get("eos_token") + " unk="
                + specials.named().get("unk_token") + " pad=" + specials.named().get("pad_token") + " addBos="
                + specials.addBos()
                + " addEos=" + specials.addEos() + " space=" + vocabulary.addSpacePrefix();
    }

    /// The names and shapes that a configuration depends on, without the gigabytes; factors of rope scaling are ones.
    private record Shapes(JsonNode real) implements TensorSource {
        @Override
        public String location() {
            return "model.gguf";
        }

        @Override
        public Set<String> names() {
            Set<String> names = new HashSet<>(Set.of("token_embd.weight"));
            real.path("tensors").valueStream().map(JsonNode::stringValue).forEach(names::add);
            return names;
        }

        @Override
        public StoredTensor tensor(String name) {
            String architecture =
                    real.path("header").path("general.architecture").path(1).stringValue();
            JsonNode header = real.path("header");
            long dim = header.path(architecture + ".embedding_length").path(1).longValue();
            long heads =
                    header.path(architecture + ".attention.head_count").path(1).longValue();
            List<Long> shape = name.startsWith("rope_")
                    ? List.of(dim / heads / 2)
                    : List.of(real.path("rows").longValue(), dim);
            return new StoredTensor(Path.of("model.gguf"), name, StoredType.F32, shape, 0, 0);
        }

        @Override
        public void readF32(String name, MemorySegment out) {
            throw new IllegalStateException(name);
        }

        @Override
        public void scanF32(String name, FloatPieces pieces) {
            float[] ones = new float[Math.toIntExact(tensor(name).elements())];
            Arrays.fill(ones, 1);
            pieces.accept(ones, ones.length);
        }

        @Override
        public void readBf16(String name, MemorySegment out) {
            throw new IllegalStateException(name);
        }

        @Override
        public void readRaw(String name, MemorySegment out) {
            throw new IllegalStateException(name);
        }

        @Override
        public void close() {}
    }
}
