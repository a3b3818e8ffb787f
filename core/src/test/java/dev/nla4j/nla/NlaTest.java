package dev.nla4j.nla;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.nla4j.format.InputException;
import dev.nla4j.nla.lint.TinyPair;
import dev.nla4j.nla.lint.TinyPair.Kind;
import dev.nla4j.nla.lint.TinyPair.Values;
import dev.nla4j.progress.Progress;
import dev.nla4j.tensor.DType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Opening a pair refuses what would be read, and scored, as another pair than was trained.
class NlaTest {
    @TempDir
    Path folder;

    private interface Planting {
        void spoil(TinyPair pair) throws IOException;
    }

    /// @param said parts of the refusal
    private record Refusal(String name, Planting planting, List<String> said) {
        @Override
        public String toString() {
            return name;
        }
    }

    private static Refusal refusal(String name, Planting planting, String... said) {
        return new Refusal(name, planting, List.of(said));
    }

    static Stream<Refusal> refusals() {
        return Stream.of(
                refusal(
                        "a value head with a bias",
                        p -> TinyPair.tensors(
                                p.ar("value_head.safetensors"),
                                all -> all.put("bias", new Values(List.of(16L), new float[16]))),
                        "value_head.safetensors",
                        "bias",
                        "is not applied"),
                refusal(
                        "a value head with a second matrix",
                        p -> TinyPair.tensors(
                                p.ar("value_head.safetensors"),
                                all -> all.put("0.weight", new Values(List.of(1L, 1L), new float[1]))),
                        "value_head.safetensors",
                        "0.weight"),
                refusal(
                        "a tokenizer that adds an end behind the recorded one",
                        NlaTest::addEnd,
                        "tokens.critic_suffix_ids",
                        "32], a prompt ends in",
                        "32, 1]"),
                refusal(
                        "a tokenizer that adds an end where none is recorded",
                        p -> {
                            p.sidecar("ar", "tokens", t -> t.putNull("critic_suffix_ids"));
                            addEnd(p);
                        },
                        "this tokenizer adds [1] after a text"),
                refusal(
                        "a marker that is the tokenizer's unknown token",
                        p -> TinyPair.json(p.av("tokenizer_config.json"), c -> c.put("unk_token", "㈎")),
                        "tokens.injection_token_id",
                        "is 1500",
                        "what it does not know"),
                refusal(
                        "halves of two K, before a weight is read",
                        p -> {
                            p.sidecar("av", s -> s.putObject("critic").put("extraction_layer_index", 2));
                            withoutWeights(p);
                        },
                        "av",
                        "critic.extraction_layer_index: is 2, the reconstructor's",
                        "is 3"),
                refusal(
                        "halves of two widths, before a weight is read",
                        p -> {
                            p.sidecar("av", s -> s.put("d_model", 32));
                            withoutWeights(p);
                        },
                        "d_model: is 32, the reconstructor's",
                        "is 16"));
    }

    private static void addEnd(TinyPair pair) throws IOException {
        TinyPair.json(pair.ar("tokenizer.json"), tokenizer -> {
            var processor = tokenizer.withObject("post_processor");
            processor
                    .withArray("single")
                    .addObject()
                    .putObject("SpecialToken")
                    .put("id", "<|im_end|>")
                    .put("type_id", 0);
            var special = processor.withObject("special_tokens").putObject("<|im_end|>");
            special.put("id", "<|im_end|>").putArray("ids").add(1);
            special.putArray("tokens").add("<|im_end|>");
        });
    }

    private static void withoutWeights(TinyPair pair) throws IOException {
        Files.delete(pair.av("model.safetensors"));
        Files.delete(pair.ar("model.safetensors"));
    }

    @ParameterizedTest
    @MethodSource("refusals")
    void a_pair_that_would_be_read_as_another_one_is_refused(Refusal refusal) throws IOException {
        TinyPair pair = TinyPair.write(folder, Kind.QWEN2);
        Nla.open(pair.folder(), null, DType.FP32, Progress.NONE).close();
        refusal.planting().spoil(pair);
        assertThatThrownBy(() -> Nla.open(pair.folder(), null, DType.FP32, Progress.NONE))
                .isInstanceOf(InputException.class)
                .satisfies(e -> assertThat(e.getMessage()).contains(refusal.said()));
    }

    @Test
    void all_is_closed_though_one_does_not_close() throws IOException {
        TinyPair pair = TinyPair.write(folder, Kind.QWEN2);
        List<String> closed = new ArrayList<>();
        List<AutoCloseable> owned = new ArrayList<>();
        for (String name : List.of("first", "second", "third")) {
            owned.add(() -> {
                closed.add(name);
                if (!name.equals("first")) {
                    throw new IOException(name + " does not close");
                }
            });
        }
        try (Nla.LoneReconstructor real =
                Nla.openReconstructor(pair.folder().resolve("ar"), null, DType.FP32, Progress.NONE)) {
            Nla.LoneReconstructor lone = new Nla.LoneReconstructor(real.reconstructor(), owned);
            assertThatThrownBy(lone::close)
                    .hasMessageContaining("third does not close")
                    .satisfies(e -> assertThat(e.getSuppressed())
                            .singleElement()
                            .satisfies(s -> assertThat(s).hasMessageContaining("second does not close")));
            assertThat(closed).containsExactly("third", "second", "first");
            lone.close();
            assertThat(closed).hasSize(3);
        }
    }
}
