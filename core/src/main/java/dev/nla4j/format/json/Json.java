package dev.nla4j.format.json;

import dev.nla4j.format.FileProblem;
import dev.nla4j.format.FormatException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.constructor.core.ConstructYamlCoreInt;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.nodes.Tag;
import org.snakeyaml.engine.v2.schema.CoreSchema;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.core.TokenStreamLocation;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.core.json.JsonReadFeature;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/// Reads JSON and YAML from files nobody vouches for.
public final class Json {
    /// Configurations nest three or four deep; tokenizers five.
    private static final int DEEPEST = 64;
    /// Aliases let a small YAML file stand for a huge one: ten of them multiply it by some forty at most.
    private static final int MOST_YAML_ALIASES = 10;
    private static final long MOST_YAML_GROWTH = 50;
    /// Digits, of which any number has few enough to be a finite one.
    private static final int LONGEST_NUMBER = 100;

    private static final StreamReadConstraints CONSTRAINTS = StreamReadConstraints.builder()
            .maxNestingDepth(DEEPEST)
            .maxNumberLength(LONGEST_NUMBER)
            .build();
    private static final ObjectMapper JSON = JsonMapper.builder(
                    JsonFactory.builder().streamReadConstraints(CONSTRAINTS).build())
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .disable(SerializationFeature.ORDER_MAP_ENTRIES_BY_KEYS)
            .build();
    /// Conversations come out of programs in Python, which writes integers of up to 4300 digits (and a
    /// sign), `NaN` and `Infinity`, and, of keys that are there twice, takes the last.
    private static final ObjectMapper CONVERSATIONS = JsonMapper.builder(JsonFactory.builder()
                    .streamReadConstraints(
                            CONSTRAINTS.rebuild().maxNumberLength(4301).build())
                    .enable(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS)
                    .build())
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .disable(SerializationFeature.ORDER_MAP_ENTRIES_BY_KEYS)
            .build();
    private static final LoadSettings YAML = LoadSettings.builder()
            .setAllowDuplicateKeys(false)
            .setAllowRecursiveKeys(false)
            // What Python's yaml means by ~, Null and True.
            .setSchema(new CoreSchema())
            .setMaxAliasesForCollections(MOST_YAML_ALIASES)
            .setTagConstructors(Map.of(Tag.INT, new ConstructYamlCoreInt() {
                /// Longer ones take long to read, and an alias repeats that.
                @Override
                public Object createIntNumber(String number) {
                    if (number.length() > LONGEST_NUMBER) {
                        throw new YamlEngineException("has a whole number of " + number.length() + " digits; at most "
                                + LONGEST_NUMBER + " are read");
                    }
                    return super.createIntNumber(number);
                }
            }))
            .build();

    private static final String BYTE_ORDER_MARK = "\ufeff";

    /// How the library names a place inside of a complaint.
    private static final Pattern SOURCE = Pattern.compile("\\[Source: [^\\]]*?line: (\\d+), column: (\\d+)\\]");

    /// The same where it knows none.
    private static final Pattern NO_SOURCE = Pattern.compile(" ?\\((?:start marker )?(?:at )?\\[Source: [^\\]]*\\]\\)");

    /// The library ends some of its complaints with the method that sets the limit.
    private static final Pattern LIBRARY = Pattern.compile(",? ?from `[\\w.()]+`");

    private Json() {}

    /// For building trees and for writing.
    public static ObjectMapper mapper() {
        return JSON;
    }

    /// Parses a whole JSON file of at most `maxBytes`.
    public static JsonNode read(Path file, long maxBytes) {
        return parse(file, text(file, maxBytes));
    }

    /// Parses a whole YAML file (one document) of at most `maxBytes`.
    public static JsonNode readYaml(Path file, long maxBytes) {
        return parseYaml(file, text(file, maxBytes));
    }

