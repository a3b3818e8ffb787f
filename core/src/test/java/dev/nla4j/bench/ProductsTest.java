package dev.nla4j.bench;

import static org.assertj.core.api.Assertions.assertThat;

import dev.nla4j.model.LanguageModel;
import dev.nla4j.model.ModelConfig;
import dev.nla4j.model.ModelLoader;
import dev.nla4j.progress.Progress;
import dev.nla4j.tensor.DType;
import dev.nla4j.tensor.Scope;
import java.nio.file.Path;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ProductsTest {
    private static final Path LLAMA = Path.of("src/test/resources/golden/llama");

    /// Also on a processor that multiplies no bf16 numbers, where the stored weights are widened.
    @ParameterizedTest
    @EnumSource(DType.class)
    void every_product_of_a_step_can_be_timed_alone(DType dtype) {
        try (LanguageModel model = ModelLoader.load(LLAMA, dtype, ModelLoader.Extent.WHOLE, Progress.NONE);
                LanguageModel learner = ModelLoader.loadToLearn(LLAMA, dtype, ModelLoader.Extent.WHOLE, Progress.NONE);
                Scope _ = Scope.noGrad()) {
            Products products = new Products(model.weights(), model.config().heads());
            int depth = model.config().numLayers();
            // packed ones are filled up in memory
            assertThat(products.bytes()).isEqualTo(numbers(model.config()) * dtype.bytes());
            long queries = (long) model.config().heads().queries()
                    * model.config().heads().width();
            assertThat(products.of(depth, 6, 2).getAsDouble()).isPositive();
            assertThat(products.attending(depth, products.attended(2, 3, 3)).getAsDouble())
                    .isPositive();
            assertThat(products.lastBlock(depth - 1, queries, 6, 2).getAsDouble())
                    .isPositive();
            assertThat(new Products(learner.weights(), learner.config().heads())
                            .training(0, depth, 6, 3, 2, products.attended(2, 3, 3))
                            .getAsDouble())
                    .isPositive();
        }
    }

    private static long numbers(ModelConfig config) {
        long dim = config.dim();
        long attention =
                dim * (2L * config.heads().queryWidth() + 2L * config.heads().keyValueWidth());
        return config.numLayers() * (attention + 3 * dim * config.hidden()) + dim * config.vocabulary();
    }
}
