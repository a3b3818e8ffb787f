package dev.nla4j.cli;

import dev.nla4j.chat.RenderOptions;
import dev.nla4j.nla.Explainer;
import dev.nla4j.nla.ExplanationJson;
import dev.nla4j.nla.Positions;
import dev.nla4j.nla.TextTokens;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalDouble;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// `nla explain`: the main job.
@Command(
        name = "explain",
        description =
                "Explain a text's activations in words, with the score of each reconstruction and the controls beside it.",
        footer = {"", "Example: nla explain \"The capital of France is\" --at last --samples 2"})
final class ExplainCommand implements Callable<Integer> {
    @Parameters(arity = "0..1", paramLabel = "TEXT", description = "Raw text to explain.")
    @Nullable
    String text;

    @Mixin
    TextInput input = new TextInput();

    @Option(
            names = "--chat",
            paramLabel = "F.json",
            description = "Explain a conversation: a JSON array of messages, or an object with them as \"messages\".")
    @Nullable
    Path chat;

    @Mixin
    TemplateVariables variables = new TemplateVariables();

    @Option(
            names = "--at",
            paramLabel = "last|all|N,N|every:N",
            description =
                    "Tokens to explain, counted from 0, negative from the end. Default: all up to 64 tokens, else every"
                            + " n/64-th.")
    @Nullable
    String at;

    @Mixin
    SamplingOptions sampling = new SamplingOptions();

    @Mixin
    PairOptions.Explaining pair = new PairOptions.Explaining();

    @Mixin
    DTypeOption dtype = new DTypeOption();

    @Mixin
    RawvarOption rawvar = new RawvarOption();

    @Option(names = "--json", description = "Print one JSON document.")
    boolean json;

    @Override
    public Integer call() {
        if (chat != null && (text != null || input.file != null)) {
            throw new IllegalArgumentException("give a text, --file or --chat, one of them");
        }
        Explainer.Options options = sampling.options();
        OptionalDouble denominator = rawvar.rawvar();
        Positions wanted = Positions.parse(at);
        RenderOptions conversation =
                chat == null ? null : variables.conversationOfRoles(chat).options();
        String raw = "";
        if (conversation == null) {
            variables.requireNone();
            raw = input.text(text);
        }
        if (conversation == null && raw.isEmpty()) {
            throw new dev.nla4j.format.InputException(
                    "the text is empty: there is no token whose activation could be explained");
        }
        Wiring wiring = new Wiring();
        try (PairSession session = wiring.session(pair, dtype.dtype())) {
            TextTokens tokens = conversation == null
                    ? TextTokens.ofText(session.tokenizer(), raw)
                    : TextTokens.ofConversation(
                            session.tokenizer(),
                            session.chatTemplate(),
                            conversation.withSpecials(session.templateSpecials()));
            TextTokens used = session.fitting("the text", tokens);
            List<Integer> positions = wanted.in(used.size());
            Explainer explainer = new Explainer(session.stages(), denominator);
            Explainer.Report report = explainer.explain(used.ids(), positions, options, wiring.progress());
            if (json) {
                System.out.println(ExplanationJson.of(report, used, session.stages(), options.seed()));
            } else {
                new ExplanationView(Terminal.current(), System.out).show(report, used, session.stages(), options);
            }
            return ExitCode.OK;
        }
    }
}
