package dev.nla4j.train.sft;

import dev.nla4j.format.AtomicFile;
import dev.nla4j.format.FormatException;
import dev.nla4j.format.json.Json;
import dev.nla4j.generate.Completion;
import dev.nla4j.nla.Verbalizer;
import dev.nla4j.progress.Progress;
import dev.nla4j.tensor.Rng;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/// Texts that the verbalizer wrote itself, at temperature 1: what a reconstructor will have to read. Drawn once before
/// the training and kept in a file, so that a run that goes on learns from the same ones.
///
/// @param train by row of the training set; rows that are not there keep their gold text
/// @param heldOut by row of the held-out set, of rows spread over it
public record OwnSamples(Map<Integer, String> train, Map<Integer, String> heldOut) {
    /// A reconstructor that learns from gold texts alone.
    public static final OwnSamples NONE = new OwnSamples(Map.of(), Map.of());

    private static final int MOST_HELD_OUT = 192;
    /// Tokens of a text, the tags around it included: as many as the longest gold text has, in these bounds. A text
    /// that
    /// is cut off would teach that explanations have no end.
    private static final int LEAST_TOKENS = 96;

    private static final int MOST_TOKENS = 1024;
    private static final int TAGS = 16;
    /// Rows that are written between two reports.
    private static final int CHUNK = 128;
    /// Keeps the choice of rows apart from other random choices of the same seed.
    private static final long CHOICE = -7;

    private static final long LARGEST_FILE = 1L << 30;

    public OwnSamples {
        train = Map.copyOf(train);
        heldOut = Map.copyOf(heldOut);
    }

    /// What the texts depend on: a file of other texts is not taken.
    ///
    /// @param verbalizer hash of its weights
    /// @param share of training rows, 0 to 1
    public record Origin(String verbalizer, String data, String heldOut, double share, long seed) {
        private ObjectNode json() {
            return Json.mapper()
                    .createObjectNode()
                    .put("verbalizer", verbalizer)
                    .put("data", data)
                    .put("held_out", heldOut)
                    .put("held_out_rows", "spread")
                    .put("share", share)
                    .put("seed", seed);
        }
    }

    /// The texts in `file` when they are of this origin.
    ///
    /// @param trainRows of the data, which every text must belong to
    /// @param heldOutRows of the held-out data
    public static Optional<OwnSamples> read(Path file, Origin origin, int trainRows, int heldOutRows)
            throws IOException {
        if (!Files.exists(file)) {
            return Optional.empty();
        }
        JsonNode root = Json.read(file, LARGEST_FILE);
        if (!root.path("origin").toString().equals(origin.json().toString())) {
            return Optional.empty();
        }
        return Optional.of(
                new OwnSamples(texts(file, root, "train", trainRows), texts(file, root, "held_out", heldOutRows)));
    }

    private static Map<Integer, String> texts(Path file, JsonNode root, String key, int rows) {
        if (!root.path(key).isObject()) {
            throw new FormatException(file, -1, key, "must be an object of texts by row");
        }
        Map<Integer, String> texts = new TreeMap<>();
        for (Map.Entry<String, JsonNode> entry : root.path(key).properties()) {
            if (!entry.getKey().matches("0|[1-9][0-9]{0,8}") || Integer.parseInt(entry.getKey()) >= rows) {
                throw new FormatException(
                        file,
                        -1,
                        key,
                        "must have numbers of " + rows + " rows as keys, has \"" + entry.getKey() + "\"");
            }
            if (!entry.getValue().isString()) {
                throw new FormatException(file, -1, key + "." + entry.getKey(), "must be a text");
            }
            texts.put(Integer.valueOf(entry.getKey()), entry.getValue().stringValue());
        }
        return texts;
    }

    /// Draws the texts and keeps them in `file`.
    public static OwnSamples draw(
            Verbalizer verbalizer, Examples data, Examples heldOut, Origin origin, Path file, Progress progress)
            throws IOException {
        List<Integer> chosen = new ArrayList<>();
        for (int row = 0; row < data.rows().size(); row++) {
            if (Rng.uniform(origin.seed(), CHOICE, row) < origin.share()) {
                chosen.add(row);
            }
        }
        List<Verbalizer.Task> tasks = new ArrayList<>();
        chosen.forEach(row -> tasks.add(new Verbalizer.Task(data.rows().get(row).activation(), row)));
        int[] measured = heldOut.spread(MOST_HELD_OUT);
        for (int row : measured) {
            // Numbers of their own: a held-out row is no training row.
            tasks.add(new Verbalizer.Task(heldOut.rows().get(row).activation(), -1L - row));
        }
        int gold = data.rows().stream()
                .mapToInt(row -> verbalizer.tokens(row.explanation()))
                .max()
                .orElse(0);
        int most = Math.clamp(gold + TAGS, LEAST_TOKENS, MOST_TOKENS);
        List<String> texts = texts(verbalizer, tasks, most, origin.seed(), progress);
        Map<Integer, String> train = new TreeMap<>();
        for (int i = 0; i < chosen.size(); i++) {
            // Nothing written is nothing to learn from.
            if (!texts.get(i).isBlank()) {
                train.put(chosen.get(i), texts.get(i));
            }
        }
        Map<Integer, String> held = new TreeMap<>();
        for (int i = 0; i < measured.length; i++) {
            held.put(measured[i], texts.get(chosen.size() + i));
        }
        OwnSamples samples = new OwnSamples(train, held);
        samples.write(file, origin);
        return samples;
    }

    private static List<String> texts(
            Verbalizer verbalizer, List<Verbalizer.Task> tasks, int most, long seed, Progress progress) {
        List<String> texts = new ArrayList<>();
        for (int from = 0; from < tasks.size(); from += CHUNK) {
            List<Verbalizer.Task> part = tasks.subList(from, Math.min(tasks.size(), from + CHUNK));
            int before = from;
            for (Completion written : verbalizer.complete(
                    part,
                    new Verbalizer.Options(1, seed, most),
                    done -> progress.report("write own samples", before + (long) done, tasks.size(), "texts"))) {
                texts.add(verbalizer.read(written).description());
            }
        }
        return texts;
    }

    private void write(Path file, Origin origin) throws IOException {
        ObjectNode root = Json.mapper().createObjectNode();
        root.set("origin", origin.json());
        put(root.putObject("train"), train);
        put(root.putObject("held_out"), heldOut);
        AtomicFile.writeString(file, root + "\n");
    }

    private static void put(ObjectNode node, Map<Integer, String> texts) {
        new TreeMap<>(texts).forEach((row, text) -> node.put(row.toString(), text));
    }
}
