package dev.nla4j.hub;

import dev.nla4j.format.AtomicFile;
import dev.nla4j.format.FormatException;
import dev.nla4j.format.InputException;
import dev.nla4j.format.json.Json;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/// What is known of a model in the store. It is written last: a model without a manifest does not exist.
///
/// @param ref the reference it was brought by, in its canonical form
/// @param source which source delivered it
/// @param revision commit or version at the source, or empty
/// @param licence as the source states it, or empty
/// @param created when
/// @param files every file of the model
public record Manifest(
        String ref, String source, String revision, String licence, Instant created, List<StoredFile> files) {
    private static final int FORMAT = 1;
    private static final long LARGEST = 16 << 20;
    static final int MOST_FILES = 10_000;

    public Manifest {
        files = List.copyOf(files);
        if (files.isEmpty() || files.size() > MOST_FILES) {
            throw new InputException("a model has 1 to " + MOST_FILES + " files, not " + files.size());
        }
        Set<String> names = new HashSet<>();
        for (StoredFile file : files) {
            if (!names.add(file.name().toLowerCase(Locale.ROOT))) {
                throw new InputException("two files of the model are called " + file.name());
            }
        }
    }

    /// Bytes of all files together.
    public long size() {
        return files.stream().mapToLong(StoredFile::size).sum();
    }

    void write(Path file) throws IOException {
        ObjectNode root = Json.mapper().createObjectNode();
        root.put("format", FORMAT)
                .put("ref", ref)
                .put("source", source)
                .put("revision", revision)
                .put("licence", licence)
                .put("created", created.toString());
        ArrayNode list = root.putArray("files");
        for (StoredFile stored : files) {
            list.addObject()
                    .put("name", stored.name())
                    .put("size", stored.size())
                    .put("sha256", stored.sha256())
                    .put("modified", stored.modified());
        }
        AtomicFile.writeString(file, root.toPrettyString() + "\n");
    }

    /// Reads what [#write] wrote; anything else is a [FormatException].
    static Manifest read(Path file) {
        JsonNode root = Json.read(file, LARGEST);
        if (number(file, root, "format") != FORMAT) {
            throw new FormatException(
                    file, -1, "format", "is " + root.get("format") + ", this version reads " + FORMAT);
        }
        if (!root.path("files").isArray()) {
            throw new FormatException(file, -1, "files", "is missing or not a list");
        }
        List<StoredFile> files = new ArrayList<>();
        try {
            for (JsonNode entry : root.path("files")) {
                files.add(new StoredFile(
                        text(file, entry, "name"),
                        number(file, entry, "size"),
                        text(file, entry, "sha256"),
                        number(file, entry, "modified")));
            }
            return new Manifest(
                    text(file, root, "ref"),
                    text(file, root, "source"),
                    text(file, root, "revision"),
                    text(file, root, "licence"),
                    Instant.parse(text(file, root, "created")),
                    files);
        } catch (FormatException e) {
            throw e;
        } catch (InputException e) {
            throw new FormatException(file, -1, "files", String.valueOf(e.getMessage()), e);
        } catch (DateTimeParseException e) {
            throw new FormatException(file, -1, "created", "is not an instant in ISO 8601", e);
        }
    }

    private static String text(Path file, JsonNode node, String field) {
        JsonNode value = node.path(field);
        if (!value.isString()) {
            throw new FormatException(file, -1, field, "is missing or not a text");
        }
        return value.stringValue();
    }

    private static long number(Path file, JsonNode node, String field) {
        JsonNode value = node.path(field);
        if (!value.isIntegralNumber() || !value.canConvertToLong()) {
            throw new FormatException(file, -1, field, "is missing or not a whole number");
        }
        return value.longValue();
    }
}
