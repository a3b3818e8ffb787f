package dev.nla4j.train.config;

import dev.nla4j.tensor.DType;
import java.nio.file.Path;
import java.util.Optional;

/// Everything a training from text to pair is told: `target`, `data`, `folder`, `train`.
///
/// @param model target and base of both adapters
/// @param dtype of its weights
/// @param data where rows come from
/// @param folder that holds data, runs and the pairs made
/// @param train how both roles learn
public record RunConfig(String model, DType dtype, Data data, Path folder, TrainConfig train) {
    private static final String MODEL = "smollm2-135m-instruct";

    /// The data sets.
    ///
    /// @param corpus what they are extracted from; needed only where they are made too
    /// @param layer K
    /// @param window tokens of a text, 0 for whole documents
    /// @param minPosition first token that may be taken
    /// @param perDocument activations of each document, or `all`
    /// @param av rows of stage av_sft
    /// @param ar rows of stage ar_sft
    /// @param rl rows of stage rl
    /// @param heldOut explained rows of other documents
    public record Data(
            Optional<String> corpus,
            int layer,
            int window,
            int minPosition,
            String perDocument,
            Path av,
            Path ar,
            Path rl,
            Path heldOut) {
        public Data {
            Checks.within("layer", layer, 0, 1023);
            Checks.atLeast("window", window, 0);
            Checks.atLeast("min-position", minPosition, 0);
        }
    }

    /// Reads a whole configuration; the caller ends with [Section#done].
    public static RunConfig read(Section top) {
        Path folder = Path.of(top.text("folder"));
        Section target = top.section("target");
        String model = target.text("model", MODEL);
        DType dtype = target.choice("dtype", DType.class, DType.preferred());
        Section section = top.section("data");
        Optional<String> corpus = section.optionalText("corpus");
        int layer = section.integer("layer", 20);
        int window = section.integer("window", 96);
        int minPosition = section.integer("min-position", 20);
        String perDocument = section.text("per-document", "all");
        Path files = folder.resolve("data");
        String av = section.text("av", files.resolve("av_sft.parquet").toString());
        String ar = section.text("ar", files.resolve("ar_sft.parquet").toString());
        String rl = section.text("rl", files.resolve("rl.parquet").toString());
        String heldOut =
                section.text("held-out", files.resolve("eval_explained.parquet").toString());
        Data data = section.build(() -> new Data(
                corpus,
                layer,
                window,
                minPosition,
                perDocument,
                Path.of(av),
                Path.of(ar),
                Path.of(rl),
                Path.of(heldOut)));
        return new RunConfig(model, dtype, data, folder, TrainConfig.read(top));
    }
}
