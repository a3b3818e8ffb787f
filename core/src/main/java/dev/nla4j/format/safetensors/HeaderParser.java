package dev.nla4j.format.safetensors;

import dev.nla4j.format.FormatException;
import dev.nla4j.format.StoredType;
import dev.nla4j.format.internal.FileBytes;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.TokenStreamFactory;
import tools.jackson.core.json.JsonFactory;

/// Streams a header's JSON into entries, never holding the text or a tree of it: what a hostile header can make us
/// allocate is bounded by the counts below.
final class HeaderParser {
    /// The largest published checkpoints have some 90 000 tensors in all their shards together.
    static final int MOST_TENSORS = 100_000;
    static final int MOST_METADATA = 10_000;
    /// PyTorch's convolutions have five.
    static final int MOST_DIMENSIONS = 16;
    /// Some trainers store a whole configuration or training log as one metadata value.
    private static final int LONGEST_STRING = 10_000_000;

    private static final String HEADER = "header";
    private static final String METADATA = "__metadata__";
    private static final String DTYPE = "dtype";
    private static final String SHAPE = "shape";
    private static final String OFFSETS = "data_offsets";

    private static final JsonFactory JSON = JsonFactory.builder()
            .streamReadConstraints(StreamReadConstraints.builder()
                    .maxNestingDepth(16)
                    .maxNumberLength(100)
                    .maxStringLength(LONGEST_STRING)
                    .build())
            // names are kept for as long as the file is open, not for as long as this class is
            .disable(TokenStreamFactory.Feature.CANONICALIZE_PROPERTY_NAMES)
            .disable(TokenStreamFactory.Feature.INTERN_PROPERTY_NAMES)
            .build();

    private final FileBytes file;
    private final JsonParser json;
    private final Map<String, Entry> tensors = new LinkedHashMap<>();
    private @Nullable Map<String, String> metadata;
    /// What is being read, for messages.
    private String context = HEADER;

    private HeaderParser(FileBytes file, JsonParser json) {
        this.file = file;
        this.json = json;
    }

    /// What a header says of one tensor, checked for form but not yet against the others.
    ///
    /// @param begin of its bytes, counted from the end of the header
    record Entry(StoredType type, List<Long> shape, long begin, long end) {}

    /// A whole header.
    record Header(Map<String, Entry> tensors, Map<String, String> metadata) {}

    /// Parses the `length` bytes of header that follow the file's first 8.
    static Header parse(FileBytes file, long length) {
        // a reader of our own: from bytes, Jackson would guess at UTF-16 and UTF-32 and let overlong UTF-8 pass
        Reader text = new BufferedReader(new InputStreamReader(
                file.stream(SafetensorsFile.PREFIX, length), StandardCharsets.UTF_8.newDecoder()));
        try (JsonParser json = JSON.createParser(ObjectReadContext.empty(), text)) {
            HeaderParser parser = new HeaderParser(file, json);
            parser.header();
            Map<String, String> metadata = parser.metadata;
            return new Header(parser.tensors, metadata == null ? Map.of() : metadata);
        } catch (JacksonException e) {
            throw new FormatException(
                    file.path(),
                    SafetensorsFile.PREFIX,
                    "header",
                    "is not valid JSON in UTF-8: " + e.getOriginalMessage(),
                    e);
        }
    }

    private void header() {
        json.nextToken();
        expect(JsonToken.START_OBJECT, "", "an object");
        while (json.nextToken() == JsonToken.PROPERTY_NAME) {
            context = json.currentName();
            json.nextToken();
            if (context.equals(METADATA)) {
                metadata();
            } else {
                tensor();
            }
        }
        context = HEADER;
        if (json.nextToken() != null) {
            throw broken("", "has more than one JSON value");
        }
    }

