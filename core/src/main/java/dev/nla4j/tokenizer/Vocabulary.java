package dev.nla4j.tokenizer;

import dev.nla4j.format.FormatException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Tokens by id and ids by token, each once.
final class Vocabulary {
    /// Largest id allowed: known vocabularies end at some 300,000, and ids index arrays.
    static final int LARGEST_ID = (1 << 22) - 1;

    private final Map<String, Integer> ids = new HashMap<>();
    private final List<@Nullable String> tokens = new ArrayList<>();

    /// Adds a token; refuses an id or a token that is taken, `file` and `field` saying where it stands.
    void add(Path file, String field, String token, int id) {
        while (tokens.size() <= id) {
            tokens.add(null);
        }
        String other = tokens.get(id);
        if (other != null) {
            throw new FormatException(
                    file, -1, field, "id " + id + " of token '" + token + "' is also the id of '" + other + "'");
        }
        Integer before = ids.put(token, id);
        if (before != null) {
            throw new FormatException(file, -1, field, "token '" + token + "' has two ids, " + before + " and " + id);
        }
        tokens.set(id, token);
    }

    @Nullable
    Integer id(String token) {
        return ids.get(token);
    }

    /// The token of `id`, or null when no token has it.
    @Nullable
    String token(int id) {
        return id < 0 || id >= tokens.size() ? null : tokens.get(id);
    }

    int size() {
        return ids.size();
    }

    int maxId() {
        return tokens.size() - 1;
    }
}
