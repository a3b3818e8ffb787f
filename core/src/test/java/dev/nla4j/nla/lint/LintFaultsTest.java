package dev.nla4j.nla.lint;

import static org.assertj.core.api.Assertions.assertThat;

import dev.nla4j.format.json.Json;
import dev.nla4j.nla.lint.TinyPair.Kind;
import dev.nla4j.nla.lint.TinyPair.Values;
import dev.nla4j.progress.Progress;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.node.ObjectNode;

/// Every fault, planted in a sound pair of every family, fails in its own row.
class LintFaultsTest {
    private static final String BLOCK = "model.layers.1.";

    @TempDir
    static Path folder;

    private static final Map<Kind, TinyPair> SOUND = new EnumMap<>(Kind.class);

    /// Spoils a pair.
    private interface Planting {
        void spoil(TinyPair pair) throws IOException;
    }

    private record Fault(String name, Check check, String half, List<Kind> kinds, Planting planting) {}

    @BeforeAll
    static void write() throws IOException {
        for (Kind kind : Kind.values()) {
            SOUND.put(kind, TinyPair.write(folder.resolve("sound-" + kind), kind));
        }
    }

    private static Fault fault(String name, Check check, String half, Planting planting) {
        return new Fault(name, check, half, List.of(Kind.values()), planting);
    }

    private static Fault fault(String name, Check check, String half, List<Kind> kinds, Planting planting) {
        return new Fault(name, check, half, kinds, planting);
    }

