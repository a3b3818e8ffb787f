package dev.nla4j.cli;

import dev.nla4j.chat.RenderOptions;
import dev.nla4j.format.InputException;
import dev.nla4j.format.json.Json;
import dev.nla4j.generate.Completion;
import dev.nla4j.generate.Engine;
import dev.nla4j.generate.Prompt;
import dev.nla4j.generate.Request;
import dev.nla4j.generate.Sampling;
import dev.nla4j.generate.StopCondition;
import dev.nla4j.model.LanguageModel;
import dev.nla4j.nla.TextTokens;
import dev.nla4j.progress.Progress;
import dev.nla4j.tensor.Scope;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/// `nla generate`: lets the target speak.
@Command(
        name = "generate",
        description = "Let a model continue a text or answer a conversation.",
        footer = {"", "Example: nla generate --text \"Once upon a time\" --max-new-tokens 40"})
final class GenerateCommand implements Callable<Integer> {
    @Mixin
    ModelOption model = new ModelOption();

    @Option(names = "--text", paramLabel = "T", description = "Text to continue.")
    @Nullable
    String text;

    @Mixin
    TextInput input = new TextInput();

    @Option(
            names = "--chat",
            paramLabel = "F.json",
            description = "Conversation to answer: a JSON array of messages, or an object with them as \"messages\".")
    @Nullable
    Path chat;

    @Mixin
    TemplateVariables variables = new TemplateVariables();

    @Option(
            names = "--max-new-tokens",
            paramLabel = "N",
            defaultValue = "128",
            description = "Most tokens to write (default: ${DEFAULT-VALUE}).")
    int maxNewTokens;

    @Option(
            names = "--temperature",
            paramLabel = "X",
            defaultValue = "0",
            description = "Temperature; 0 is greedy (default: ${DEFAULT-VALUE}).")
    double temperature;

    @Mixin
    DrawOptions draws = new DrawOptions();

    @Option(names = "--seed", paramLabel = "N", defaultValue = "0", description = "Seed (default: ${DEFAULT-VALUE}).")
    long seed;

    @Mixin
    DTypeOption dtype = new DTypeOption();

    @Option(names = "--json", description = "Print one JSON document.")
    boolean json;

    @Override
    public Integer call() {
        if (chat != null && (text != null || input.file != null)) {
            throw new IllegalArgumentException("give --text, --file or --chat, one of them");
        }
        RenderOptions conversation = chat == null
                ? null
                : variables.conversationOfRoles(chat).options().withGenerationPrompt(true);
        if (conversation == null) {
            variables.requireNone();
        }
        // Before a model is brought and loaded.
        String continued = conversation == null ? input.text(text) : "";
        Sampling sampling = draws.at(temperature);
        if (maxNewTokens < 1) {
            throw new IllegalArgumentException("--max-new-tokens: must be 1 or more, was " + maxNewTokens);
        }
        Wiring wiring = new Wiring();
        try (LanguageModel loaded = wiring.load(model.name, dtype.dtype());
                Scope _ = Scope.noGrad()) {
            TextTokens prompt = conversation == null
                    ? TextTokens.ofText(loaded.tokenizer(), continued)
                    : TextTokens.ofConversation(
                            loaded.tokenizer(),
                            loaded.chatTemplate(),
                            conversation.withSpecials(loaded.templateSpecials()));
            int room = loaded.config().contextLength() - prompt.size();
            if (prompt.size() == 0) {
                throw new InputException("the text is empty: there is nothing to continue");
            }
            if (room < 1) {
                throw new InputException("the text has " + prompt.size() + " tokens, the model's context is "
                        + loaded.config().contextLength() + ": no room for an answer");
            }
            int most = Math.min(maxNewTokens, room);
            Completion completion = complete(loaded, prompt, sampling, most, wiring.progress());
            print(loaded, prompt, completion);
            return ExitCode.OK;
        }
    }

    private Completion complete(
            LanguageModel loaded, TextTokens prompt, Sampling sampling, int most, Progress progress) {
        StopCondition watch = (ids, count) -> {
            progress.report("generate", count, most, "tokens");
            return false;
        };
        Request request = new Request(
                Prompt.of(loaded.decoder(), prompt.ids()), seed, 0, sampling, most, loaded.stopIds(), watch);
        Engine engine = new Engine(loaded.decoder(), loaded.drawableIds());
        Completion completion = engine.generate(List.of(request), (_, _) -> {}).get(0);
        progress.report("generate", most, most, "tokens");
        return completion;
    }

    private void print(LanguageModel loaded, TextTokens prompt, Completion completion) {
        String written = loaded.tokenizer().decode(completion.idArray(), true);
        if (!json) {
            System.out.println(Terminal.shown(written));
            return;
        }
        ObjectNode node = Json.mapper().createObjectNode();
        node.put("text", written);
        ArrayNode promptIds = node.putArray("prompt_ids");
        for (int id : prompt.ids()) {
            promptIds.add(id);
        }
        ArrayNode ids = node.putArray("ids");
        ArrayNode logProbabilities = node.putArray("log_probabilities");
        completion.ids().forEach(ids::add);
        completion.logProbabilities().forEach(logProbabilities::add);
        node.put("stop", completion.reason().name().toLowerCase(Locale.ROOT)).put("seed", seed);
        System.out.println(node);
    }
}
