package dev.nla4j.activation;

import dev.nla4j.activation.DatasetMeta.ApiSummaries;
import dev.nla4j.activation.DatasetMeta.CorpusSlice;
import dev.nla4j.activation.DatasetMeta.Extraction;
import dev.nla4j.activation.DatasetMeta.PromptTemplates;
import dev.nla4j.activation.DatasetMeta.Provenance;
import dev.nla4j.activation.DatasetMeta.Stage;
import dev.nla4j.format.AtomicFile;
import dev.nla4j.format.FormatException;
import dev.nla4j.format.json.Json;
import dev.nla4j.format.json.Yaml;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/// Reads and writes `{file}.parquet.nla_meta.yaml`.
public final class DatasetSidecar {
    private static final String SUFFIX = ".nla_meta.yaml";
    private static final String BASENAME = "nla_meta.yaml";
    private static final String KIND = "nla_dataset";
    private static final int SCHEMA_VERSION = 1;
    /// A sidecar holds a few prompts; a megabyte is far more than any needs.
    private static final long LARGEST = 1 << 20;

    private DatasetSidecar() {}

    /// Where the sidecar of a data set or checkpoint lies: beside a file, inside a folder.
    ///
    /// @param path of a file, which may end in a slice like `@[0:1000]`, or of a folder, which may not exist yet
    public static Path pathFor(String path) {
        Path file = withoutSlice(path);
        Path name = file.getFileName();
        String last = name == null ? "" : name.toString();
        int dot = last.lastIndexOf('.');
        boolean hasEnding = dot > 0 && dot < last.length() - 1;
        if (Files.isDirectory(file) || (!Files.exists(file) && !hasEnding)) {
            return file.resolve(BASENAME);
        }
        return beside(file);
    }

    /// Where the sidecar of a file lies, whether or not the file is there yet and whatever its name.
    public static Path beside(Path file) {
        Path bare = withoutSlice(file.toString());
        return bare.resolveSibling(bare.getFileName() + SUFFIX);
    }

    /// What names some rows of a file, at its path's end only: a folder may be called so, too.
    private static final Pattern SLICE = Pattern.compile("@\\[[^\\]/]*\\]$");

    private static Path withoutSlice(String path) {
        return Path.of(SLICE.matcher(path).replaceFirst(""));
    }

    /// The sidecar as text, for people.
    public static String text(DatasetMeta meta) {
        return toYaml(meta);
    }

    /// Puts the sidecar in place, whole or not at all.
    public static void write(Path sidecar, DatasetMeta meta) throws IOException {
        AtomicFile.writeString(sidecar, toYaml(meta));
    }

    /// The sidecar's text; keys without a value are left out.
    static String toYaml(DatasetMeta meta) {
        ObjectNode root = Json.mapper().createObjectNode();
        root.put("dataset_id", meta.datasetId());
        root.put("stage", meta.stage().yaml());
        root.put("row_count", meta.rowCount());
        root.set("extraction", extraction(meta.extraction()));
        root.put("kind", KIND);
        root.put("schema_version", SCHEMA_VERSION);
        root.put("keep_debug_metadata", meta.keepDebugMetadata());
        TokenMeta tokens = meta.tokens();
        if (tokens != null) {
            root.set("tokens", tokens(tokens));
        }
        ObjectNode templates = root.putObject("prompt_templates");
        putIfPresent(templates, "actor", meta.promptTemplates().actor());
        putIfPresent(templates, "critic", meta.promptTemplates().critic());
        ApiSummaries api = meta.apiSummaries();
        if (api != null) {
            root.putObject("api_summaries")
                    .put("model", api.model())
                    .put("max_tokens", api.maxTokens())
                    .put("temperature", api.temperature())
                    .put("instruction_prompt", api.instructionPrompt());
        }
        ArrayNode parents = root.putArray("parent_datasets");
        meta.provenance().parentDatasets().forEach(parents::add);
        root.put("created_at", meta.provenance().createdAt());
        root.put("created_by", meta.provenance().createdBy());
        root.put("git_commit", meta.provenance().gitCommit());
        return Yaml.write(root);
    }

    /// Reads a sidecar; keys it does not know are passed over.
    ///
    /// @throws FormatException when it is no data set's sidecar or breaks the schema
    public static DatasetMeta read(Path sidecar) {
        MetaNode root = new MetaNode(sidecar, "", Json.readYaml(sidecar, LARGEST));
        root.require("kind", KIND);
        root.require("schema_version", Integer.toString(SCHEMA_VERSION));
        try {
            return meta(root);
        } catch (IllegalArgumentException e) {
            throw new FormatException(sidecar, -1, "content", String.valueOf(e.getMessage()), e);
        }
    }