    /// Parses YAML text (one document); `file` is named in errors.
    public static JsonNode parseYaml(Path file, String text) {
        try {
            JsonNode read = whole(file, JSON.valueToTree(new Load(YAML).loadFromString(text)));
            // Aliases of texts are not counted by the library.
            if (characters(read) > MOST_YAML_GROWTH * (text.length() + 1000L)) {
                throw new FormatException(file, -1, "syntax", "names its own texts by aliases until they are too many");
            }
            return read;
        } catch (MarkedYamlEngineException e) {
            String line = e.getProblemMark()
                    .map(mark -> " (line " + (mark.getLine() + 1) + ", column " + (mark.getColumn() + 1) + ")")
                    .orElse("");
            throw new FormatException(file, -1, "syntax", e.getProblem() + line, e);
        } catch (YamlEngineException | JacksonException e) {
            throw new FormatException(file, -1, "syntax", String.valueOf(e.getMessage()), e);
        } catch (IllegalArgumentException e) {
            // The library makes a URI of each tag and lets its complaint through.
            throw new FormatException(file, -1, "syntax", "has a tag that is none: " + e.getMessage(), e);
        } catch (StackOverflowError e) {
            throw new FormatException(file, -1, "syntax", "is nested too deep", e);
        }
    }

    private static long characters(JsonNode node) {
        long own = node.isValueNode() ? node.asString().length() : 0;
        return own + node.values().stream().mapToLong(Json::characters).sum();
    }

    /// Parses JSON text; `file` is named in errors.
    public static JsonNode parse(Path file, String text) {
        return parse(file, text, JSON);
    }

    /// Parses a whole JSON file of at most `maxBytes` that holds a conversation, as Python reads it.
    public static JsonNode readConversation(Path file, long maxBytes) {
        return parseConversation(file, withoutMark(exactText(file, maxBytes)));
    }

    /// Parses JSON text of a conversation, as Python reads it; `file` is named in errors.
    public static JsonNode parseConversation(Path file, String text) {
        return parse(file, text, CONVERSATIONS);
    }

    private static JsonNode parse(Path file, String text, ObjectMapper mapper) {
        try {
            return whole(file, mapper.readTree(text));
        } catch (JacksonException e) {
            TokenStreamLocation at = e.getLocation();
            String line = at == null ? "" : " (line " + at.getLineNr() + ", column " + at.getColumnNr() + ")";
            String problem =
                    LIBRARY.matcher(String.valueOf(e.getOriginalMessage())).replaceAll("");
            String placed = SOURCE.matcher(problem).replaceAll("line $1, column $2");
            throw new FormatException(
                    file, -1, "syntax", NO_SOURCE.matcher(placed).replaceAll("") + line, e);
        }
    }

    /// The content of a UTF-8 text file of at most `maxBytes`, without a byte order mark; malformed UTF-8 is
    /// refused, and so are pipes: a model's or a pair's folder may hold one, and nobody would write into it.
    public static String text(Path file, long maxBytes) {
        FileProblem.requireNoPipe(file);
        return withoutMark(exactText(file, maxBytes));
    }

    /// As [#text], a byte order mark included and of a pipe too: what somebody names on the command line may be one.
    public static String exactText(Path file, long maxBytes) {
        byte[] bytes;
        try (InputStream in = Files.newInputStream(file)) {
            bytes = in.readNBytes(Math.toIntExact(maxBytes + 1));
        } catch (IOException e) {
            throw new FormatException(file, -1, "file", "can't be read: " + FileProblem.reason(e), e);
        }
        if (bytes.length > maxBytes) {
            throw new FormatException(
                    file, maxBytes, "size", "more than the " + maxBytes + " bytes such a file may have");
        }
        return utf8(file, bytes);
    }

    /// A file's text without the byte order mark that some editors put before it.
    public static String withoutMark(String text) {
        return text.startsWith(BYTE_ORDER_MARK) ? text.substring(1) : text;
    }

    /// Strictly decoded UTF-8.
    public static String utf8(Path file, byte[] bytes) {
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
        } catch (CharacterCodingException e) {
            throw new FormatException(file, -1, "text", "is not valid UTF-8", e);
        }
    }

    private static JsonNode whole(Path file, @Nullable JsonNode node) {
        if (node == null || node.isMissingNode()) {
            throw new FormatException(file, -1, "content", "is empty");
        }
        return node;
    }
}