    private static List<Fault> sidecars() {
        return List.of(
                fault("a sidecar is missing", Check.SIDECAR, "ar", p -> Files.delete(p.ar("nla_meta.yaml"))),
                fault(
                        "a sidecar is no YAML",
                        Check.SIDECAR,
                        "av",
                        p -> Files.writeString(p.av("nla_meta.yaml"), "role: [")),
                fault(
                        "a sidecar is of a data set",
                        Check.SIDECAR,
                        "av",
                        p -> p.sidecar("av", s -> s.put("kind", "nla_dataset"))),
                fault("a sidecar is of another role", Check.ROLE, "ar", p -> p.sidecar("ar", s -> s.put("role", "av"))),
                fault("a sidecar is of no role", Check.ROLE, "av", p -> p.sidecar("av", s -> s.put("role", "judge"))),
                fault(
                        "the width is another model's",
                        Check.WIDTH,
                        "av",
                        p -> p.sidecar("av", s -> s.put("d_model", 17))),
                fault(
                        "the injection scale is missing",
                        Check.INJECTION_SCALE,
                        "av",
                        p -> p.sidecar("av", "extraction", e -> e.remove("injection_scale"))),
                fault(
                        "the injection scale is raw",
                        Check.INJECTION_SCALE,
                        "av",
                        p -> p.sidecar("av", "extraction", e -> e.put("injection_scale", "raw"))),
                fault(
                        "the injection scale is beyond fp32",
                        Check.INJECTION_SCALE,
                        "av",
                        p -> p.sidecar("av", "extraction", e -> e.put("injection_scale", 1e300))),
                fault(
                        "the injection scale's square is beyond fp32",
                        Check.INJECTION_SCALE,
                        "av",
                        p -> p.sidecar("av", "extraction", e -> e.put("injection_scale", 1e38))),
                fault(
                        "the injection scale is no norm of any model",
                        Check.INJECTION_SCALE,
                        "av",
                        p -> p.sidecar("av", "extraction", e -> e.put("injection_scale", 1e8))),
                fault(
                        "the injection scale is nothing",
                        Check.INJECTION_SCALE,
                        "av",
                        p -> p.sidecar("av", "extraction", e -> e.put("injection_scale", 1e-9))),
                fault(
                        "the FVE denominator is zero",
                        Check.RAWVAR,
                        "ar",
                        p -> p.sidecar("ar", s -> s.put("rawvar", 0.0))),
                fault(
                        "the FVE denominator is negative",
                        Check.RAWVAR,
                        "ar",
                        p -> p.sidecar("ar", s -> s.put("rawvar", -1))),
                fault(
                        "the FVE denominator is no number",
                        Check.RAWVAR,
                        "ar",
                        p -> p.sidecar("ar", s -> s.put("rawvar", Double.NaN))),
                fault(
                        "the FVE denominator is infinite",
                        Check.RAWVAR,
                        "ar",
                        p -> p.sidecar("ar", s -> s.put("rawvar", Double.POSITIVE_INFINITY))),
                fault(
                        "the injection scale is negative",
                        Check.INJECTION_SCALE,
                        "av",
                        p -> p.sidecar("av", "extraction", e -> e.put("injection_scale", -150))),
                fault(
                        "the injection scale stands in mse_scale",
                        Check.INJECTION_SCALE,
                        "av",
                        p -> p.sidecar(
                                "av",
                                "extraction",
                                e -> e.putNull("injection_scale").put("mse_scale", 150))),
                fault("the injection scale stands in the AR's sidecar", Check.INJECTION_SCALE, "ar", p -> {
                    p.sidecar("av", "extraction", e -> e.putNull("injection_scale"));
                    p.sidecar("ar", "extraction", e -> e.put("injection_scale", 150));
                }),
                fault(
                        "the injection scale in the AR's sidecar is not the AV's",
                        Check.INJECTION_SCALE,
                        "ar",
                        List.of(Kind.LLAMA),
                        p -> {
                            p.sidecar("ar", "extraction", e -> e.put("injection_scale", 149));
                        }),
                fault(
                        "the injection scale stands in the AR's mse_scale",
                        Check.INJECTION_SCALE,
                        "ar",
                        p -> p.sidecar("ar", "extraction", e -> e.put("mse_scale", 150.0))),
                fault(
                        "mse_scale is no number",
                        Check.MSE_SCALE,
                        "ar",
                        p -> p.sidecar("ar", "extraction", e -> e.put("mse_scale", "loud"))),
                fault(
                        "the FVE denominator is impossible",
                        Check.RAWVAR,
                        "ar",
                        p -> p.sidecar("ar", s -> s.put("rawvar", 3))),
                fault(
                        "an AR lacks a neighbour of its marker",
                        Check.SIDECAR,
                        "ar",
                        List.of(Kind.LLAMA),
                        p -> p.sidecar("ar", "tokens", t -> t.remove("injection_left_neighbor_id"))),
                fault(
                        "an AV's mse_scale is zero",
                        Check.SIDECAR,
                        "av",
                        List.of(Kind.LLAMA),
                        p -> p.sidecar("av", "extraction", e -> e.put("mse_scale", 0))),
                fault(
                        "an AV's mse_scale is no number",
                        Check.SIDECAR,
                        "av",
                        List.of(Kind.LLAMA),
                        p -> p.sidecar("av", "extraction", e -> e.put("mse_scale", "loud"))),
                fault(
                        "an AV's FVE denominator is impossible",
                        Check.SIDECAR,
                        "av",
                        List.of(Kind.LLAMA),
                        p -> p.sidecar("av", s -> s.put("rawvar", 7))),
                fault(
                        "the base file of full weights has no name",
                        Check.SIDECAR,
                        "av",
                        List.of(Kind.LLAMA),
                        p -> p.sidecar("av", s -> s.putObject("base_file").put("sha256", "ab".repeat(32)))),
                fault(
                        "the base file of full weights has no digest",
                        Check.SIDECAR,
                        "ar",
                        List.of(Kind.LLAMA),
                        p -> p.sidecar(
                                "ar",
                                s -> s.putObject("base_file").put("name", "b").put("sha256", "ab"))),
                fault(
                        "an AV has a broken template of the AR",
                        Check.SIDECAR,
                        "av",
                        List.of(Kind.LLAMA),
                        p -> p.template("av", false, "{explanation}", "")),
                fault(
                        "an AR has a broken template of the AV",
                        Check.SIDECAR,
                        "ar",
                        List.of(Kind.LLAMA),
                        p -> p.template("ar", true, "{injection_char}", "")),
                fault(
                        "the base is named by a number, beside another fault",
                        Check.SIDECAR,
                        "ar",
                        List.of(Kind.LLAMA),
                        p -> {
                            p.sidecar("ar", s -> s.put("base_checkpoint", 7).put("rawvar", 7));
                        }),
                fault(
                        "a half is missing",
                        Check.FOLDER,
                        "pair",
                        p -> delete(p.folder().resolve("ar"))));
    }

