package dev.nla4j.train.sft;

import dev.nla4j.activation.DatasetMeta;
import dev.nla4j.activation.DatasetMeta.Stage;
import dev.nla4j.activation.PositionsPerDocument;
import dev.nla4j.activation.TokenMeta;
import dev.nla4j.data.PromptTokens;
import dev.nla4j.model.LanguageModel;
import dev.nla4j.model.ModelLoader;
import dev.nla4j.model.TinyFolder;
import dev.nla4j.progress.Progress;
import dev.nla4j.tensor.DType;
import dev.nla4j.train.config.SftConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;

/// A random model with a real tokenizer, and rows whose activations say which of four texts belongs to them.
///
/// @param said what explanations say before that text
public record TinyTask(LanguageModel model, TokenMeta tokens, String said) implements AutoCloseable {
    public static final int DIM = 32;
    public static final int LAYER = 1;
    public static final HalfSidecar.Base BASE = new HalfSidecar.Base("nobody/tiny", Optional.empty());
    private static final int MARKER = 1500;
    private static final String AV = "What does <concept>{injection_char}</concept> mean?";
    private static final String AR = "<text> {explanation}";
    private static final List<String> TEXTS = List.of("a river", "war and peace", "the number", "green");
    private static final String CHAT =
            "{% for m in messages %}[{{ m.role }}] {{ m.content }}\n{% endfor %}{% if add_generation_prompt %}[assistant] {% endif %}";
    private static final String CONFIG = """
            {"model_type": "llama", "vocab_size": 1536, "hidden_size": 32, "intermediate_size": 48,
             "num_hidden_layers": 3, "num_attention_heads": 4, "num_key_value_heads": 2, "head_dim": 8,
             "max_position_embeddings": 512, "rms_norm_eps": 1e-6, "rope_theta": 10000.0,
             "tie_word_embeddings": false}
            """;

    public static TinyTask in(Path folder) throws IOException {
        TinyFolder.write(folder, CONFIG, "model.", 1);
        for (String name : List.of("tokenizer.json", "tokenizer_config.json", "generation_config.json")) {
            Files.copy(Path.of("src/test/resources/tokenizer/contract-llama").resolve(name), folder.resolve(name));
        }
        Files.writeString(folder.resolve("chat_template.jinja"), CHAT);
        return at(folder);
    }

    /// The model that [#in] has written.
    public static TinyTask at(Path folder) {
        return at(folder, DType.FP32);
    }

    /// As above in another dtype, or what a verbalizer with full weights has left.
    public static TinyTask at(Path folder, DType dtype) {
        LanguageModel model = ModelLoader.loadToLearn(folder, dtype, ModelLoader.Extent.WHOLE, Progress.NONE);
        String marker = model.tokenizer().decode(new int[] {MARKER}, false);
        TokenMeta tokens = new PromptTokens(model.tokenizer(), model.chatTemplate(), model.templateSpecials())
                .block(AV, AR, marker);
        return new TinyTask(model, tokens, "");
    }

    /// The same model with rows whose explanations claim what their context ends with, behind words that
    /// can be said otherwise.
    public TinyTask claiming() {
        return new TinyTask(model, tokens, "A number of people. Text: ");
    }

    /// `count` rows of documents named after `documents`.
    public Examples examples(Stage stage, String documents, int count, long seed) {
        Random classes = new Random(77);
        float[][] centres = new float[TEXTS.size()][DIM];
        for (float[] centre : centres) {
            for (int i = 0; i < DIM; i++) {
                centre[i] = (float) classes.nextGaussian();
            }
        }
        Random random = new Random(seed);
        List<Example> rows = new ArrayList<>();
        for (int row = 0; row < count; row++) {
            int kind = row % TEXTS.size();
            float[] activation = new float[DIM];
            for (int i = 0; i < DIM; i++) {
                activation[i] = centres[kind][i] + 0.1f * (float) random.nextGaussian();
            }
            rows.add(Example.explained(
                    activation,
                    said + TEXTS.get(kind),
                    new Example.Source(documents + row, "context of " + TEXTS.get(kind), 0)));
        }
        DatasetMeta meta = new DatasetMeta(
                documents,
                stage,
                count,
                new DatasetMeta.Extraction(
                        "nobody/tiny",
                        DIM,
                        LAYER,
                        "docs",
                        new DatasetMeta.CorpusSlice(0, count),
                        PositionsPerDocument.of(1),
                        null,
                        null),
                true,
                stage == Stage.BASE ? null : tokens,
                stage == Stage.BASE ? DatasetMeta.PromptTemplates.NONE : new DatasetMeta.PromptTemplates(AV, AR),
                null,
                new DatasetMeta.Provenance(List.of(), "", "test", ""));
        return new Examples(Path.of(documents + ".parquet"), meta, rows);
    }

    /// What a half learns here.
    ///
    /// @param role av or ar
    public Task task(String role, SftConfig config, Examples heldOut) {
        Examples data = role.equals("av") ? examples(Stage.AV_SFT, "av", 32, 1) : examples(Stage.AR_SFT, "ar", 32, 3);
        return task(role, config, data, heldOut);
    }

    /// As above, from other rows.
    Task task(String role, SftConfig config, Examples data, Examples heldOut) {
        return role.equals("av")
                ? new VerbalizerTask(model, BASE, data, heldOut, config)
                : new ReconstructorTask(model, BASE, data, heldOut, OwnSamples.NONE, config);
    }

    /// As above, with eight held-out rows.
    public Task task(String role, SftConfig config) {
        return task(role, config, examples(Stage.BASE, "held", 8, 2));
    }

    @Override
    public void close() {
        model.close();
    }
}
