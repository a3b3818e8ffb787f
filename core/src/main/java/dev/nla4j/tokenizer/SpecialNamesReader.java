package dev.nla4j.tokenizer;

import dev.nla4j.format.FormatException;
import dev.nla4j.format.json.Json;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/// Reads what the files beside a `tokenizer.json` say of special and added tokens, each with the weight
/// that transformers 5 gives it: `special_tokens_map.json` and `added_tokens.json` are older versions' and
/// count only where `tokenizer_config.json` has no `added_tokens_decoder`; there the map goes before the
/// configuration.
final class SpecialNamesReader {
    private static final long LARGEST_CONFIG = 8L << 20;
    private static final int MOST_SPECIALS = 1 << 16;
    /// In the order in which they are added.
    private static final List<String> STANDARD =
            List.of("bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token");

    private static final String ADDED = "added_tokens_decoder";
    private static final String EXTRA = "extra_special_tokens";
    private static final String EXTRA_OLD = "additional_special_tokens";

    private final Path folder;
    private final JsonField tokenizer;
    private final JsonField config;
    private final JsonField map;

    private SpecialNamesReader(Path folder, JsonField tokenizer) {
        this.folder = folder;
        this.tokenizer = tokenizer;
        this.config = optional(folder, "tokenizer_config.json");
        this.map = config.get(ADDED).absent() ? optional(folder, "special_tokens_map.json") : JsonField.missing(folder);
    }

    /// What the files of `folder` say; none of them must be there.
    ///
    /// @param tokenizer the `tokenizer.json`
    static SpecialNames read(Path folder, JsonField tokenizer) {
        return new SpecialNamesReader(folder, tokenizer).read();
    }

    private SpecialNames read() {
        JsonField split = config.get("split_special_tokens");
        if (split.flag(false)) {
            throw split.problem(
                    "is true: special tokens in a text would be cut up like other words, which can't be done"
                            + " here; take it out, then they keep their own ids (texts without any are read the same)");
        }
        Map<String, SpecialNames.Name> named = new LinkedHashMap<>();
        for (String use : STANDARD) {
            put(named, use, inMapOrConfig(use));
        }
        Extra extra = extra();
        Set<String> special = Stream.concat(
                        named.values().stream().map(SpecialNames.Name::token),
                        extra.current().stream().map(SpecialNamesReader::token).filter(Objects::nonNull))
                .collect(Collectors.toSet());
        putOwn(named, map);
        putOwn(named, config);
        for (JsonField uses : extra.named()) {
            uses.object().propertyNames().forEach(use -> put(named, use, uses.get(use)));
        }
        List<SpecialNames.Name> unnamed = new ArrayList<>();
        for (JsonField field : extra.all()) {
            String token = token(field);
            if (token != null) {
                unnamed.add(new SpecialNames.Name(token, field));
            }
        }
        return new SpecialNames(
                named,
                unnamed,
                stops(optional(folder, "generation_config.json").get("eos_token_id")),
                config.get(ADDED).absent() ? oldAdded(special) : byId(config.get(ADDED)));
    }

    /// Special tokens without one of the standard uses.
    ///
    /// @param current under the current name; those under the older one aren't special to
    ///     `added_tokens.json`
    /// @param all those, or where that name doesn't stand, the older name's
    /// @param named objects of tokens by use
    private record Extra(List<JsonField> current, List<JsonField> all, List<JsonField> named) {}

    private Extra extra() {
        JsonField inConfig = config.get(EXTRA);
        JsonField old = config.get(EXTRA_OLD);
        if (old.json() != null && (inConfig.json() == null || inConfig.json().isEmpty())) {
            inConfig = old;
            old = JsonField.missing(folder);
        }
        if (map.get(EXTRA_OLD).json() != null) {
            old = map.get(EXTRA_OLD);
        }
        JsonField inMap = map.get(EXTRA);
        List<JsonField> named = Stream.of(inConfig, inMap)
                .filter(field -> field.json() != null && field.json().isObject())
                .toList();
        boolean replaced = named.contains(inMap);
        List<JsonField> current = new ArrayList<>();
        for (JsonField field : List.of(inConfig, inMap)) {
            if (!field.absent() && !named.contains(field) && !replaced) {
                current.addAll(field.items(MOST_SPECIALS));
            }
        }
        boolean hasCurrent = !replaced && Stream.of(inConfig, inMap).anyMatch(JsonField::isList);
        return new Extra(current, hasCurrent || old.absent() ? current : old.items(MOST_SPECIALS), named);
    }

