package dev.nla4j.nla.lint;

import dev.nla4j.activation.AffineMap;
import dev.nla4j.nla.NlaMeta;
import dev.nla4j.nla.Role;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// Checks of what `nla_meta.yaml` says, by itself and against the folder around it.
final class SidecarChecks {
    /// mse_scale is a square root that people write with few digits.
    private static final double ROOT_TOLERANCE = 0.01;
    /// Released pairs inject at norms of 1 to 80,000; single tokens of large models reach some 100,000.
    private static final double LOUDEST = 1e7;
    /// Less than what the smallest of usual norm epsilons adds.
    private static final double FAINTEST = 1e-3;
    private static final List<String> STAGES = List.of("init", "sl", "rl");

    private final Half half;
    private final LooseMeta meta;

    private SidecarChecks(Half half) {
        this.half = half;
        this.meta = half.meta();
    }

    /// @param other the pair's other half, null when there is none
    static void run(Half half, @Nullable Half other, Rows rows) {
        SidecarChecks checks = new SidecarChecks(half);
        rows.check(Check.SIDECAR, half.name(), checks::sidecar);
        rows.check(Check.ROLE, half.name(), checks::role);
        rows.check(Check.WIDTH, half.name(), checks::width);
        rows.check(Check.INJECTION_SCALE, half.name(), () -> checks.injectionScale(other));
        if (!half.isVerbalizer()) {
            rows.check(Check.MSE_SCALE, half.name(), checks::mseScale);
            rows.check(Check.RAWVAR, half.name(), checks::rawvar);
        }
    }

    private Outcome sidecar() {
        if (meta.tree().failed()) {
            return Outcome.fail(
                    meta.tree().problem(),
                    Files.exists(meta.file())
                            ? "write it again as YAML, one object"
                            : "copy nla_meta.yaml from the training run: nothing can stand in for it");
        }
        List<String> problems = new ArrayList<>(
                problems(unjudged()).map(Attempt::problem).distinct().toList());
        Attempt<NlaMeta> whole = meta.whole();
        if (whole.failed() && problems.isEmpty() && problems(judged()).findAny().isEmpty()) {
            problems.add(whole.problem());
        }
        if (!problems.isEmpty()) {
            return Outcome.fail(String.join("; ", problems), "set the field as the message says");
        }
        String stage = meta.stage();
        String said = "schema " + meta.top("schema_version").need("schema").schemaVersion() + ", stage " + stage;
        return STAGES.contains(stage) || stage.equals("unknown")
                ? Outcome.ok(said)
                : Outcome.warn(said, "stage is usually init, sl or rl");
    }

    private static Stream<Attempt<?>> problems(List<Attempt<?>> fields) {
        return fields.stream().filter(Attempt::failed);
    }

    /// Fields that opening reads of every half and that no other row of this one does.
    private List<Attempt<?>> unjudged() {
        List<Attempt<?>> fields =
                new ArrayList<>(List.of(meta.top("kind"), meta.top("schema_version"), meta.top("stage")));
        fields.add(meta.baseCheckpoint());
        if (half.isVerbalizer()) {
            fields.addAll(List.of(meta.mseScale(), meta.rawvar(), meta.held(Role.RECONSTRUCTOR)));
        } else {
            fields.add(meta.held(Role.VERBALIZER));
            if (meta.hasMarker()) {
                fields.add(meta.neighbours());
            }
        }
        if (!half.adapter()) {
            fields.add(meta.baseFile());
            if (half.own().config().failed()) {
                // The row of the depth is not run then.
                fields.add(meta.layer());
            }
        }
        return fields;
    }

    /// The others: what is wrong with one of them is said in its own row.
    private List<Attempt<?>> judged() {
        return List.of(
                meta.role(),
                meta.dim(),
                meta.injectionScale(),
                meta.mseScale(),
                meta.rawvar(),
                meta.marker(),
                meta.neighbours(),
                meta.suffixIds(),
                meta.held(Role.VERBALIZER),
                meta.held(Role.RECONSTRUCTOR),
                meta.layer(),
                meta.baseFile());
    }

