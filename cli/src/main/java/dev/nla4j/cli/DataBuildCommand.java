package dev.nla4j.cli;

import dev.nla4j.activation.DatasetMeta.Stage;
import dev.nla4j.chat.ChatTemplate;
import dev.nla4j.data.DataBuild;
import dev.nla4j.data.DataFile;
import dev.nla4j.data.PromptTokens;
import dev.nla4j.format.InputException;
import dev.nla4j.format.json.Json;
import dev.nla4j.model.LanguageModel;
import dev.nla4j.model.ModelLoader;
import dev.nla4j.tokenizer.Tokenizer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// `nla data build`.
@Command(
        name = "build",
        description = "Make a training set of explained rows (of plain ones for rl), with prompts and token ids.",
        footer = {"", "Example: nla data build data/av_sft_explained.parquet"})
final class DataBuildCommand implements Callable<Integer> {
    @Parameters(paramLabel = "EXPLAINED.parquet", description = "Rows of stage base.")
    Path input = Path.of("");

    @Option(
            names = "--stage",
            paramLabel = "av_sft|ar_sft|rl",
            description = "What it is for. Default: what the file's name begins with.")
    @Nullable
    String stage;

    @Option(names = "--out", paramLabel = "F.parquet", description = "File to write. Default: the stage's name.")
    @Nullable
    Path out;

    @Option(names = "--model", paramLabel = "M", description = "Whose tokenizer is used. Default: the sidecar's.")
    @Nullable
    String model;

    @Option(
            names = "--actor-template",
            paramLabel = "TEXT",
            description = "The verbalizer's message, with {injection_char}. Default: a short one that suits the"
                    + " tokenizer.")
    @Nullable
    String actor;

    @Option(
            names = "--critic-template",
            paramLabel = "TEXT",
            description = "The reconstructor's prompt, with {explanation}.")
    String critic = DataBuild.Prompts.CRITIC;

    @Option(
            names = "--injection-char",
            paramLabel = "C",
            description = "Character whose embedding is replaced. Default: the first of U+3200 to U+33FF that is one"
                    + " token, else a sign such as §.")
    @Nullable
    String marker;

    @Option(names = "--drop-text", description = "Leave out the text that rows were taken from.")
    boolean dropText;

    @Option(names = "--restart", description = "Replace a finished file.")
    boolean restart;

    @Option(names = "--json", description = "Print one JSON document.")
    boolean json;

    @Override
    public Integer call() throws IOException {
        Stage wanted = stage();
        Wiring wiring = new Wiring();
        Path weights = wiring.find(model == null ? baseModel() : model).path();
        String stem = DataPaths.stem(input, wanted == Stage.RL ? "_raw" : "_explained");
        String name = stem.equals(wanted.yaml()) ? stem : stem + "_" + wanted.yaml();
        Path output = out == null ? DataPaths.beside(input, name) : out;
        try (Tokenizer tokenizer = ModelLoader.tokenizer(weights)) {
            PromptTokens tokens = tokens(weights, tokenizer);
            DataBuild.Prompts prompts = new DataBuild.Prompts(message(tokens), critic, marker, !dropText);
            long rows = new DataBuild(prompts, tokens).run(input, output, wanted, restart, wiring.progress());
            if (json) {
                System.out.println(Json.mapper()
                        .createObjectNode()
                        .put("file", output.toString())
                        .put("stage", wanted.yaml())
                        .put("rows", rows));
            } else {
                System.err.println(output + ": " + rows + " rows of stage " + wanted.yaml());
            }
        }
        return ExitCode.OK;
    }

    private static PromptTokens tokens(Path weights, Tokenizer tokenizer) {
        ChatTemplate template = ModelLoader.chatTemplate(weights)
                .orElseThrow(
                        () -> new InputException(weights + ": has no chat template, so there is no prompt to build"));
        return new PromptTokens(tokenizer, template, LanguageModel.templateSpecials(tokenizer));
    }

    /// Refuses a model of which no prompt can be built with these templates.
    void requirePrompts(Path weights) {
        try (Tokenizer tokenizer = ModelLoader.tokenizer(weights)) {
            PromptTokens tokens = tokens(weights, tokenizer);
            tokens.block(message(tokens), critic, marker);
            tokens.requireReadable(critic);
        }
    }

    private String message(PromptTokens tokens) {
        return actor == null ? DataBuild.Prompts.actor(tokens, marker) : actor;
    }

    private String baseModel() {
        try (DataFile file = DataFile.open(input)) {
            return file.meta().extraction().baseModel();
        }
    }

    private Stage stage() {
        String name = DataPaths.stem(input, "");
        for (Stage known : Arrays.asList(Stage.AV_SFT, Stage.AR_SFT, Stage.RL)) {
            boolean said = stage == null
                    ? name.startsWith(known.yaml() + "_")
                    : stage.toLowerCase(Locale.ROOT).equals(known.yaml());
            if (said) {
                return known;
            }
        }
        throw new IllegalArgumentException("--stage: must be av_sft, ar_sft or rl, was "
                + (stage == null ? "not given and is not in the file's name" : stage));
    }
}
