package dev.nla4j.tokenizer;

import dev.nla4j.format.FormatException;
import dev.nla4j.format.json.Json;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/// Turns a GGUF file's vocabulary into the `tokenizer.json` that says the same.
final class GgufTokenizerJson {
    private final GgufVocabulary vocabulary;
    private final Path file;
    private final ObjectNode root = Json.mapper().createObjectNode();

    private GgufTokenizerJson(GgufVocabulary vocabulary, Path file) {
        this.vocabulary = vocabulary;
        this.file = file;
    }

    static TokenizerDefinition definition(GgufVocabulary vocabulary, Path file) {
        return new GgufTokenizerJson(vocabulary, file).definition();
    }

    private TokenizerDefinition definition() {
        requireSize("token_type", vocabulary.types().size());
        ObjectNode model = root.putObject("model").put("type", "BPE");
        ObjectNode vocab = model.putObject("vocab");
        for (int id = 0; id < vocabulary.tokens().size(); id++) {
            String token = spelling(id);
            if (vocab.has(token)) {
                throw problem("tokens", "'" + token + "' has two ids, " + vocab.get(token) + " and " + id);
            }
            vocab.put(token, id);
        }
        addedTokens();
        switch (vocabulary.model()) {
            case "gpt2" -> byteLevel(model);
            default -> throw problem("model", "'" + vocabulary.model() + "' isn't supported; supported is gpt2");
        }
        return TokenizerJson.check(file, root, names());
    }

    /// An empty token can't be told from none.
    private String spelling(int id) {
        String token = vocabulary.tokens().get(id);
        return token.isEmpty() ? "[EMPTY_" + id + "]" : token;
    }

    private void addedTokens() {
        ArrayNode added = root.putArray("added_tokens");
        for (int id = 0; id < vocabulary.tokens().size(); id++) {
            int type = vocabulary.type(id);
            boolean special = type == GgufVocabulary.CONTROL || type == GgufVocabulary.UNKNOWN;
            if (special || type == GgufVocabulary.USER_DEFINED) {
                added.addObject()
                        .put("id", id)
                        .put("content", spelling(id))
                        .put("special", special)
                        .put("normalized", false);
            }
        }
    }

    private void byteLevel(ObjectNode model) {
        String name = vocabulary.pre() == null ? "default" : vocabulary.pre();
        WordSplitting splitting = WordSplitting.named(name)
                .orElseThrow(() -> problem(
                        "pre",
                        "'" + name + "' isn't supported; supported are "
                                + String.join(", ", WordSplitting.allNames())));
        ArrayNode merges = model.putArray("merges");
        vocabulary.merges().forEach(merges::add);
        model.put("ignore_merges", splitting.ignoresMerges());
        if (splitting.composes()) {
            root.putObject("normalizer").put("type", "NFC");
        }
        ArrayNode steps =
                root.putObject("pre_tokenizer").put("type", "Sequence").putArray("pretokenizers");
        if (splitting.singleDigits()) {
            steps.addObject().put("type", "Digits").put("individual_digits", true);
        }
        for (String pattern : splitting.patterns()) {
            ObjectNode split = steps.addObject().put("type", "Split").put("behavior", "Isolated");
            split.putObject("pattern").put("Regex", pattern);
        }
        byteLevelStep(steps.addObject());
        byteLevelStep(root.putObject("decoder"));
        template(
                orDefault(vocabulary.specials().addBos(), splitting.addsBos()),
                orDefault(vocabulary.specials().addEos(), false));
    }

    private static void byteLevelStep(ObjectNode step) {
        step.put("type", "ByteLevel")
                .put("add_prefix_space", false)
                .put("trim_offsets", false)
                .put("use_regex", false);
    }

    private void template(boolean addBos, boolean addEos) {
        ObjectNode template = root.putObject("post_processor").put("type", "TemplateProcessing");
        ArrayNode single = template.putArray("single");
        ObjectNode specials = template.putObject("special_tokens");
        if (addBos) {
            templateToken(
                    single, specials, "bos_token_id", vocabulary.specials().bos());
        }
        single.addObject().putObject("Sequence").put("id", "A");
        if (addEos) {
            templateToken(
                    single, specials, "eos_token_id", vocabulary.specials().eos());
        }
    }

    private void templateToken(ArrayNode single, ObjectNode specials, String field, @Nullable Integer id) {
        String token = name(field, id);
        if (token == null || id == null) {
            throw problem(field, "is missing, but the tokenizer adds that token to every text");
        }
        single.addObject().putObject("SpecialToken").put("id", token);
        ObjectNode entry = specials.putObject(token).put("id", token);
        entry.putArray("ids").add(id.intValue());
    }

    private SpecialNames names() {
        GgufVocabulary.Specials specials = vocabulary.specials();
        Set<Integer> stops = new HashSet<>(specials.stops());
        return new SpecialNames(
                name("bos_token_id", specials.bos()),
                name("eos_token_id", specials.eos()),
                name("padding_token_id", specials.pad()),
                name("unknown_token_id", specials.unk()),
                List.of(),
                stops);
    }

    private @Nullable String name(String field, @Nullable Integer id) {
        if (id == null) {
            return null;
        }
        if (id < 0 || id >= vocabulary.tokens().size()) {
            throw problem(
                    field,
                    "is " + id + "; the vocabulary has " + vocabulary.tokens().size() + " tokens");
        }
        return spelling(id);
    }

    private void requireSize(String field, int size) {
        int tokens = vocabulary.tokens().size();
        if (size != 0 && size != tokens) {
            throw problem(field, "has " + size + " entries for " + tokens + " tokens");
        }
    }

    private static boolean orDefault(@Nullable Boolean given, boolean whenAbsent) {
        return given == null ? whenAbsent : given;
    }

    private FormatException problem(String field, String problem) {
        return new FormatException(file, -1, GgufVocabulary.KEY + field, problem);
    }
}