    private static List<Fault> prompts() {
        return List.of(
                fault(
                        "the marker is two tokens",
                        Check.MARKER_TOKEN,
                        "av",
                        p -> p.sidecar("av", "tokens", t -> t.put("injection_char", "xqzj"))),
                fault(
                        "the marker's id is another token's",
                        Check.MARKER_TOKEN,
                        "av",
                        p -> p.sidecar("av", "tokens", t -> t.put("injection_token_id", 1499))),
                fault(
                        "the marker is missing",
                        Check.MARKER_TOKEN,
                        "av",
                        p -> p.sidecar("av", "tokens", t -> t.remove("injection_char"))),
                fault(
                        "the template has no marker",
                        Check.MARKER_IN_PROMPT,
                        "av",
                        p -> p.template("av", true, "{injection_char}", "")),
                fault(
                        "the template has the marker twice",
                        Check.MARKER_IN_PROMPT,
                        "av",
                        p -> p.template("av", true, "{injection_char}", "{injection_char}{injection_char}")),
                fault("the template spells the marker out once more", Check.MARKER_IN_PROMPT, "av", p -> {
                    String marker = Json.readYaml(p.av("nla_meta.yaml"), 1 << 20)
                            .path("tokens")
                            .path("injection_char")
                            .stringValue();
                    p.template("av", true, "Please", marker + " Please");
                }),
                fault(
                        "the marker stands at the template's edge",
                        Check.MARKER_IN_PROMPT,
                        "av",
                        p -> p.sidecar(
                                "av",
                                s -> s.putObject("prompt_templates").put("av", "{injection_char}</concept> explain"))),
                fault("the marker is the prompt's last token", Check.MARKER_IN_PROMPT, "av", p -> {
                    p.sidecar(
                            "av", s -> s.putObject("prompt_templates").put("av", "explain <concept>{injection_char}"));
                    Files.writeString(p.av("chat_template.jinja"), "{{ bos_token }}{{ messages[0].content }}");
                }),
                fault(
                        "the left neighbour has drifted",
                        Check.NEIGHBOURS,
                        "av",
                        p -> p.sidecar("av", "tokens", t -> t.put("injection_left_neighbor_id", 77))),
                fault(
                        "the right neighbour has drifted with the template",
                        Check.NEIGHBOURS,
                        "av",
                        p -> p.template("av", true, "{injection_char}<", "{injection_char} <")),
                fault(
                        "a neighbour is missing",
                        Check.NEIGHBOURS,
                        "av",
                        p -> p.sidecar("av", "tokens", t -> t.remove("injection_right_neighbor_id"))),
                fault(
                        "the chat template is missing",
                        Check.CHAT_TEMPLATE,
                        "av",
                        p -> Files.delete(p.av("chat_template.jinja"))),
                fault(
                        "the chat template refuses",
                        Check.CHAT_TEMPLATE,
                        "av",
                        p -> Files.writeString(p.av("chat_template.jinja"), "{{ raise_exception('no') }}")),
                fault(
                        "the chat template is none",
                        Check.CHAT_TEMPLATE,
                        "av",
                        p -> Files.writeString(p.av("chat_template.jinja"), "{% for")),
                fault(
                        "the AR's template has no place for the explanation",
                        Check.EXPLANATION_SLOT,
                        "ar",
                        p -> p.template("ar", false, "{explanation}", "")),
                fault(
                        "the AR's template is missing",
                        Check.EXPLANATION_SLOT,
                        "ar",
                        p -> p.sidecar("ar", s -> s.putObject("prompt_templates"))),
                fault(
                        "the suffix ids have drifted",
                        Check.SUFFIX_IDS,
                        "ar",
                        p -> p.sidecar(
                                "ar",
                                "tokens",
                                t -> t.putArray("critic_suffix_ids").add(17).add(99))),
                fault(
                        "the suffix has drifted with the template",
                        Check.SUFFIX_IDS,
                        "ar",
                        p -> p.template("ar", false, "<summary>", "<summaries>")),
                fault(
                        "BOS is missing in the AV",
                        Check.BOS,
                        "av",
                        List.of(Kind.GEMMA3, Kind.LLAMA),
                        p -> replace(p.av("chat_template.jinja"), "bos_token", "''")),
                fault(
                        "BOS is doubled in the AV",
                        Check.BOS,
                        "av",
                        List.of(Kind.GEMMA3, Kind.LLAMA),
                        p -> Files.writeString(
                                p.av("chat_template.jinja"),
                                "{{ bos_token }}" + Files.readString(p.av("chat_template.jinja")))),
                fault(
                        "BOS is missing in the AR",
                        Check.BOS,
                        "ar",
                        List.of(Kind.GEMMA3, Kind.LLAMA),
                        p -> TinyPair.json(p.ar("tokenizer.json"), t -> t.putNull("post_processor"))),
                fault(
                        "BOS is switched off in the AR",
                        Check.BOS,
                        "ar",
                        List.of(Kind.GEMMA3, Kind.LLAMA),
                        p -> TinyPair.json(p.ar("tokenizer_config.json"), t -> t.put("add_bos_token", false))),
                fault("BOS is doubled in the AR", Check.BOS, "ar", List.of(Kind.GEMMA3, Kind.LLAMA), p -> {
                    String bos = Json.read(p.ar("tokenizer_config.json"), 1 << 20)
                            .path("bos_token")
                            .stringValue();
                    p.template("ar", false, "Summary", bos + "Summary");
                }),
                fault("the tokenizer is missing", Check.TOKENIZER, "ar", p -> Files.delete(p.ar("tokenizer.json"))),
                fault("the tokenizer is damaged", Check.TOKENIZER, "av", p -> truncate(p.av("tokenizer.json"))),
                fault(
                        "the AR pads on the left",
                        Check.TOKENIZER,
                        "ar",
                        p -> TinyPair.json(p.ar("tokenizer_config.json"), t -> t.put("padding_side", "left"))),
                fault(
                        "the AR's tokenizer adds an end",
                        Check.TOKENIZER,
                        "ar",
                        p -> TinyPair.json(p.ar("tokenizer_config.json"), t -> t.put("add_eos_token", true))),
                fault(
                        "a neighbour is beyond the vocabulary",
                        Check.TOKEN_IDS,
                        "av",
                        p -> p.sidecar("av", "tokens", t -> t.put("injection_left_neighbor_id", 99_999))),
                fault(
                        "the tokenizer is larger than the embedding table",
                        Check.TOKEN_IDS,
                        "av",
                        p -> TinyPair.json(p.av("config.json"), c -> c.put("vocab_size", 1000))));
    }

