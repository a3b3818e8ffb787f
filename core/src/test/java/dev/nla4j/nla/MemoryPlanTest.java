package dev.nla4j.nla;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.nla4j.model.LanguageModel;
import dev.nla4j.model.ModelConfig;
import dev.nla4j.model.ModelLoader;
import dev.nla4j.model.ModelLoader.Extent;
import dev.nla4j.model.WeightSize;
import dev.nla4j.progress.Progress;
import dev.nla4j.tensor.DType;
import dev.nla4j.tensor.InsufficientMemoryException;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class MemoryPlanTest {
    private static final Path LLAMA = Path.of("src/test/resources/golden/llama");

    @ParameterizedTest
    @EnumSource(DType.class)
    void the_size_of_weights_is_known_before_they_are_loaded(DType dtype) {
        for (Extent extent : Extent.values()) {
            try (LanguageModel model = ModelLoader.load(LLAMA, dtype, extent, Progress.NONE)) {
                assertThat(WeightSize.bytesToRead(ModelLoader.config(LLAMA), dtype, extent))
                        .isEqualTo(model.weights().bytes());
            }
            try (LanguageModel model = ModelLoader.loadToLearn(LLAMA, dtype, extent, Progress.NONE)) {
                assertThat(WeightSize.bytes(ModelLoader.config(LLAMA), dtype, extent))
                        .isEqualTo(model.weights().bytes());
            }
        }
        try (LanguageModel trunk = ModelLoader.loadTrunk(LLAMA, dtype, 3, Progress.NONE)) {
            assertThat(trunk.config().numLayers()).isEqualTo(3);
            assertThat(WeightSize.bytesToRead(ModelLoader.config(LLAMA).truncated(3), dtype, Extent.TRUNK))
                    .isEqualTo(trunk.weights().bytes());
        }
    }

    @Test
    void what_does_not_fit_is_refused_with_the_numbers() {
        List<MemoryPlan.Part> parts =
                List.of(new MemoryPlan.Part("target", 15_200_000_000L), new MemoryPlan.Part("AV", 15_000_000_000L));
        MemoryPlan together = new MemoryPlan(parts, false, "--low-memory loads one model at a time");
        MemoryPlan apart = new MemoryPlan(parts, true, "");
        assertThat(together.total()).isEqualTo(30_200_000_000L + MemoryPlan.PROGRAM);
        assertThat(apart.total()).isEqualTo(15_200_000_000L + MemoryPlan.PROGRAM);
        apart.requireFits(OptionalLong.of(20_000_000_000L));
        together.requireFits(OptionalLong.empty());
        assertThatThrownBy(() -> together.requireFits(OptionalLong.of(20_000_000_000L)))
                .isInstanceOf(InsufficientMemoryException.class)
                .hasMessageContaining("30.9 GB")
                .hasMessageContaining("target 15.2 GB + AV 15.0 GB")
                .hasMessageContaining("20.0 GB are available")
                .hasMessageEndingWith("are available; --low-memory loads one model at a time");
        assertThatThrownBy(() -> apart.requireFits(OptionalLong.of(10_000_000_000L)))
                .hasMessageContaining("10.0 GB are available")
                .satisfies(e -> assertThat(e.getMessage()).doesNotContain(";"));
    }

    @Test
    void loading_by_turns_is_advised_only_where_it_takes_less() {
        PairFolder adapters = PairFolder.in(Path.of("../models/smollm2-135m-l20"));
        PairFolder whole = new PairFolder(
                LLAMA,
                new PairFolder.Half(LLAMA, adapters.verbalizer().meta()),
                new PairFolder.Half(LLAMA, adapters.reconstructor().meta()));
        ModelConfig target = ModelLoader.config(LLAMA);
        assertThat(MemoryPlan.of(target, adapters, DType.FP32, false).advice()).isEmpty();
        assertThat(MemoryPlan.of(target, whole, DType.FP32, false).advice()).contains("--low-memory");
        assertThat(MemoryPlan.of(target, whole, DType.FP32, true).advice()).isEmpty();
        assertThat(MemoryPlan.training("training", 2e9).advice()).contains("micro-batch");
    }
}