    /// Tokens with a use of this model's own (`image_token`).
    private static void putOwn(Map<String, SpecialNames.Name> named, JsonField file) {
        if (file.json() == null) {
            return;
        }
        for (String use : file.json().propertyNames()) {
            JsonNode value = file.json().get(use);
            boolean token = value.isString() || (value.isObject() && value.has("content"));
            if (use.endsWith("_token") && token && !STANDARD.contains(use)) {
                put(named, use, file.get(use));
            }
        }
    }

    private static void put(Map<String, SpecialNames.Name> named, String use, JsonField field) {
        String token = token(field);
        if (token == null) {
            named.remove(use);
        } else {
            named.put(use, new SpecialNames.Name(token, field));
        }
    }

    private JsonField inMapOrConfig(String use) {
        return map.get(use).json() == null ? config.get(use) : map.get(use);
    }

    /// A token given as a string, or as an object with its content; an empty one is none.
    private static @Nullable String token(JsonField field) {
        if (field.absent()) {
            return null;
        }
        JsonField content = field.get("content");
        String token = content.absent() ? field.text(AddedTokens.LONGEST) : content.text(AddedTokens.LONGEST);
        return token.isEmpty() ? null : token;
    }

    /// Added tokens in the order of their ids.
    private static List<JsonField> byId(JsonField field) {
        SortedMap<Integer, JsonField> byId = new TreeMap<>();
        for (String id : field.object().propertyNames()) {
            if (!id.matches("\\d{1,9}") || byId.size() == MOST_SPECIALS) {
                throw field.problem("must have ids as its names, at most " + MOST_SPECIALS + "; has "
                        + FormatException.printable(id));
            }
            byId.put(Integer.valueOf(id), field.get(id));
        }
        return List.copyOf(byId.values());
    }

    /// The tokens of `added_tokens.json`, which says ids alone, in their order; where an id is in the
    /// tokenizer's own list, that says which token it is.
    private List<JsonField> oldAdded(Set<String> special) {
        JsonField ids = optional(folder, "added_tokens.json");
        if (ids.json() == null) {
            return List.of();
        }
        SortedMap<Integer, JsonField> byId = new TreeMap<>();
        for (String token : ids.object().propertyNames()) {
            ObjectNode node =
                    Json.mapper().createObjectNode().put("content", token).put("special", special.contains(token));
            byId.put(
                    ids.get(token).integer(0, Vocabulary.LARGEST_ID),
                    new JsonField(ids.file(), FormatException.printable(token), node));
        }
        JsonField own = tokenizer.get("added_tokens");
        for (JsonField token : own.absent() ? List.<JsonField>of() : own.items(MOST_SPECIALS)) {
            byId.put(token.get("id").integer(0, Vocabulary.LARGEST_ID), token);
        }
        return List.copyOf(byId.values());
    }

    /// One id or a list of them.
    private static Set<Integer> stops(JsonField field) {
        Set<Integer> stops = new HashSet<>();
        if (!field.absent()) {
            for (JsonField id : field.isList() ? field.items(MOST_SPECIALS) : List.of(field)) {
                stops.add(id.integer(Integer.MIN_VALUE, Integer.MAX_VALUE));
            }
        }
        return stops;
    }

    private static JsonField optional(Path folder, String name) {
        Path file = folder.resolve(name);
        if (!Files.isRegularFile(file)) {
            return JsonField.missing(file);
        }
        JsonField root = JsonField.root(file, Json.read(file, LARGEST_CONFIG));
        root.object();
        return root;
    }
}
