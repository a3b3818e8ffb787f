package dev.nla4j.activation.corpus;

import dev.nla4j.format.FileProblem;
import dev.nla4j.format.FormatException;
import dev.nla4j.format.json.Json;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.TokenStreamLocation;
import tools.jackson.core.json.JsonReadFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectReader;

/// A JSON object a line, with the text in one field, and `doc_id` and `split` where they are known. Blank lines are
/// passed over.
record JsonLines(Path file, String textField) implements DocumentSource {
    /// Room for the longest text with every character escaped, and other fields beside it.
    private static final int LONGEST_LINE = 128 << 20;

    /// Python writes what is no number as `NaN`, which JSON has not: in fields that nobody reads here it
    /// does no harm.
    private static final ObjectReader LINE = Json.mapper().reader().with(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS);

    @Override
    public Reading open() {
        FileProblem.requireNoPipe(file); // it is read more than once
        try {
            return new LineReading(file, textField, new BufferedInputStream(Files.newInputStream(file), 1 << 16));
        } catch (IOException e) {
            throw new FormatException(file, -1, "file", "can't be read: " + FileProblem.reason(e), e);
        }
    }

    @Override
    public List<Path> read() {
        return List.of(file);
    }

    @Override
    public String empty() {
        return "has no documents";
    }

    private static final class LineReading implements Reading {
        private final Path file;
        private final String textField;
        private final InputStream in;
        private byte[] line = new byte[1 << 12];
        private long lineNumber;
        private long lineStart;
        private long offset;

        LineReading(Path file, String textField, InputStream in) {
            this.file = file;
            this.textField = textField;
            this.in = in;
        }

        @Override
        public @Nullable RawDocument next() {
            while (true) {
                int length = readLine();
                if (length < 0) {
                    return null;
                }
                String read = Utf8.decode(file, lineStart, "line " + lineNumber, line, length);
                String text = lineStart == 0 ? Json.withoutMark(read) : read;
                if (!text.isBlank()) {
                    return document(parse(text));
                }
            }
        }

        @Override
        public void close() {
            try {
                in.close();
            } catch (IOException e) {
                throw new FormatException(file, -1, "file", "can't be closed: " + FileProblem.reason(e), e);
            }
        }

        /// The next line's length in `line`, without its end; -1 after the last.
        private int readLine() {
            lineNumber++;
            lineStart = offset;
            int length = 0;
            try {
                for (int b = in.read(); b >= 0; b = in.read()) {
                    offset++;
                    if (b == '\n') {
                        return length;
                    }
                    if (length == LONGEST_LINE) {
                        throw problem("is longer than " + LONGEST_LINE + " bytes");
                    }
                    if (length == line.length) {
                        line = Arrays.copyOf(line, 2 * length);
                    }
                    line[length++] = (byte) b;
                }
            } catch (IOException e) {
                throw new FormatException(file, offset, "file", "can't be read: " + FileProblem.reason(e), e);
            }
            return offset > lineStart ? length : -1;
        }

        private JsonNode parse(String text) {
            JsonNode node;
            try {
                node = LINE.readTree(text);
            } catch (JacksonException e) {
                TokenStreamLocation at = e.getLocation();
                String column = at == null ? "" : " (column " + at.getColumnNr() + ")";
                throw problem("is not valid JSON: " + e.getOriginalMessage() + column);
            }
            if (!node.isObject()) {
                throw problem("is " + kind(node) + ", expected an object");
            }
            return node;
        }

        private RawDocument document(JsonNode node) {
            JsonNode text = node.get(textField);
            if (text == null) {
                throw problem("has no field '" + textField + "', only " + String.join(", ", node.propertyNames()));
            }
            if (!text.isString()) {
                throw problem("field '" + textField + "' is " + kind(text) + ", expected text");
            }
            String content = wellFormed(textField, text.stringValue());
            if (content.length() > Corpus.LONGEST_TEXT) {
                throw problem("field '" + textField + "' is longer than " + Corpus.LONGEST_TEXT
                        + " characters; split it into documents");
            }
            return new RawDocument(name(node, "doc_id"), name(node, "split"), content);
        }

        private @Nullable String name(JsonNode node, String field) {
            JsonNode value = node.get(field);
            if (value == null || value.isNull()) {
                return null;
            }
            if (!value.isString() && !value.isIntegralNumber()) {
                throw problem("field '" + field + "' is " + kind(value) + ", expected text");
            }
            return wellFormed(field, value.asString());
        }

        private String wellFormed(String field, String text) {
            if (!Utf8.isWellFormed(text)) {
                throw problem("field '" + field + "' has half a surrogate pair, which is no character");
            }
            return text;
        }

        private FormatException problem(String problem) {
            return new FormatException(file, lineStart, "line " + lineNumber, problem);
        }

        private static String kind(JsonNode node) {
            return "of type " + node.getNodeType().name().toLowerCase(Locale.ROOT);
        }
    }
}