    private static List<Fault> weights() {
        return List.of(
                fault("config.json is missing", Check.CONFIG, "av", p -> Files.delete(p.av("config.json"))),
                fault(
                        "the family is unknown",
                        Check.CONFIG,
                        "ar",
                        p -> TinyPair.json(p.ar("config.json"), c -> c.put("model_type", "mamba"))),
                fault(
                        "K is nowhere in the sidecar",
                        Check.LAYER_COUNT,
                        "ar",
                        p -> p.sidecar("ar", s -> s.remove("critic"))),
                fault(
                        "the only K, an extra at the top, is not the blocks'",
                        Check.LAYER_COUNT,
                        "ar",
                        p -> p.sidecar("ar", s -> {
                            s.remove("critic");
                            s.put("extraction_layer_index", TinyPair.K + 1);
                        })),
                fault(
                        "K in the sidecar is one too high",
                        Check.LAYER_COUNT,
                        "ar",
                        p -> p.sidecar("ar", s -> s.putObject("critic").put("extraction_layer_index", TinyPair.K + 1))),
                fault(
                        "K in the sidecar is one too low",
                        Check.LAYER_COUNT,
                        "ar",
                        p -> p.sidecar("ar", s -> s.putObject("critic").put("num_hidden_layers", TinyPair.K - 1))),
                fault("K is missing", Check.LAYER_COUNT, "ar", p -> p.sidecar("ar", s -> s.remove("critic"))),
                fault(
                        "num_hidden_layers is K",
                        Check.LAYER_COUNT,
                        "ar",
                        p -> TinyPair.json(p.ar("config.json"), c -> c.put("num_hidden_layers", TinyPair.K))),
                fault(
                        "the AR keeps a block too many",
                        Check.LAYER_COUNT,
                        "ar",
                        p -> TinyPair.tensors(p.ar("model.safetensors"), all -> block(all, 4, 0))),
                fault(
                        "lists of the configuration are not cut",
                        Check.LAYER_ARRAYS,
                        "ar",
                        p -> TinyPair.json(p.ar("config.json"), c -> {
                            var types = c.putArray("layer_types");
                            for (int i = 0; i < 6; i++) {
                                types.add("full_attention");
                            }
                        })),
                fault(
                        "the weights are missing",
                        Check.WEIGHT_FILES,
                        "av",
                        p -> Files.delete(p.av("model.safetensors"))),
                fault("the weights are cut off", Check.WEIGHT_FILES, "ar", p -> truncate(p.ar("model.safetensors"))),
                fault("a shard is missing", Check.WEIGHT_FILES, "av", p -> {
                    p.shard("av");
                    Files.delete(p.av("model-00002-of-00002.safetensors"));
                }),
                fault("a shard is cut off", Check.WEIGHT_FILES, "ar", p -> {
                    p.shard("ar");
                    truncate(p.ar("model-00002-of-00002.safetensors"));
                }),
                fault("the index leaves a tensor out", Check.TENSORS, "av", p -> {
                    p.shard("av");
                    TinyPair.json(
                            p.av("model.safetensors.index.json"),
                            i -> ((ObjectNode) i.path("weight_map")).remove(BLOCK + "mlp.down_proj.weight"));
                }),
                fault(
                        "a tensor is missing",
                        Check.TENSORS,
                        "av",
                        p -> TinyPair.tensors(
                                p.av("model.safetensors"), all -> all.remove(BLOCK + "self_attn.o_proj.weight"))),
                fault(
                        "the AV's final norm is missing",
                        Check.TENSORS,
                        "av",
                        p -> TinyPair.tensors(p.av("model.safetensors"), all -> all.remove("model.norm.weight"))),
                fault(
                        "a tensor has another shape",
                        Check.TENSORS,
                        "ar",
                        p -> TinyPair.tensors(
                                p.ar("model.safetensors"),
                                all -> all.put(
                                        BLOCK + "mlp.up_proj.weight", new Values(List.of(1L, 16L), new float[16])))),
                fault(
                        "a tensor is of another algebra",
                        Check.TENSORS,
                        "ar",
                        p -> TinyPair.tensors(
                                p.ar("model.safetensors"),
                                all -> all.put(
                                        BLOCK + "self_attn.o_proj.bias", new Values(List.of(16L), new float[16])))),
                fault(
                        "the final norm is left in",
                        Check.FINAL_NORM,
                        "ar",
                        p -> TinyPair.tensors(
                                p.ar("model.safetensors"),
                                all -> all.put("model.norm.weight", new Values(List.of(16L), filled(16, 1))))),
                fault(
                        "a final norm that is no dummy is left in the index",
                        Check.FINAL_NORM,
                        "ar",
                        List.of(Kind.LLAMA),
                        p -> {
                            p.shard("ar");
                            p.dummies(1.5f);
                        }),
                fault(
                        "a weight is NaN",
                        Check.FINITE,
                        "av",
                        p -> TinyPair.tensors(
                                p.av("model.safetensors"),
                                all -> numbers(all, BLOCK + "mlp.up_proj.weight")[100] = Float.NaN)),
                fault(
                        "a norm is infinite",
                        Check.FINITE,
                        "ar",
                        p -> TinyPair.tensors(
                                p.ar("model.safetensors"),
                                all -> numbers(all, BLOCK + "input_layernorm.weight")[3] = Float.NEGATIVE_INFINITY)),
                fault(
                        "the value head is NaN",
                        Check.FINITE,
                        "ar",
                        p -> TinyPair.tensors(
                                p.ar("value_head.safetensors"), all -> numbers(all, "weight")[7] = Float.NaN)),
                fault(
                        "half the AR's embedding is zero",
                        Check.WEIGHTS_WHOLE,
                        "ar",
                        p -> TinyPair.tensors(
                                p.ar("model.safetensors"),
                                all -> Arrays.fill(numbers(all, "model.embed_tokens.weight"), 0, 768 * 16, 0))),
                fault(
                        "the head is zero",
                        Check.WEIGHTS_WHOLE,
                        "av",
                        List.of(Kind.QWEN2, Kind.LLAMA),
                        p -> TinyPair.tensors(
                                p.av("model.safetensors"), all -> Arrays.fill(numbers(all, "lm_head.weight"), 0))),
                fault(
                        "a norm is zero",
                        Check.WEIGHTS_WHOLE,
                        "ar",
                        List.of(Kind.QWEN2, Kind.LLAMA),
                        p -> TinyPair.tensors(
                                p.ar("model.safetensors"),
                                all -> Arrays.fill(numbers(all, BLOCK + "input_layernorm.weight"), 0))),
                fault(
                        "half a norm is zero",
                        Check.WEIGHTS_WHOLE,
                        "av",
                        List.of(Kind.QWEN2, Kind.LLAMA),
                        p -> TinyPair.tensors(
                                p.av("model.safetensors"),
                                all -> Arrays.fill(numbers(all, BLOCK + "input_layernorm.weight"), 0, 8, 0))),
                fault(
                        "half a matrix is zero",
                        Check.WEIGHTS_WHOLE,
                        "ar",
                        p -> TinyPair.tensors(
                                p.ar("model.safetensors"),
                                all -> Arrays.fill(numbers(all, BLOCK + "mlp.gate_proj.weight"), 0, 12 * 16, 0))),
                fault(
                        "an eighth of a matrix is zero",
                        Check.WEIGHTS_WHOLE,
                        "av",
                        p -> TinyPair.tensors(
                                p.av("model.safetensors"),
                                all -> Arrays.fill(numbers(all, BLOCK + "mlp.gate_proj.weight"), 0, 3 * 16 + 1, 0))));
    }

