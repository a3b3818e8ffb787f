package dev.nla4j.nla.lint;

import dev.nla4j.format.Ranges;
import dev.nla4j.format.StoredTensor;
import dev.nla4j.format.TensorSource;
import dev.nla4j.format.json.Json;
import dev.nla4j.format.safetensors.SafetensorsFile;
import dev.nla4j.format.safetensors.ShardedSafetensors;
import dev.nla4j.model.ModelConfig;
import dev.nla4j.model.Part;
import dev.nla4j.model.WeightNames;
import dev.nla4j.model.WeightShapes;
import dev.nla4j.nla.PairFolder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import tools.jackson.databind.JsonNode;

/// Checks of a half with full weights: configuration, depth, names and shapes.
final class WeightChecks {
    private static final long LARGEST_CONFIG = 8 << 20;
    private static final int SHOWN = 4;
    private static final Pattern LAYER = Pattern.compile("(?:.*\\.)?(?:layers|blk)\\.(\\d{1,6})\\..*");
    private static final Pattern LAYER_LIST = Pattern.compile("layer_types|no_rope_layers|.*layers?_(block_)?types?");
    /// Beside a text tower, or computed from the configuration: nobody misses what is in them.
    private static final Pattern BESIDE =
            Pattern.compile(".*(vision|image|audio|multi_modal|mm_|rotary_emb|inv_freq|rope_freqs).*");

    private final Half half;

    private WeightChecks(Half half) {
        this.half = half;
    }

    static void run(Half half, Rows rows) {
        WeightChecks checks = new WeightChecks(half);
        String name = half.name();
        rows.check(Check.CONFIG, name, checks::config);
        rows.check(Check.LAYER_COUNT, name, checks::layerCount);
        rows.check(Check.LAYER_ARRAYS, name, checks::layerArrays);
        rows.check(Check.WEIGHT_FILES, name, checks::files);
        rows.check(Check.TENSORS, name, checks::tensors);
        if (!half.isVerbalizer()) {
            rows.check(Check.FINAL_NORM, name, checks::finalNorm);
        }
    }

    private Outcome config() {
        Attempt<ModelConfig> config = half.own().config();
        if (config.failed()) {
            return Outcome.fail(
                    config.problem(), "put the model's config.json there, with the family's own field names");
        }
        ModelConfig found = config.need("config");
        return Outcome.ok(found.family().modelType() + ", " + found.numLayers() + " blocks, width " + found.dim());
    }

    private Outcome layerCount() {
        ModelConfig config = half.own().config().need("config.json");
        List<String> problems = new ArrayList<>();
        int blocks = config.numLayers();
        boolean unsaid = half.meta().tree().failed();
        if (!unsaid && half.meta().layer().failed()) {
            problems.add(half.meta().layer().problem());
        } else if (!unsaid) {
            depth(half.meta().layer().need("K"), blocks, problems);
        }
        half.weights().optional().ifPresent(source -> {
            Set<Integer> stored = layers(source);
            Set<Integer> wanted = new TreeSet<>();
            for (int i = 0; i < blocks; i++) {
                wanted.add(i);
            }
            if (!stored.equals(wanted) && !stored.isEmpty()) {
                problems.add("num_hidden_layers is " + blocks + ", the weights have blocks " + Ranges.of(stored));
            }
        });
        if (unsaid && problems.isEmpty()) {
            return Outcome.notRun(
                    blocks + " blocks; needs the sidecar: " + half.meta().tree().problem());
        }
        return Outcome.of(
                problems,
                blocks + " blocks" + (half.isVerbalizer() ? "" : ", K = " + (blocks - 1)),
                half.isVerbalizer()
                        ? "a verbalizer has all of the target's blocks; num_hidden_layers must count them"
                        : "a reconstructor has the target's blocks 0 to K: num_hidden_layers = K + 1, K the sidecar's"
                                + " critic.extraction_layer_index");
    }

    private void depth(OptionalInt layer, int blocks, List<String> problems) {
        if (half.isVerbalizer()) {
            if (layer.isPresent() && layer.getAsInt() >= blocks) {
                problems.add("the sidecar's K is " + layer.getAsInt() + ", the model has only " + blocks + " blocks");
            }
        } else if (layer.isEmpty()) {
            extras(blocks, problems);
        } else if (blocks != layer.getAsInt() + 1) {
            problems.add("num_hidden_layers is " + blocks + ", the sidecar's K is " + layer.getAsInt()
                    + ", which needs K + 1 = " + (layer.getAsInt() + 1));
        }
    }

