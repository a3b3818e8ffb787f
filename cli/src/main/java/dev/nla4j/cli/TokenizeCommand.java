package dev.nla4j.cli;

import dev.nla4j.format.FormatException;
import dev.nla4j.format.json.Json;
import dev.nla4j.model.ModelLoader;
import dev.nla4j.tokenizer.TokenSpan;
import dev.nla4j.tokenizer.Tokenizer;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/// `nla tokenize`: a text's ids and where each stands.
@Command(
        name = "tokenize",
        description = "Show a text's token ids and their places in it, in UTF-16 units.",
        footer = {"", "Example: nla tokenize --model smollm2-135m-instruct --text \"Hello  world\" --json"})
final class TokenizeCommand implements Callable<Integer> {
    @Mixin
    ModelOption model = new ModelOption();

    @Option(names = "--text", paramLabel = "T", description = "The text; may be empty.")
    @Nullable
    String text;

    @Mixin
    TextInput input = new TextInput();

    @Option(names = "--special", description = "Add what the tokenizer adds by itself (BOS, EOS).")
    boolean special;

    @Option(names = "--json", description = "Print one JSON document.")
    boolean json;

    @Override
    public Integer call() {
        String given = input.text(text);
        try (Tokenizer tokenizer =
                ModelLoader.tokenizer(new Wiring().find(model.name).path())) {
            List<TokenSpan> tokens = tokenizer.encode(given, special);
            if (json) {
                System.out.println(document(tokens));
            } else {
                for (TokenSpan token : tokens) {
                    System.out.println(String.format(
                            Locale.ROOT,
                            "%7d  %5d-%-5d %s%s",
                            token.tokenId(),
                            token.start(),
                            token.end(),
                            FormatException.escaped(token.token()),
                            token.special() ? "  (special)" : ""));
                }
            }
            return ExitCode.OK;
        }
    }

    private static ObjectNode document(List<TokenSpan> spans) {
        ObjectNode node = Json.mapper().createObjectNode();
        ArrayNode ids = node.putArray("ids");
        ArrayNode tokens = node.putArray("tokens");
        for (TokenSpan token : spans) {
            ids.add(token.tokenId());
            tokens.addObject()
                    .put("token_id", token.tokenId())
                    .put("token", token.token())
                    .put("start", token.start())
                    .put("end", token.end())
                    .put("special", token.special());
        }
        return node;
    }
}