    private static List<Fault> heads() {
        return List.of(
                fault(
                        "the value head is missing",
                        Check.VALUE_HEAD,
                        "ar",
                        p -> Files.delete(p.ar("value_head.safetensors"))),
                fault(
                        "the value head is cut off",
                        Check.VALUE_HEAD,
                        "ar",
                        p -> truncate(p.ar("value_head.safetensors"))),
                fault(
                        "the value head is cut off and so half saved",
                        Check.VALUE_HEAD_WHOLE,
                        "ar",
                        p -> truncate(p.ar("value_head.safetensors"))),
                fault(
                        "the value head has another name",
                        Check.VALUE_HEAD,
                        "ar",
                        p -> TinyPair.tensors(
                                p.ar("value_head.safetensors"),
                                all -> all.put("value_head.weight", all.remove("weight")))),
                fault(
                        "the value head is not square",
                        Check.VALUE_HEAD_SHAPE,
                        "ar",
                        p -> TinyPair.tensors(
                                p.ar("value_head.safetensors"),
                                all -> all.put("weight", new Values(List.of(8L, 16L), filled(128, 0.1f))))),
                fault(
                        "the value head is another width's",
                        Check.VALUE_HEAD_SHAPE,
                        "ar",
                        p -> TinyPair.tensors(
                                p.ar("value_head.safetensors"),
                                all -> all.put("weight", new Values(List.of(8L, 8L), filled(64, 0.1f))))),
                fault(
                        "the value head has a bias",
                        Check.VALUE_HEAD_SHAPE,
                        "ar",
                        p -> TinyPair.tensors(
                                p.ar("value_head.safetensors"),
                                all -> all.put("bias", new Values(List.of(16L), filled(16, 0.1f))))),
                fault(
                        "half the value head's rows are zero",
                        Check.VALUE_HEAD_WHOLE,
                        "ar",
                        p -> TinyPair.tensors(
                                p.ar("value_head.safetensors"),
                                all -> Arrays.fill(numbers(all, "weight"), 128, 256, 0))),
                fault(
                        "an eighth of the value head is zero",
                        Check.VALUE_HEAD_WHOLE,
                        "ar",
                        p -> TinyPair.tensors(p.ar("value_head.safetensors"), all -> {
                            for (int i = 0; i < 256; i += 8) {
                                numbers(all, "weight")[i] = 0;
                            }
                        })),
                fault(
                        "half the value head is still the identity",
                        Check.VALUE_HEAD_WHOLE,
                        "ar",
                        p -> TinyPair.tensors(
                                p.ar("value_head.safetensors"), all -> identity(numbers(all, "weight"), 8))),
                fault(
                        "half the value head is saved twice",
                        Check.VALUE_HEAD_WHOLE,
                        "ar",
                        p -> TinyPair.tensors(
                                p.ar("value_head.safetensors"),
                                all -> System.arraycopy(numbers(all, "weight"), 0, numbers(all, "weight"), 128, 128))));
    }