    private static DatasetMeta meta(MetaNode root) {
        MetaNode templates = root.objectOrNull("prompt_templates");
        MetaNode tokens = root.objectOrNull("tokens");
        MetaNode api = root.objectOrNull("api_summaries");
        return new DatasetMeta(
                root.text("dataset_id"),
                root.oneOf("stage", Stage.values(), Stage::yaml),
                root.integer("row_count", 0, Long.MAX_VALUE),
                extraction(root.object("extraction")),
                root.flag("keep_debug_metadata", true),
                tokens == null ? null : tokens(tokens),
                templates == null ? PromptTemplates.NONE : templates(templates),
                api == null ? null : apiSummaries(api),
                new Provenance(
                        root.texts("parent_datasets"),
                        root.textOr("created_at", ""),
                        root.textOr("created_by", ""),
                        root.textOr("git_commit", "")));
    }

    private static ObjectNode extraction(Extraction extraction) {
        ObjectNode node = Json.mapper().createObjectNode();
        node.put("base_model", extraction.baseModel());
        node.put("d_model", extraction.dModel());
        node.put("layer_index", extraction.layerIndex());
        node.put("norm", "none");
        node.put("corpus", extraction.corpus());
        node.putObject("corpus_slice")
                .put("start", extraction.corpusSlice().start())
                .put("length", extraction.corpusSlice().length());
        extraction
                .positionsPerDoc()
                .limit()
                .ifPresentOrElse(
                        limit -> node.put("positions_per_doc", limit), () -> node.put("positions_per_doc", "all"));
        Windowing windowing = extraction.windowing();
        if (windowing != null) {
            node.put("window", windowing.window()).put("stride", windowing.stride());
        }
        Integer minPosition = extraction.minPosition();
        if (minPosition != null) {
            node.put("min_position", minPosition);
        }
        return node;
    }

    private static Extraction extraction(MetaNode node) {
        node.require("norm", "none");
        MetaNode slice = node.object("corpus_slice");
        return new Extraction(
                node.text("base_model"),
                (int) node.integer("d_model", 1, Integer.MAX_VALUE),
                (int) node.integer("layer_index", 0, Integer.MAX_VALUE),
                node.text("corpus"),
                new CorpusSlice(slice.integer("start", 0, Long.MAX_VALUE), slice.integer("length", 0, Long.MAX_VALUE)),
                PositionsPerDocument.parse(node.text("positions_per_doc")),
                node.has("window")
                        ? new Windowing((int) node.integer("window", 1, Integer.MAX_VALUE), (int)
                                node.integer("stride", 1, Integer.MAX_VALUE))
                        : null,
                node.has("min_position") ? (int) node.integer("min_position", 0, Integer.MAX_VALUE) : null);
    }

    private static ObjectNode tokens(TokenMeta tokens) {
        ObjectNode node = Json.mapper().createObjectNode();
        node.put("injection_char", tokens.injectionChar());
        node.put("injection_token_id", tokens.injectionTokenId());
        node.put("injection_left_neighbor_id", tokens.injectionLeftNeighborId());
        node.put("injection_right_neighbor_id", tokens.injectionRightNeighborId());
        List<Integer> suffix = tokens.criticSuffixIds();
        if (suffix == null) {
            node.putNull("critic_suffix_ids");
        } else {
            ArrayNode ids = node.putArray("critic_suffix_ids");
            suffix.forEach(ids::add);
        }
        return node;
    }

    private static TokenMeta tokens(MetaNode node) {
        return new TokenMeta(
                node.text("injection_char"),
                (int) node.integer("injection_token_id", 0, Integer.MAX_VALUE),
                (int) node.integer("injection_left_neighbor_id", 0, Integer.MAX_VALUE),
                (int) node.integer("injection_right_neighbor_id", 0, Integer.MAX_VALUE),
                node.idsOrNull("critic_suffix_ids"));
    }

    /// Released files spell the roles `av` and `ar`.
    private static PromptTemplates templates(MetaNode node) {
        return new PromptTemplates(
                node.textOrNull(node.has("av") ? "av" : "actor"), node.textOrNull(node.has("ar") ? "ar" : "critic"));
    }

    private static ApiSummaries apiSummaries(MetaNode node) {
        return new ApiSummaries(
                node.text("model"),
                // The reference writes -1 where it does not know.
                (int) node.integer("max_tokens", -1, Integer.MAX_VALUE),
                node.number("temperature"),
                node.text("instruction_prompt"));
    }

    private static void putIfPresent(ObjectNode node, String key, @Nullable String value) {
        if (value != null) {
            node.put(key, value);
        }
    }
}