    /// A released sidecar may have K in the extras of release tools only. Opening it counts the blocks; where the
    /// extras say another number, or nothing says one, nobody knows that no block was cut off.
    private void extras(int blocks, List<String> problems) {
        Optional<Integer> extra = half.meta().otherLayer();
        int counted = PairFolder.layer(OptionalInt.empty(), blocks);
        if (extra.isEmpty()) {
            problems.add("the sidecar says K nowhere (critic.extraction_layer_index); the " + blocks
                    + " blocks would make it " + counted);
        } else if (extra.get() != counted) {
            problems.add("the sidecar's only K, at its top, is " + extra.get() + ", the " + blocks + " blocks make it "
                    + counted);
        }
    }

    /// Indices of the blocks of which a file has tensors.
    static Set<Integer> layers(TensorSource source) {
        Set<Integer> layers = new TreeSet<>();
        for (String name : source.names()) {
            int layer = layer(name);
            if (layer >= 0) {
                layers.add(layer);
            }
        }
        return layers;
    }

    /// Index of the block that a tensor is in; -1 for one that is in none.
    static int layer(String name) {
        Matcher matcher = LAYER.matcher(name);
        return matcher.matches() && !BESIDE.matcher(name).matches() ? Integer.parseInt(matcher.group(1)) : -1;
    }

    private Outcome layerArrays() {
        Path file = half.folder().resolve("config.json");
        if (!Files.exists(file)) {
            throw new Unmet("needs config.json");
        }
        Attempt<JsonNode> read = Attempt.of(() -> Json.read(file, LARGEST_CONFIG));
        JsonNode top = read.need("config.json");
        List<String> problems = new ArrayList<>();
        int lists = 0;
        for (JsonNode node : List.of(top, top.path("text_config"))) {
            int count = node.path("num_hidden_layers")
                    .asInt(top.path("num_hidden_layers").asInt(-1));
            for (Map.Entry<String, JsonNode> field : node.properties()) {
                if (field.getValue().isArray()
                        && !field.getValue().isEmpty()
                        && LAYER_LIST.matcher(field.getKey()).matches()) {
                    lists++;
                    if (count >= 0 && field.getValue().size() != count) {
                        problems.add(field.getKey() + " has " + field.getValue().size()
                                + " entries, num_hidden_layers is " + count);
                    }
                }
            }
        }
        return Outcome.of(
                problems,
                lists == 0 ? "none" : "as long as the model is deep",
                "cut every list that has an entry a block to num_hidden_layers entries");
    }

    private Outcome files() {
        return half.weights().failed() ? unreadable(half) : readable(half);
    }

    private static Outcome unreadable(Half half) {
        return Outcome.fail(
                half.weights().problem(), "copy the weights again, whole, as safetensors, and compare their SHA-256");
    }

    /// Opens every file that holds weights, since an index opens its shards late.
    static Outcome readable(Half half) {
        if (half.weights().failed()) {
            return unreadable(half);
        }
        List<String> problems = new ArrayList<>();
        Set<String> indexed = half.weights().need("weights").names();
        boolean sharded = half.weights().need("weights") instanceof ShardedSafetensors;
        for (Path file : Half.files(half.folder(), ".safetensors")) {
            Attempt<TensorSource> opened = Attempt.of(() -> SafetensorsFile.open(file));
            if (opened.failed()) {
                problems.add(opened.problem());
            } else {
                try (TensorSource shard = opened.need("shard")) {
                    List<String> unlisted = shard.names().stream()
                            .filter(name ->
                                    sharded && file.getFileName().toString().startsWith("model"))
                            .filter(name -> !indexed.contains(name))
                            .limit(SHOWN)
                            .toList();
                    if (!unlisted.isEmpty()) {
                        problems.add(file.getFileName() + " has tensors that the index does not list: " + unlisted);
                    }
                }
            }
        }
        for (String name : sharded ? indexed : Set.<String>of()) {
            Attempt<StoredTensor> stored =
                    Attempt.of(() -> half.weights().need("weights").tensor(name));
            if (stored.failed() && problems.size() < SHOWN) {
                problems.add(stored.problem());
            }
        }
        return Outcome.of(
                problems,
                indexed.size() + " tensors",
                "copy the files again, whole; the index must list every tensor of every shard");
    }

    private Supplier<WeightNames> names() {
        TensorSource source = half.weights().need("the weights");
        ModelConfig config = half.own().config().need("config.json");
        return () -> half.names(source, config.family());
    }

