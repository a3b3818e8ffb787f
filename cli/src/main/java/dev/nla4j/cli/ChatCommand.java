package dev.nla4j.cli;

import dev.nla4j.chat.ChatTemplate;
import dev.nla4j.chat.RenderOptions;
import dev.nla4j.chat.SpecialStrings;
import dev.nla4j.format.InputException;
import dev.nla4j.format.json.Json;
import dev.nla4j.model.LanguageModel;
import dev.nla4j.model.ModelLoader;
import dev.nla4j.tokenizer.Tokenizer;
import java.nio.file.Path;
import java.time.LocalDate;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// `nla chat render`: a conversation as its template writes it.
@Command(
        name = "chat",
        description = "Work with chat templates.",
        synopsisSubcommandLabel = "COMMAND",
        footer = {"", "Example: nla chat render --messages conversation.json --add-generation-prompt"})
final class ChatCommand {
    private static final long LARGEST_TEMPLATE = 1 << 20;

    @Command(
            name = "render",
            description = "Print a conversation as its template writes it, and nothing else.",
            footer = {"", "Example: nla chat render --template qwen3.jinja --messages conversation.json"})
    int render(
            @Option(
                            names = "--model",
                            paramLabel = "M",
                            description = "Model whose template is used. Default: smollm2-135m-instruct.")
                    @Nullable
                    String model,
            @Option(names = "--template", paramLabel = "F.jinja", description = "Template to use instead of a model's.")
                    @Nullable
                    Path template,
            @Option(
                            names = "--messages",
                            paramLabel = "F.json",
                            required = true,
                            description = "A JSON array of messages, or an object with them as \"messages\" beside"
                                    + " variables of the template (tools, documents, enable_thinking, ...).")
                    Path messages,
            @Mixin TemplateVariables variables,
            @Option(
                            names = "--add-generation-prompt",
                            description = "End with the beginning of the assistant's next message.")
                    boolean addGenerationPrompt,
            @Option(names = "--bos", paramLabel = "S", description = "What bos_token is.") @Nullable String bos,
            @Option(names = "--eos", paramLabel = "S", description = "What eos_token is.") @Nullable String eos,
            @Option(names = "--pad", paramLabel = "S", description = "What pad_token is.") @Nullable String pad,
            @Option(
                            names = "--date",
                            paramLabel = "YYYY-MM-DD",
                            description = "What strftime_now formats. Default: today.")
                    @Nullable
                    LocalDate date) {
        if (model != null && template != null) {
            throw new IllegalArgumentException("give --model or --template, not both");
        }
        RenderOptions options = variables.conversation(messages).options().withGenerationPrompt(addGenerationPrompt);
        if (date != null) {
            options = options.at(date.atStartOfDay());
        }
        ChatTemplate chat;
        SpecialStrings own = SpecialStrings.NONE;
        if (template != null) {
            chat = ChatTemplate.parse(
                    Json.withoutMark(Json.exactText(template, LARGEST_TEMPLATE)), template.toString());
        } else {
            Path path = new Wiring()
                    .find(model == null ? Wiring.DEFAULT_MODEL : model)
                    .path();
            chat = ModelLoader.chatTemplate(path)
                    .orElseThrow(() -> new InputException(path + ": has no chat template; give one with --template"));
            try (Tokenizer tokenizer = ModelLoader.tokenizer(path)) {
                own = LanguageModel.templateSpecials(tokenizer);
            }
        }
        SpecialStrings specials =
                own.with("bos_token", bos).with("eos_token", eos).with("pad_token", pad);
        System.out.print(Terminal.shown(chat.render(options.withSpecials(specials))));
        return ExitCode.OK;
    }
}
