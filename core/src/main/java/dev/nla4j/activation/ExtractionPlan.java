package dev.nla4j.activation;

import dev.nla4j.activation.ExtractionSettings.Target;
import dev.nla4j.activation.corpus.Corpus;
import dev.nla4j.activation.corpus.Document;
import dev.nla4j.activation.corpus.Documents;
import dev.nla4j.format.FormatException;
import dev.nla4j.format.json.Json;
import dev.nla4j.progress.Progress;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/// How an extraction's work is cut into shards, fixed before the first is computed.
///
/// Making the plan reads the whole corpus once: a broken line at its end is found before hours of
/// computing, and the hash tells a resumed run that the documents are still the same.
///
/// @param shards how many documents each shard has, in the corpus' order
/// @param description what a resumed run must have in common with the first
record ExtractionPlan(List<Integer> shards, long documents, String corpusHash, ObjectNode description) {
    private static final int VERSION = 1;
    /// Some thousand tokens each: a kill costs seconds of work, and batches still find windows of similar length.
    private static final int SHARD_CHARACTERS = 1 << 16;
    private static final int SHARD_DOCUMENTS = 256;

    ExtractionPlan {
        shards = List.copyOf(shards);
    }

    static ExtractionPlan of(ExtractionSettings settings, Corpus corpus, Progress progress) {
        var digest = new CorpusDigest();
        List<Integer> shards = new ArrayList<>();
        long documents = 0;
        int inShard = 0;
        long characters = 0;
        try (Documents all = corpus.documents()) {
            for (Document document = all.next(); document != null; document = all.next()) {
                digest.add(document);
                documents++;
                inShard++;
                characters += document.text().length();
                if (characters >= SHARD_CHARACTERS || inShard == SHARD_DOCUMENTS) {
                    shards.add(inShard);
                    inShard = 0;
                    characters = 0;
                }
                progress.report("read corpus", documents, -1, "documents");
            }
        }
        if (inShard > 0) {
            shards.add(inShard);
        }
        progress.report("read corpus", documents, documents, "documents");
        String hash = digest.hex();
        return new ExtractionPlan(shards, documents, hash, describe(settings, corpus, documents, hash));
    }

    /// What differs between this plan and the one a run was started with, each as `key: then → now`.
    List<String> differences(JsonNode stored) {
        var keys = new TreeSet<String>(stored.propertyNames());
        keys.addAll(description.propertyNames());
        List<String> differences = new ArrayList<>();
        for (String key : keys) {
            JsonNode then = stored.path(key);
            JsonNode now = description.path(key);
            if (!then.asString("").equals(now.asString(""))) {
                differences.add(key + ": " + shown(then) + " → " + shown(now));
            }
        }
        return differences;
    }

    private static String shown(JsonNode value) {
        return value.isMissingNode() || value.isNull() ? "none" : FormatException.printable(value.asString(""));
    }

    private static ObjectNode describe(ExtractionSettings settings, Corpus corpus, long documents, String hash) {
        Target target = settings.target();
        PositionSampler sampler = settings.sampler();
        Windowing windowing = settings.windowing();
        ObjectNode node = Json.mapper().createObjectNode();
        node.put("plan_version", VERSION);
        node.put("created_by", settings.createdBy());
        node.put("model", target.model());
        node.put("fingerprint", target.fingerprint());
        node.put("layer", target.layer());
        node.put("dimension", target.dimension());
        node.put("seed", sampler.seed());
        node.put("min-position", sampler.minPosition());
        node.put("per-doc", sampler.perDocument().toString());
        node.put("window", windowing == null ? "none" : Integer.toString(windowing.window()));
        node.put("stride", windowing == null ? "none" : Integer.toString(windowing.stride()));
        node.put("max-length", settings.maxLength());
        node.put("batch-tokens", settings.batchTokens());
        node.put("corpus", corpus.name());
        node.put("split", corpus.split());
        node.put("documents", documents);
        node.put("corpus-sha256", hash);
        return node;
    }
}