    private Outcome tensors() {
        ModelConfig config = half.own().config().need("config.json");
        TensorSource source = half.weights().need("the weights");
        String mend = "save the weights again with the configuration they were trained with";
        Attempt<WeightNames> names = Attempt.of(names());
        if (names.failed()) {
            return Outcome.fail(names.problem(), mend);
        }
        Map<String, List<Long>> wanted =
                WeightShapes.of(config, names.need("names"), source.names(), half.isVerbalizer());
        List<String> missing = new ArrayList<>();
        List<String> wrong = new ArrayList<>();
        wanted.forEach((name, shape) -> {
            if (!source.names().contains(name)) {
                missing.add(name);
                return;
            }
            Attempt<StoredTensor> stored = Attempt.of(() -> source.tensor(name));
            if (!stored.failed() && !stored.need(name).shape().equals(shape)) {
                wrong.add(name + " is " + stored.need(name).shape() + ", not " + shape);
            } else if (!stored.failed() && !stored.need(name).type().isFloating()) {
                wrong.add(name + " holds " + stored.need(name).type());
            }
        });
        List<String> unread = unread(config, source, names.need("names"), wanted.keySet());
        List<String> problems = new ArrayList<>();
        list("missing", missing, problems);
        list("of the wrong shape or type", wrong, problems);
        list("in a block and never read", unread, problems);
        return Outcome.of(problems, wanted.size() + " tensors as the configuration asks", mend);
    }

    /// Tensors inside the configuration's blocks that nothing reads: the model was made for another algebra.
    private static List<String> unread(ModelConfig config, TensorSource source, WeightNames names, Set<String> wanted) {
        String prefix = names.weight(Part.INPUT_NORM, 0);
        String blocks = prefix.substring(0, prefix.indexOf(".0.") + 1);
        return source.names().stream()
                .filter(name -> name.startsWith(blocks) && !wanted.contains(name))
                .filter(name -> !BESIDE.matcher(name).matches())
                .filter(name -> {
                    Matcher matcher = LAYER.matcher(name);
                    return matcher.matches() && Integer.parseInt(matcher.group(1)) < config.numLayers();
                })
                .toList();
    }

    private static void list(String what, List<String> names, List<String> problems) {
        if (!names.isEmpty()) {
            String more = names.size() > SHOWN ? " and " + (names.size() - SHOWN) + " more" : "";
            problems.add(names.size() + " " + what + ": "
                    + String.join(", ", names.subList(0, Math.min(SHOWN, names.size()))) + more);
        }
    }

    private Outcome finalNorm() {
        TensorSource source = half.weights().need("the weights");
        List<String> norms = source.names().stream()
                .filter(name ->
                        !LAYER.matcher(name).matches() && !BESIDE.matcher(name).matches())
                .filter(name -> name.matches(
                        "(?:.*\\.)?(?:norm|final_norm|output_norm|final_layernorm|ln_f)\\.(?:weight|bias)"))
                .toList();
        List<String> heads = source.names().stream()
                .filter(name -> name.endsWith("lm_head.weight") || name.equals("output.weight"))
                .toList();
        if (!norms.isEmpty() && areDummies(source, norms, heads)) {
            return Outcome.warn(
                    norms.get(0) + " is all ones and " + heads.get(0)
                            + " the identity: the dummies that converters to Megatron want, which nothing here reads",
                    "remove both from the index once it is converted: other programs apply the norm");
        }
        if (!norms.isEmpty()) {
            return Outcome.fail(
                    "the weights hold the final norm, " + norms.get(0),
                    "remove it: the reconstructor reads the residual stream as it is, and whoever loads the norm applies"
                            + " it");
        }
        return heads.isEmpty()
                ? Outcome.ok("none, as it must be")
                : Outcome.warn(
                        "no final norm, but " + heads.get(0) + ", which nothing reads", "remove it to save memory");
    }

    /// A norm of ones and an identity of the norm's width in place of the head, listed in an index beside
    /// the shards.
    private static boolean areDummies(TensorSource source, List<String> norms, List<String> heads) {
        if (!(source instanceof ShardedSafetensors) || norms.size() != 1 || heads.size() != 1) {
            return false;
        }
        return Attempt.of(() -> {
                    long dim = source.tensor(norms.get(0)).elements();
                    return source.tensor(heads.get(0)).shape().equals(List.of(dim, dim))
                            && isOnes(source, norms.get(0))
                            && HeadScan.of(source, heads.get(0), Math.toIntExact(dim))
                                    .isIdentity();
                })
                .optional()
                .orElse(false);
    }

    private static boolean isOnes(TensorSource source, String name) {
        boolean[] ones = {true};
        source.scanF32(name, (values, count) -> {
            for (int i = 0; i < count; i++) {
                ones[0] &= values[i] == 1;
            }
        });
        return ones[0];
    }
}
