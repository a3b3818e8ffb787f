package dev.nla4j.train.sft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.nla4j.activation.Injection;
import dev.nla4j.format.TensorSource;
import dev.nla4j.format.json.Json;
import dev.nla4j.format.safetensors.SafetensorsFile;
import dev.nla4j.model.LanguageModel;
import dev.nla4j.model.ModelLoader;
import dev.nla4j.model.PeftAdapter;
import dev.nla4j.model.TrainableAdapter;
import dev.nla4j.progress.Progress;
import dev.nla4j.tensor.DType;
import dev.nla4j.tensor.Scope;
import dev.nla4j.tensor.Tensors;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/// Losses and gradients of both roles against transformers' (`scripts/sft_golden.py`), which read whole rows one by
/// one.
class SftGoldenTest {
    private static final Path GOLDEN = Path.of("src/test/resources/sft-golden");

    private final JsonNode golden = Json.read(GOLDEN.resolve("golden.json"), 1 << 20);

    private static int[] ids(JsonNode node) {
        return node.values().stream().mapToInt(JsonNode::intValue).toArray();
    }

    private static float[] vector(JsonNode node) {
        float[] vector = new float[node.size()];
        for (int i = 0; i < vector.length; i++) {
            vector[i] = node.get(i).floatValue();
        }
        return vector;
    }

    private static float[] stored(TensorSource source, String name) {
        int count = Math.toIntExact(
                source.tensor(name).shape().stream().mapToLong(Long::longValue).reduce(1, (a, b) -> a * b));
        try (Scope _ = Scope.noGrad()) {
            Tensor tensor = Tensors.empty(DType.FP32, count);
            source.readF32(name, Tensors.memory(tensor));
            return Tensors.floats(tensor);
        }
    }

    private static void requireSame(String name, Tensor gradient, float[] expected) {
        float[] found = Tensors.floats(gradient);
        assertThat(found).as(name).hasSameSizeAs(expected);
        // The golden numbers are double. Transformers' own fp32 is off by up to 1e-5 of a tensor's largest number here;
        // three times that is rounding in another order.
        float largest = 0;
        for (float value : expected) {
            largest = Math.max(largest, Math.abs(value));
        }
        assertThat(found).as(name).containsExactly(expected, within(3e-5f * largest));
    }

    /// @param more leaves besides the adapter's, by the names of their golden gradients
    private record Loss(Tensor value, Map<String, Tensor> more) {}

    private interface Work {
        Loss loss(LanguageModel model, TrainableAdapter adapter, TensorSource gradients);
    }

    private void check(String role, int blocks, Work work) {
        try (LanguageModel model = ModelLoader.load(GOLDEN, DType.FP32, ModelLoader.Extent.WHOLE, Progress.NONE);
                TrainableAdapter adapter = TrainableAdapter.of(model.config(), PeftAdapter.read(GOLDEN), blocks);
                TensorSource gradients = SafetensorsFile.open(GOLDEN.resolve("gradients.safetensors"));
                Scope _ = Scope.open()) {
            Loss loss = work.loss(model, adapter, gradients);
            assertThat(loss.value().item_double())
                    .isCloseTo(golden.path(role).path("loss").doubleValue(), within(2e-5));
            loss.value().backward();
            loss.more().forEach((name, leaf) -> requireSame(name, leaf.grad(), stored(gradients, name)));
            assertThat(adapter.leaves()).hasSize(14 * blocks);
            adapter.leaves()
                    .forEach((name, leaf) -> requireSame(name, leaf.grad(), stored(gradients, role + "." + name)));
        }
    }

    @Test
    void the_verbalizers_loss_and_gradient_are_those_of_transformers() {
        check("av", 2, (model, adapter, _) -> {
            int marker = golden.path("marker").intValue();
            PromptedAnswers prompted = new PromptedAnswers(
                    ids(golden.path("prompt")),
                    new Injection(marker, 9, 12, golden.path("scale").doubleValue()));
            List<PromptedAnswers.Answer> answers = new ArrayList<>();
            golden.path("av")
                    .path("rows")
                    .forEach(row -> answers.add(
                            new PromptedAnswers.Answer(vector(row.path("activation")), ids(row.path("ids")))));
            return new Loss(prompted.loss(adapter.on(model.decoder()), answers), Map.of());
        });
    }

    @Test
    void the_reconstructors_loss_and_gradient_are_those_of_transformers() {
        int layer = golden.path("layer").intValue();
        check("ar", layer + 1, (model, adapter, gradients) -> {
            int dim = model.config().dim();
            Tensor head = Tensors.of(stored(gradients, "head"), dim, dim).set_requires_grad(true);
            List<int[]> prompts = new ArrayList<>();
            List<float[]> activations = new ArrayList<>();
            for (JsonNode row : golden.path("ar").path("rows")) {
                prompts.add(ids(row.path("ids")));
                activations.add(vector(row.path("activation")));
            }
            Tensor errors = CosineError.of(adapter.on(model.decoder()), head, layer, 0, prompts, activations);
            return new Loss(errors.sum(), Map.of("ar.head", head));
        });
    }
}