    private Outcome role() {
        meta.tree().need("the sidecar");
        Attempt<Role> role = meta.role();
        if (role.failed()) {
            return Outcome.fail(role.problem(), "set role to av or ar");
        }
        boolean hasHead = Files.exists(half.folder().resolve(dev.nla4j.nla.Nla.VALUE_HEAD));
        if (role.need("role") != half.role()) {
            return Outcome.fail(
                    "the sidecar's role is " + text(role.need("role")) + ", the folder is the " + text(half.role())
                            + "'s",
                    "set role, or exchange the folders av/ and ar/");
        }
        if (half.isVerbalizer() && hasHead) {
            return Outcome.warn(
                    "a verbalizer with a value_head.safetensors beside it",
                    "remove the file, or set role to ar if this is the reconstructor");
        }
        return Outcome.ok(text(half.role()));
    }

    private static String text(Role role) {
        return role == Role.VERBALIZER ? "verbalizer (av)" : "reconstructor (ar)";
    }

    private Outcome width() {
        meta.tree().need("the sidecar");
        Attempt<Integer> dim = meta.dim();
        if (dim.failed()) {
            return Outcome.fail(dim.problem(), "set d_model to the width of the target's residual stream");
        }
        int said = dim.need("d_model");
        if (half.live().config().failed()) {
            return Outcome.notRun("d_model is " + said + "; needs the model's configuration: "
                    + half.live().config().problem());
        }
        int found = half.live().config().need("configuration").dim();
        return said == found
                ? Outcome.ok("d_model " + said)
                : Outcome.fail(
                        "d_model is " + said + ", the model's width is " + found,
                        "set d_model to " + found + " if this is the right model");
    }

    private Outcome injectionScale(@Nullable Half other) {
        meta.tree().need("the sidecar");
        Attempt<OptionalDouble> scale = meta.injectionScale();
        if (scale.failed()) {
            return Outcome.fail(
                    scale.problem(), "set extraction.injection_scale to the norm that the AV was trained with");
        }
        OptionalDouble value = scale.need("scale");
        return half.isVerbalizer() ? verbalizerScale(value, other) : reconstructorScale(value, other);
    }

    private Outcome verbalizerScale(OptionalDouble value, @Nullable Half other) {
        boolean mapped = meta.affineInjection().optional().orElse(false);
        if (mapped != AffineMap.isIn(half.folder())) {
            return Outcome.fail(
                    mapped
                            ? "extraction." + NlaMeta.AFFINE_SCALE + " asks for " + AffineMap.FILE
                                    + ", which is missing"
                            : AffineMap.FILE + " is there, extraction." + NlaMeta.AFFINE_SCALE + " is not",
                    "copy both from the training run: what a verbalizer is given goes through the map or it does not");
        }
        if (value.isPresent()) {
            double scale = value.getAsDouble();
            return scale >= FAINTEST && scale <= LOUDEST
                    ? Outcome.ok("injected at norm " + number(scale) + (mapped ? ", then through a learned map" : ""))
                    : Outcome.fail(
                            "extraction.injection_scale is " + number(scale) + ": no model's residual stream has norms "
                                    + (scale > LOUDEST ? "above 1e7" : "below 0.001"),
                            "set it to the norm that the AV was trained with, usually that of its activations");
        }
        String where = "";
        OptionalDouble mse = written(half, "mse_scale");
        if (mse.isPresent()) {
            where = "; mse_scale is " + number(mse.getAsDouble()) + " here, where it means nothing";
        } else if (other != null && written(other, "injection_scale").isPresent()) {
            where = "; the AR's sidecar has it ("
                    + number(written(other, "injection_scale").getAsDouble()) + ")";
        }
        return Outcome.fail(
                "extraction.injection_scale is missing or raw" + where,
                "set it in the AV's sidecar to the norm it was trained with: without it inputs are too loud or too faint");
    }

