package dev.nla4j.train;

import dev.nla4j.format.FormatException;
import dev.nla4j.format.Sha256;
import dev.nla4j.format.json.Fields;
import dev.nla4j.format.json.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.regex.Pattern;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/// What a checkpoint's folder holds, written after all of it: `manifest.json`.
///
/// @param configHash sha256 of the resolved configuration
/// @param versions of this program and its libraries, by name
record CheckpointManifest(
        long step, String configHash, Map<String, String> versions, OptionalDouble quality, List<Entry> files) {
    static final String NAME = "manifest.json";
    private static final int FORMAT = 1;
    private static final long LONGEST = 1 << 20;
    private static final Pattern FILE = Pattern.compile("[a-z0-9][a-z0-9.-]{0,99}");
    private static final Pattern SHA256 = Pattern.compile("[0-9a-f]{64}");

    /// One file of the folder.
    record Entry(String name, long bytes, String sha256) {}

    /// Measures the named files of `folder`.
    static List<Entry> measure(Path folder, List<String> names) throws IOException {
        List<Entry> entries = new ArrayList<>();
        for (String name : names) {
            Path file = folder.resolve(name);
            entries.add(new Entry(name, Files.size(file), Sha256.of(file)));
        }
        return entries;
    }

    String toJson() {
        ObjectNode node = Json.mapper().createObjectNode();
        node.put("format", FORMAT);
        node.put("step", step);
        node.put("config_sha256", configHash);
        ObjectNode versionsNode = node.putObject("versions");
        versions.forEach(versionsNode::put);
        quality.ifPresent(value -> node.put("quality", value));
        ArrayNode filesNode = node.putArray("files");
        for (Entry entry : files) {
            filesNode
                    .addObject()
                    .put("name", entry.name())
                    .put("bytes", entry.bytes())
                    .put("sha256", entry.sha256());
        }
        return Json.mapper().writerWithDefaultPrettyPrinter().writeValueAsString(node) + "\n";
    }

    /// Reads the manifest of `folder`; its files are not looked at.
    static CheckpointManifest read(Path folder) {
        Path file = folder.resolve(NAME);
        Fields fields = Fields.of(file, Json.read(file, LONGEST));
        fields.integer("format", FORMAT, FORMAT);
        Map<String, String> versions = new LinkedHashMap<>();
        fields.object("versions")
                .ifPresent(node -> node.node()
                        .properties()
                        .forEach(entry -> versions.put(entry.getKey(), node.requiredText(entry.getKey()))));
        List<Entry> entries = new ArrayList<>();
        for (JsonNode node : fields.array("files").orElseThrow(() -> fields.wrong("files", "is missing"))) {
            Fields entry = new Fields(file, "files", node);
            entries.add(new Entry(
                    matching(entry, "name", FILE),
                    entry.integer("bytes", 0, Long.MAX_VALUE),
                    matching(entry, "sha256", SHA256)));
        }
        if (entries.isEmpty()) {
            throw fields.wrong("files", "is empty");
        }
        return new CheckpointManifest(
                fields.integer("step", 0, Long.MAX_VALUE),
                matching(fields, "config_sha256", SHA256),
                versions,
                fields.has("quality") ? OptionalDouble.of(fields.number("quality")) : OptionalDouble.empty(),
                List.copyOf(entries));
    }

    /// Holds every file of `folder` against size and hash.
    ///
    /// @throws FormatException that names the first file that differs
    void verify(Path folder) throws IOException {
        for (Entry entry : files) {
            Path file = folder.resolve(entry.name());
            if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
                throw new FormatException(file, -1, "file", "is missing");
            }
            long bytes = Files.size(file);
            if (bytes != entry.bytes()) {
                throw new FormatException(
                        file, -1, "size", "is " + bytes + " bytes, the manifest says " + entry.bytes());
            }
            if (!Sha256.of(file).equals(entry.sha256())) {
                throw new FormatException(file, -1, "sha256", "differs from the manifest's");
            }
        }
    }

    private static String matching(Fields fields, String name, Pattern form) {
        String text = fields.requiredText(name);
        if (!form.matcher(text).matches()) {
            throw fields.wrong(name, "must match " + form + ", was \"" + text + "\"");
        }
        return text;
    }
}
