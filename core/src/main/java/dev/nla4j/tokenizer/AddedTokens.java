package dev.nla4j.tokenizer;

import dev.nla4j.format.json.Json;
import java.nio.file.Path;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import tools.jackson.databind.node.ObjectNode;

/// Tokens that are cut out of a text before anything else happens to it: those of a `tokenizer.json`, and
/// what the files beside it change of them or add.
final class AddedTokens {
    static final int LONGEST = 1000;
    private static final int MOST = 1 << 16;
    /// All added tokens become one automaton, which takes some hundred bytes a character.
    private static final int MOST_CHARACTERS = 1 << 21;

    private final Path file;
    private final Vocabulary vocabulary;
    private final int modelSize;
    private final Set<Integer> specials = new HashSet<>();
    /// By id, in the order in which the library shall add them.
    private final Map<Integer, ObjectNode> tokens = new LinkedHashMap<>();

    private int characters;
    private int largest = -1;

    /// @param file is named in errors about tokens that no file says
    /// @param vocabulary the model's own, to which these tokens are added
    AddedTokens(Path file, Vocabulary vocabulary) {
        this.file = file;
        this.vocabulary = vocabulary;
        this.modelSize = vocabulary.size();
    }

    /// How a token is cut out of a text.
    private record Flags(boolean singleWord, boolean lstrip, boolean rstrip, boolean normalized, boolean special) {
        /// A special token that is only named.
        static final Flags OF_NAMED = new Flags(false, false, false, false, true);

        static Flags of(JsonField token, boolean special) {
            return new Flags(
                    token.get("single_word").flag(false),
                    token.get("lstrip").flag(false),
                    token.get("rstrip").flag(false),
                    token.get("normalized").flag(!special),
                    special);
        }

        void write(ObjectNode token) {
            token.put("single_word", singleWord)
                    .put("lstrip", lstrip)
                    .put("rstrip", rstrip)
                    .put("normalized", normalized)
                    .put("special", special);
        }
    }

    /// Reads the tokenizer's own list.
    void own(JsonField list) {
        for (JsonField field : list.absent() ? List.<JsonField>of() : list.items(MOST)) {
            String content = field.get("content").nonEmptyText(LONGEST);
            int id = field.get("id").integer(0, Vocabulary.LARGEST_ID);
            int assigned = nextId(content);
            if (assigned != id) {
                throw field.problem("token '" + content + "' has the id " + id + " but would get " + assigned
                        + ": ids after the model's vocabulary must follow it without a gap");
            }
            ObjectNode before = tokens.get(id);
            ObjectNode token = token(id, content, flags(field));
            if (before == null) {
                add(field, id, token);
            } else if (!before.equals(token)) {
                throw field.problem("token '" + content + "' is added twice, with different flags");
            }
        }
    }

    /// Adds a token of another file's list under the next id, or changes what is said of one that is there;
    /// what was special stays so.
    void configured(JsonField field) {
        String content = field.get("content").text(LONGEST);
        if (content.isEmpty()) {
            return; // as the library does
        }
        int id = nextId(content);
        ObjectNode known = tokens.get(id);
        if (known == null) {
            add(field, id, token(id, content, flags(field)));
            return;
        }
        boolean special = specials.contains(id);
        flags(field).write(known);
        if (special) {
            known.put("special", true);
        } else if (known.get("special").booleanValue()) {
            specials.add(id);
        }
    }

    /// Makes a token special that a file names as such; one that isn't among these is added, under the next
    /// id if the model hasn't it either.
    SpecialTokens.Special named(SpecialNames.Name name) {
        SpecialTokens.Special special = extra(name);
        ObjectNode token = tokens.get(special.id());
        if (token != null && specials.add(special.id())) {
            token.put("special", true);
        }
        return special;
    }

    /// The same for a token without a name of its own, which stays as it is when it is among these.
    SpecialTokens.Special extra(SpecialNames.Name name) {
        String content = name.token();
        int id = nextId(content);
        if (!tokens.containsKey(id)) {
            JsonField place = name.place() == null ? new JsonField(file, content, null) : name.place();
            boolean plain = place.get("content").absent();
            Flags flags = plain ? Flags.OF_NAMED : Flags.of(place, true);
            add(place, id, token(id, content, flags));
        }
        return new SpecialTokens.Special(id, content);
    }

    boolean contains(int id) {
        return tokens.containsKey(id);
    }

    /// Ids of those that are special.
    Set<Integer> specials() {
        return specials;
    }

    /// As they are written.
    Collection<ObjectNode> json() {
        return tokens.values();
    }

    private static Flags flags(JsonField token) {
        return Flags.of(token, token.get("special").flag(false));
    }

    /// The id that the library gives an added token.
    private int nextId(String content) {
        Integer known = vocabulary.id(content);
        return known == null ? Math.max(largest + 1, modelSize) : known;
    }

    private static ObjectNode token(int id, String content, Flags flags) {
        ObjectNode token = Json.mapper().createObjectNode().put("id", id).put("content", content);
        flags.write(token);
        return token;
    }

    private void add(JsonField field, int id, ObjectNode token) {
        String content = token.get("content").stringValue();
        characters += content.length();
        if (characters > MOST_CHARACTERS || tokens.size() == MOST) {
            throw field.problem("is one added token too many: they are over " + MOST_CHARACTERS
                    + " characters in all, or over " + MOST);
        }
        largest = Math.max(largest, id);
        if (vocabulary.id(content) == null) {
            vocabulary.add(field.file(), field.path(), content, id);
        }
        if (token.get("special").booleanValue()) {
            specials.add(id);
        }
        tokens.put(id, token);
    }
}
