package dev.nla4j.tokenizer;

import dev.nla4j.format.FormatException;
import dev.nla4j.format.json.Json;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/// Turns a GGUF file's vocabulary into the `tokenizer.json` that says the same.
final class GgufTokenizerJson {
    private static final String SPACE = "▁";
    /// Tokens that keep the spaces after them where others swallow them.
    private static final Set<String> NEVER_STRIP = Set.of("<unk>", "<s>", "<|endoftext|>");

    private final GgufVocabulary vocabulary;
    private final Path file;
    private final GgufVocabulary.Specials specials;
    private final ObjectNode root = Json.mapper().createObjectNode();

    private GgufTokenizerJson(GgufVocabulary vocabulary, Path file) {
        this.vocabulary = vocabulary;
        this.file = file;
        int tokens = vocabulary.tokens().size();
        GgufVocabulary.Specials given = vocabulary.specials().within(tokens);
        this.specials = vocabulary.model().equals("llama") ? withDefaults(given).within(tokens) : given;
    }

    static TokenizerDefinition definition(GgufVocabulary vocabulary, Path file) {
        return new GgufTokenizerJson(vocabulary, file).definition();
    }

    private TokenizerDefinition definition() {
        requireSize("token_type", vocabulary.types().size(), false);
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
            case "llama" -> sentencePiece(model);
            default ->
                throw problem("model", "'" + vocabulary.model() + "' isn't supported; supported are gpt2, llama");
        }
        return TokenizerJson.check(file, root, names()).withUnused(unused());
    }

    /// Rows that the converter has spelled `[PAD151665]` and the like, so that each row has a token.
    private Set<Integer> unused() {
        Set<Integer> unused = new HashSet<>();
        for (int id = 0; id < vocabulary.types().size(); id++) {
            if (vocabulary.type(id) == GgufVocabulary.UNUSED) {
                unused.add(id);
            }
        }
        return unused;
    }

    /// SentencePiece's own ids, which files may leave out.
    private static GgufVocabulary.Specials withDefaults(GgufVocabulary.Specials given) {
        Map<String, Integer> named = new HashMap<>(Map.of("bos_token", 1, "eos_token", 2, "unk_token", 0));
        named.putAll(given.named());
        return new GgufVocabulary.Specials(named, given.stops(), given.addBos(), given.addEos());
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
            if (isAdded(type)) {
                added.addObject()
                        .put("id", id)
                        .put("content", spelling(id))
                        .put("special", type != GgufVocabulary.USER_DEFINED)
                        .put("rstrip", vocabulary.stripsAfterSpecials() && !NEVER_STRIP.contains(spelling(id)))
                        .put("normalized", false);
            }
        }
    }

    private static boolean isAdded(int type) {
        return type == GgufVocabulary.CONTROL || type == GgufVocabulary.UNKNOWN || type == GgufVocabulary.USER_DEFINED;
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
        ArrayNode steps = steps("pre_tokenizer", "pretokenizers");
        if (splitting.singleDigits()) {
            steps.addObject().put("type", "Digits").put("individual_digits", true);
        }
        for (String pattern : splitting.patterns()) {
            ObjectNode split = steps.addObject().put("type", "Split").put("behavior", "Isolated");
            split.putObject("pattern").put("Regex", pattern);
        }
        byteLevelStep(steps.addObject());
        byteLevelStep(root.putObject("decoder"));
        template(orDefault(specials.addBos(), splitting.addsBos()), orDefault(specials.addEos(), false));
    }

    private static void byteLevelStep(ObjectNode step) {
        step.put("type", "ByteLevel")
                .put("add_prefix_space", false)
                .put("trim_offsets", false)
                .put("use_regex", false);
    }

    /// Spaces become [#SPACE], one of which goes before every piece of text where the vocabulary wants it so;
    /// characters that are no token become bytes.
    private void sentencePiece(ObjectNode model) {
        requireSize("token_type", vocabulary.types().size(), true);
        requireSize("scores", vocabulary.scores().size(), true);
        ArrayNode merges = model.putArray("merges");
        for (SentencePieceMerges.Merge merge : SentencePieceMerges.of(vocabulary, file)) {
            merges.addArray().add(merge.left()).add(merge.right());
        }
        model.put("byte_fallback", true).put("fuse_unk", true).put("unk_token", name(specials.id("unk_token")));
        boolean prefix = orDefault(vocabulary.addSpacePrefix(), true);
        ArrayNode normalizers = steps("normalizer", "normalizers");
        if (prefix) {
            normalizers.addObject().put("type", "Prepend").put("prepend", SPACE);
        }
        replace(normalizers.addObject(), " ", SPACE);
        ArrayNode decoders = steps("decoder", "decoders");
        replace(decoders.addObject(), SPACE, " ");
        decoders.addObject().put("type", "ByteFallback");
        decoders.addObject().put("type", "Fuse");
        if (prefix) {
            decoders.addObject()
                    .put("type", "Strip")
                    .put("content", " ")
                    .put("start", 1)
                    .put("stop", 0);
        }
        template(orDefault(specials.addBos(), true), orDefault(specials.addEos(), false));
    }

    private ArrayNode steps(String field, String list) {
        return root.putObject(field).put("type", "Sequence").putArray(list);
    }

    private static void replace(ObjectNode step, String pattern, String content) {
        step.put("type", "Replace").put("content", content).putObject("pattern").put("String", pattern);
    }

    private void template(boolean addBos, boolean addEos) {
        ObjectNode template = root.putObject("post_processor").put("type", "TemplateProcessing");
        ArrayNode single = template.putArray("single");
        ObjectNode tokens = template.putObject("special_tokens");
        if (addBos) {
            templateToken(single, tokens, "bos_token_id", specials.id("bos_token"));
        }
        single.addObject().putObject("Sequence").put("id", "A");
        if (addEos) {
            templateToken(single, tokens, "eos_token_id", specials.id("eos_token"));
        }
    }

    private void templateToken(ArrayNode single, ObjectNode tokens, String field, @Nullable Integer id) {
        String token = name(id);
        if (token == null || id == null) {
            throw problem(field, "is missing, but the tokenizer adds that token to every text");
        }
        single.addObject().putObject("SpecialToken").put("id", token);
        ObjectNode entry = tokens.putObject(token).put("id", token);
        entry.putArray("ids").add(id.intValue());
    }

    /// Begin and end become special by being named. For other uses files name ordinary tokens, too, which
    /// stay so: Ollama's Llama 3 names `!` as its unknown token.
    private SpecialNames names() {
        Map<String, SpecialNames.Name> named = new LinkedHashMap<>();
        for (String use : GgufVocabulary.USES) {
            Integer id = specials.id(use);
            boolean end = use.equals("bos_token") || use.equals("eos_token");
            if (id != null && (end || isAdded(vocabulary.type(id)))) {
                named.put(use, new SpecialNames.Name(spelling(id), null));
            }
        }
        return new SpecialNames(named, List.of(), Set.copyOf(specials.stops()), List.of());
    }

    private @Nullable String name(@Nullable Integer id) {
        return id == null ? null : spelling(id);
    }

    private void requireSize(String field, int size, boolean required) {
        int tokens = vocabulary.tokens().size();
        if (size != tokens && (required || size != 0)) {
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
