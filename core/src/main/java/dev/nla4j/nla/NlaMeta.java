package dev.nla4j.nla;

import dev.nla4j.format.json.Fields;
import dev.nla4j.format.json.Json;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.function.Supplier;
import tools.jackson.databind.JsonNode;

/// The sidecar of one half of an NLA, `nla_meta.yaml`: what it was trained with, read instead of assumed.
///
/// Reads schema 1 and 2 and both spellings of everything (actor/critic and av/ar, `extraction_layer_index` and
/// `num_hidden_layers`); unknown keys are tolerated.
///
/// @param dim width of the activations
/// @param injectionScale norm of an injected vector; empty means raw in the file, which a verbalizer refuses
/// @param affineInjection whether injected vectors go through a learned map, [AffineMap]
/// @param mseScale norm at which vectors were compared in training
/// @param verbalizerTemplate user message with `{injection_char}`
/// @param reconstructorTemplate prompt with `{explanation}`
/// @param layer K: activations are the residual stream after block K
/// @param rawvar FVE denominator of the training split
/// @param trained where in their texts the tokens stood whose activations it was trained on; empty when it is not said
public record NlaMeta(
        Path file,
        int schemaVersion,
        Role role,
        String stage,
        Optional<String> baseCheckpoint,
        Optional<BaseFile> baseFile,
        int dim,
        OptionalDouble injectionScale,
        boolean affineInjection,
        OptionalDouble mseScale,
        Optional<Marker> marker,
        Optional<List<Integer>> suffixIds,
        Optional<String> verbalizerTemplate,
        Optional<String> reconstructorTemplate,
        OptionalInt layer,
        OptionalDouble rawvar,
        Optional<Span> trained) {
    public static final String FILE = "nla_meta.yaml";
    public static final String EXPLANATION = "{explanation}";
    /// In `extraction`, instead of `injection_scale`.
    public static final String AFFINE_SCALE = "affine_injection_scale";

    public static final String INJECTION = "{injection_char}";
    /// In `extraction`: the first and the last position that was trained on.
    public static final String MIN_POSITION = "min_position";

    public static final String MAX_POSITION = "max_position";
    static final long LARGEST_FILE = 1 << 20;
    private static final int LARGEST_ID = 1 << 24;
    /// Norms are computed as roots of sums of squares in fp32, which ends at 3.4e38.
    private static final double LARGEST_SCALE = 1e18;

    /// The one file an adapter stands on.
    public record BaseFile(String name, String sha256) {}

    /// The token whose embedding is replaced, and what must stand beside it.
    public record Marker(String text, int id, int left, int right) {}

    /// Positions in a text, both ends included.
    public record Span(int first, int last) {
        public boolean holds(int position) {
            return position >= first && position <= last;
        }

        /// What both have in common; may hold nothing.
        Span and(Span other) {
            return new Span(Math.max(first, other.first), Math.min(last, other.last));
        }

        public boolean isEmpty() {
            return first > last;
        }

        @Override
        public String toString() {
            return first == last ? "" + first : first + "-" + last;
        }
    }

    /// Whether `folder` has a sidecar.
    public static boolean isIn(Path folder) {
        return Files.isRegularFile(folder.resolve(FILE));
    }

    /// Reads the sidecar of a half's folder.
    public static NlaMeta read(Path folder) {
        Path file = folder.resolve(FILE);
        return of(file, tree(file));
    }

    /// The content of a sidecar's file before anything is asked of it.
    public static JsonNode tree(Path file) {
        return Json.readYaml(file, LARGEST_FILE);
    }

    /// Reads a sidecar that is a tree already; `file` is named in errors.
    public static NlaMeta of(Path file, JsonNode tree) {
        Fields top = Fields.of(file, tree);
        top.text("kind").filter(kind -> !kind.equals("nla_model")).ifPresent(kind -> {
            throw top.wrong("kind", "must be nla_model, was \"" + kind + "\"");
        });
        int dim = (int) top.integer("d_model", 1, 1 << 20);
        Optional<Fields> extraction = top.object("extraction");
        Optional<Fields> tokens = top.object("tokens");
        Optional<Fields> templates = top.object("prompt_templates");
        return new NlaMeta(
                file,
                (int) top.integer("schema_version", 1, 1, 2),
                role(top),
                top.text("stage").orElse("unknown"),
                top.text("base_checkpoint"),
                top.object("base_file").map(f -> new BaseFile(f.requiredText("name"), sha256(f))),
                dim,
                extraction
                        .map(e -> e.has(AFFINE_SCALE)
                                ? affineScale(e, dim)
                                : scale(e, "injection_scale", dim, OptionalDouble::empty))
                        .orElse(OptionalDouble.empty()),
                extraction.filter(e -> e.has(AFFINE_SCALE)).isPresent(),
                extraction
                        .map(e -> scale(e, "mse_scale", dim, () -> OptionalDouble.of(Math.sqrt(dim))))
                        .orElse(OptionalDouble.of(Math.sqrt(dim))),
                tokens.filter(t -> t.has("injection_char")).map(NlaMeta::marker),
                tokens.filter(t -> t.has("critic_suffix_ids")).map(t -> t.integers("critic_suffix_ids", 0, LARGEST_ID)),
                templates.flatMap(t -> template(t, Role.VERBALIZER)).map(t -> holding(top, t, INJECTION)),
                templates.flatMap(t -> template(t, Role.RECONSTRUCTOR)).map(t -> holding(top, t, EXPLANATION)),
                layer(top),
                rawvar(top),
                extraction
                        .filter(e -> e.has(MIN_POSITION) && e.has(MAX_POSITION))
                        .map(NlaMeta::trained));
    }

    /// The template of that half, under whichever of its names.
    ///
    /// @param templates the object `prompt_templates`
    public static Optional<String> template(Fields templates, Role role) {
        return role.names().stream()
                .flatMap(name -> templates.text(name).stream())
                .findFirst();
    }

    /// The same with another K.
    NlaMeta withLayer(int k) {
        return new NlaMeta(
                file,
                schemaVersion,
                role,
                stage,
                baseCheckpoint,
                baseFile,
                dim,
                injectionScale,
                affineInjection,
                mseScale,
                marker,
                suffixIds,
                verbalizerTemplate,
                reconstructorTemplate,
                OptionalInt.of(k),
                rawvar,
                trained);
    }

    /// This half's template: a verbalizer's with its marker, a reconstructor's.
    public String template() {
        Optional<String> template = role == Role.VERBALIZER ? verbalizerTemplate : reconstructorTemplate;
        return template.orElseThrow(() -> missing(
                "prompt_templates." + role.label() + " (or ." + role.names().getLast() + ")"));
    }

    /// The marker, which a verbalizer must have.
    public Marker requiredMarker() {
        return marker.orElseThrow(() -> missing("tokens.injection_char"));
    }

    private RuntimeException missing(String field) {
        return new dev.nla4j.format.FormatException(file, -1, field, "is missing");
    }

    private static Role role(Fields top) {
        String role = top.requiredText("role");
        return Role.of(role)
                .orElseThrow(() -> top.wrong("role", "must be av, ar, actor or critic, was \"" + role + "\""));
    }

    private static String sha256(Fields file) {
        String digest = file.requiredText("sha256").toLowerCase(Locale.ROOT);
        if (!digest.matches("[0-9a-f]{64}")) {
            throw file.wrong("sha256", "must be 64 hexadecimal digits, was \"" + digest + "\"");
        }
        return digest;
    }

    private static OptionalDouble scale(Fields extraction, String name, int dim, Supplier<OptionalDouble> absent) {
        JsonNode value = extraction.node().get(name);
        if (value == null) {
            return absent.get();
        }
        if (value.isNull()) {
            return OptionalDouble.empty();
        }
        if (value.isNumber()) {
            return OptionalDouble.of(possible(extraction, name, extraction.number(name)));
        }
        String text = value.isString() ? value.stringValue().strip() : value.toString();
        return switch (text) {
            case "raw", "none" -> OptionalDouble.empty();
            case "sqrt_d_model" -> OptionalDouble.of(Math.sqrt(dim));
            default -> OptionalDouble.of(parsed(extraction, name, text));
        };
    }

    /// The scale stands under another name where a map follows, so that a reader that knows no map refuses for want of
    /// a scale instead of leaving the map out.
    private static OptionalDouble affineScale(Fields extraction, int dim) {
        if (scale(extraction, "injection_scale", dim, OptionalDouble::empty).isPresent()) {
            throw extraction.wrong("injection_scale", "must be null beside " + AFFINE_SCALE);
        }
        OptionalDouble scale = scale(extraction, AFFINE_SCALE, dim, OptionalDouble::empty);
        if (scale.isEmpty()) {
            throw extraction.wrong(AFFINE_SCALE, "must be a number");
        }
        return scale;
    }

    private static double parsed(Fields extraction, String name, String text) {
        double scale = Double.NaN;
        try {
            scale = Double.parseDouble(text);
        } catch (NumberFormatException e) {
            // Falls through: not a number is not positive either.
        }
        if (!Double.isFinite(scale)) {
            throw extraction.wrong(name, "must be a positive number, raw, none or sqrt_d_model, was \"" + text + "\"");
        }
        return possible(extraction, name, scale);
    }

    private static double possible(Fields extraction, String name, double scale) {
        if (!(scale >= 1 / LARGEST_SCALE && scale <= LARGEST_SCALE)) {
            throw extraction.wrong(
                    name, "must be a norm from 1e-18 to 1e18, whose squares fp32 can hold, was " + scale);
        }
        return scale;
    }

    private static Span trained(Fields extraction) {
        int first = (int) extraction.integer(MIN_POSITION, 0, LARGEST_ID);
        return new Span(first, (int) extraction.integer(MAX_POSITION, first, LARGEST_ID));
    }

    private static OptionalDouble rawvar(Fields top) {
        if (!top.has("rawvar")) {
            return OptionalDouble.empty();
        }
        double rawvar = top.number("rawvar");
        if (!Score.isRawvar(rawvar)) {
            throw top.wrong("rawvar", "must be " + Score.RAWVARS + ", was " + rawvar);
        }
        return OptionalDouble.of(rawvar);
    }

    private static Marker marker(Fields tokens) {
        return new Marker(
                tokens.requiredText("injection_char"),
                (int) tokens.integer("injection_token_id", 0, LARGEST_ID),
                (int) tokens.integer("injection_left_neighbor_id", 0, LARGEST_ID),
                (int) tokens.integer("injection_right_neighbor_id", 0, LARGEST_ID));
    }

    private static String holding(Fields top, String template, String place) {
        if (PromptTemplate.of(template, place).places() != 1) {
            throw top.wrong("prompt_templates", "must hold " + place + " exactly once: \"" + template + "\"");
        }
        return template;
    }

    /// Only the `critic` (or `ar`) object counts: a `layer` or `extraction_layer_index` at the top of released files is
    /// an extra of their release tools. Schema 1 calls K `num_hidden_layers`, though the model has K + 1 blocks.
    private static OptionalInt layer(Fields top) {
        for (String half : Role.RECONSTRUCTOR.names().reversed()) {
            Optional<Fields> fields = top.object(half);
            for (String name : List.of("extraction_layer_index", "num_hidden_layers")) {
                if (fields.isPresent() && fields.get().has(name)) {
                    return OptionalInt.of((int) fields.get().integer(name, 0, 1023));
                }
            }
        }
        return OptionalInt.empty();
    }
}