    private void metadata() {
        if (metadata != null) {
            throw broken("", "stands there twice");
        }
        expect(JsonToken.START_OBJECT, "", "an object of strings");
        Map<String, String> found = new LinkedHashMap<>();
        while (json.nextToken() == JsonToken.PROPERTY_NAME) {
            String key = json.currentName();
            json.nextToken();
            expect(JsonToken.VALUE_STRING, key, "a string");
            if (found.putIfAbsent(key, wellFormed(json.getString(), key)) != null) {
                throw broken(key, "stands there twice");
            }
            if (found.size() > MOST_METADATA) {
                throw broken("", "has more than " + MOST_METADATA + " entries");
            }
        }
        metadata = found;
    }

    private void tensor() {
        expect(JsonToken.START_OBJECT, "", "an object with dtype, shape and data_offsets");
        @Nullable StoredType type = null;
        @Nullable List<Long> shape = null;
        @Nullable List<Long> offsets = null;
        while (json.nextToken() == JsonToken.PROPERTY_NAME) {
            String key = json.currentName();
            json.nextToken();
            switch (key) {
                case DTYPE -> type = once(type, DTYPE, dtype());
                case SHAPE -> shape = once(shape, SHAPE, numbers(SHAPE, MOST_DIMENSIONS));
                case OFFSETS -> offsets = once(offsets, OFFSETS, numbers(OFFSETS, 2));
                // the reference ignores what it does not know, too
                default -> json.skipChildren();
            }
        }
        if (type == null || shape == null || offsets == null || offsets.size() != 2) {
            throw broken("", "must have a dtype, a shape and two data_offsets");
        }
        if (tensors.putIfAbsent(context, new Entry(type, shape, offsets.get(0), offsets.get(1))) != null) {
            throw broken("", "stands there twice");
        }
        if (tensors.size() > MOST_TENSORS) {
            context = HEADER;
            throw broken("", "has more than " + MOST_TENSORS + " tensors");
        }
    }

    private StoredType dtype() {
        expect(JsonToken.VALUE_STRING, DTYPE, "a string");
        String dtype = json.getString();
        @Nullable StoredType type = Dtypes.type(dtype);
        if (type == null) {
            throw broken(DTYPE, "is " + dtype + "; what can be read is " + Dtypes.known());
        }
        return type;
    }

    private List<Long> numbers(String field, int most) {
        expect(JsonToken.START_ARRAY, field, "an array of whole numbers");
        List<Long> found = new ArrayList<>(2);
        while (json.nextToken() != JsonToken.END_ARRAY) {
            if (found.size() == most) {
                throw broken(field, "has more than " + most + " numbers");
            }
            found.add(number(field));
        }
        return List.copyOf(found);
    }

    private long number(String field) {
        expect(JsonToken.VALUE_NUMBER_INT, field, "an array of whole numbers");
        String digits = json.getString();
        try {
            if (digits.startsWith("-")) {
                throw broken(field, "has the negative number " + digits);
            }
            return Long.parseLong(digits);
        } catch (NumberFormatException e) {
            throw broken(field, "has the number " + digits + ", which is beyond 63 bits");
        }
    }

    private <T> T once(@Nullable T before, String field, T now) {
        if (before != null) {
            throw broken(field, "stands there twice");
        }
        return now;
    }

    private void expect(JsonToken wanted, String field, String what) {
        if (json.currentToken() != wanted) {
            throw broken(field, "must be " + what + ", was " + json.currentToken());
        }
    }

    /// JSON's escapes can spell half a character, which no UTF-8 file could hold.
    private String wellFormed(String text, String field) {
        if (!StandardCharsets.UTF_8.newEncoder().canEncode(text)) {
            throw broken(field, "has an escape that is half a character");
        }
        return text;
    }

    /// @param field within what is being read, or empty
    private FormatException broken(String field, String problem) {
        long at =
                SafetensorsFile.PREFIX + Math.max(0, json.currentTokenLocation().getCharOffset());
        return new FormatException(file.path(), at, field.isEmpty() ? context : context + "." + field, problem);
    }
}