    private static List<Fault> pairs() {
        return List.of(
                fault(
                        "the AV's templates differ",
                        Check.TEMPLATES_AGREE,
                        "pair",
                        p -> p.template("ar", true, "careful", "careless")),
                fault(
                        "the AR's templates differ",
                        Check.TEMPLATES_AGREE,
                        "pair",
                        p -> p.template("av", false, "Summary", "Precis")),
                fault(
                        "the markers differ",
                        Check.MARKERS_AGREE,
                        "pair",
                        p -> p.sidecar("ar", "tokens", t -> t.put("injection_token_id", 1499))),
                fault(
                        "K differs",
                        Check.LAYERS_AGREE,
                        "pair",
                        p -> p.sidecar("av", s -> s.putObject("critic").put("extraction_layer_index", 2))),
                fault("the widths differ", Check.WIDTHS_AGREE, "pair", p -> p.sidecar("av", s -> s.put("d_model", 32))),
                fault(
                        "the tokenizers differ",
                        Check.TOKENIZERS_AGREE,
                        "pair",
                        p -> exchangeTokens(p.ar("tokenizer.json"))),
                fault(
                        "the rotary bases differ",
                        Check.ARCHITECTURES_AGREE,
                        "pair",
                        p -> TinyPair.json(
                                p.ar("config.json"),
                                c -> c.put("rope_theta", 77.0).put("rope_local_base_freq", 77.0))),
                fault("the bases differ in their bytes", Check.BASES_AGREE, "pair", p -> {
                    for (String half : List.of("av", "ar")) {
                        p.sidecar(
                                half,
                                s -> s.putObject("base_file")
                                        .put("name", "b.gguf")
                                        .put("sha256", (half.equals("av") ? "ab" : "cd").repeat(32)));
                    }
                }));
    }