    private Outcome reconstructorScale(OptionalDouble value, @Nullable Half other) {
        OptionalDouble mse = written(half, "mse_scale");
        OptionalDouble injection = other == null ? OptionalDouble.empty() : written(other, "injection_scale");
        if (mse.isPresent()
                && injection.isPresent()
                && mse.getAsDouble() == injection.getAsDouble()
                && mse.getAsDouble() != 1 // as a verbalizer may well inject; a check of its own tells of it
                && !isRoot(mse.getAsDouble())) {
            return Outcome.fail(
                    "mse_scale is the AV's injection scale, " + number(mse.getAsDouble()),
                    "set mse_scale to the root of d_model (or leave it out)");
        }
        return value.isPresent() ? copied(value.getAsDouble(), other) : Outcome.ok("none, as a reconstructor has");
    }

    /// A reconstructor injects nothing: its sidecar may repeat the verbalizer's scale for the record.
    private static Outcome copied(double scale, @Nullable Half verbalizer) {
        String found = "extraction.injection_scale is " + number(scale) + " in the AR's sidecar";
        String mend = "set it to null here, and in the AV's sidecar to the norm the AV was trained with";
        if (verbalizer == null) {
            return Outcome.warn(found + ": a reconstructor injects nothing", mend);
        }
        OptionalDouble theirs = verbalizer.meta().injectionScale().optional().orElse(OptionalDouble.empty());
        if (theirs.isEmpty()) {
            return Outcome.fail(found + ", the AV's has none: a reconstructor injects nothing", mend);
        }
        return theirs.getAsDouble() == scale
                ? Outcome.ok(number(scale) + ", the AV's; a reconstructor injects nothing")
                : Outcome.fail(found + ", " + number(theirs.getAsDouble()) + " in the AV's", mend);
    }

    /// A scale that the file itself gives as a number, without what stands in for a missing one.
    private static OptionalDouble written(Half half, String name) {
        boolean there = half.meta()
                .tree()
                .optional()
                .map(tree -> tree.path("extraction").path(name))
                .filter(value -> value.isNumber() || value.isString())
                .isPresent();
        Attempt<OptionalDouble> scale =
                name.equals("mse_scale") ? half.meta().mseScale() : half.meta().injectionScale();
        return there ? scale.optional().orElse(OptionalDouble.empty()) : OptionalDouble.empty();
    }

    private boolean isRoot(double scale) {
        double root = Math.sqrt(meta.dim().optional().orElse(1));
        return Math.abs(scale / root - 1) < ROOT_TOLERANCE;
    }

    private Outcome mseScale() {
        meta.tree().need("the sidecar");
        Attempt<OptionalDouble> scale = meta.mseScale();
        if (scale.failed()) {
            return Outcome.fail(scale.problem(), "set extraction.mse_scale to the root of d_model, or leave it out");
        }
        OptionalDouble value = scale.need("scale");
        if (value.isPresent() && !isRoot(value.getAsDouble()) && !meta.dim().failed()) {
            return Outcome.warn(
                    "mse_scale is " + number(value.getAsDouble()) + ", the root of d_model is "
                            + number(Math.sqrt(meta.dim().need("d_model")))
                            + ": losses of its training are not errors at norm root of d",
                    "compare by nla score, which does not use it");
        }
        return value.isPresent()
                ? Outcome.ok("mse_scale " + number(value.getAsDouble()))
                : Outcome.warn(
                        "mse_scale is null: its training compared vectors raw, by length as well as direction",
                        "set it to the root of d_model if that is how it was trained, or leave it out");
    }

    private Outcome rawvar() {
        meta.tree().need("the sidecar");
        Attempt<OptionalDouble> rawvar = meta.rawvar();
        String mend = "set rawvar to the FVE denominator of the training split, or leave it out";
        if (rawvar.failed()) {
            return Outcome.fail(rawvar.problem(), mend);
        }
        OptionalDouble value = rawvar.need("rawvar");
        if (value.isPresent() && value.getAsDouble() > 1.0001) {
            return Outcome.fail(
                    "rawvar is " + number(value.getAsDouble())
                            + ": the variance of vectors of mean square 1 is at most 1",
                    mend);
        }
        return Outcome.ok(value.isPresent() ? "rawvar " + number(value.getAsDouble()) : "none: FVE needs --rawvar");
    }

    static String number(double value) {
        return value == Math.rint(value) && Math.abs(value) < 1e9
                ? Long.toString((long) value)
                : String.format(java.util.Locale.ROOT, "%.6g", value);
    }
}