    @TestFactory
    List<DynamicTest> a_fault_fails_in_its_own_row() {
        List<Fault> faults = new ArrayList<>();
        List.of(sidecars(), prompts(), weights(), heads(), pairs()).forEach(faults::addAll);
        List<DynamicTest> tests = new ArrayList<>();
        for (Fault fault : faults) {
            for (Kind kind : fault.kinds()) {
                tests.add(DynamicTest.dynamicTest(kind + ": " + fault.name(), () -> assertFound(fault, kind)));
            }
        }
        return tests;
    }

    private static void assertFound(Fault fault, Kind kind) throws IOException {
        TinyPair pair =
                SOUND.get(kind).copyTo(folder.resolve(kind + "-" + fault.name().replaceAll("\\W+", "-")));
        fault.planting().spoil(pair);
        LintReport report = Lint.check(pair.folder(), Lint.Options.ALONE, Progress.NONE);
        assertThat(report.failed()).isTrue();
        assertThat(report.rows())
                .as(report.rows().stream()
                        .filter(row -> row.state() != State.OK)
                        .map(Row::toString)
                        .collect(Collectors.joining("\n")))
                .filteredOn(row -> row.check() == fault.check() && row.half().equals(fault.half()))
                .singleElement()
                .satisfies(row -> {
                    assertThat(row.state()).isEqualTo(State.FAIL);
                    assertThat(row.found()).isNotBlank().doesNotContain("ended early");
                    assertThat(row.mend()).isNotBlank();
                });
    }

    private static float[] numbers(Map<String, Values> all, String name) {
        return java.util.Objects.requireNonNull(all.get(name), name).numbers();
    }

    private static float[] filled(int count, float value) {
        float[] numbers = new float[count];
        for (int i = 0; i < count; i++) {
            numbers[i] = value * (i + 1);
        }
        return numbers;
    }

    private static void identity(float[] head, int fromRow) {
        for (int i = fromRow * 16; i < 256; i++) {
            head[i] = i % 17 == 0 ? 1 : 0;
        }
    }

    private static void block(Map<String, Values> all, int to, int from) {
        String prefix = "model.layers." + from + ".";
        List.copyOf(all.keySet()).stream()
                .filter(name -> name.startsWith(prefix))
                .forEach(name -> all.put(name.replace(prefix, "model.layers." + to + "."), all.get(name)));
    }

    private static void truncate(Path file) throws IOException {
        byte[] bytes = Files.readAllBytes(file);
        Files.write(file, Arrays.copyOf(bytes, bytes.length * 2 / 3));
    }

    private static void replace(Path file, String from, String to) throws IOException {
        String before = Files.readString(file);
        assertThat(before).contains(from);
        Files.writeString(file, before.replace(from, to));
    }

    /// Gives two words of the vocabulary each other's id.
    private static void exchangeTokens(Path file) throws IOException {
        Consumer<ObjectNode> exchange = root -> {
            ObjectNode vocabulary = (ObjectNode) root.path("model").path("vocab");
            List<String> words = List.copyOf(vocabulary.propertyNames());
            String one = words.get(600);
            String other = words.get(601);
            var id = vocabulary.get(one);
            vocabulary.set(one, vocabulary.get(other));
            vocabulary.set(other, id);
        };
        TinyPair.json(file, exchange);
    }

    private static void delete(Path half) throws IOException {
        try (var files = Files.list(half)) {
            for (Path file : files.toList()) {
                Files.delete(file);
            }
        }
        Files.delete(half);
    }
}
