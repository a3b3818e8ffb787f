package dev.nla4j.nla.lint;

import dev.nla4j.format.StoredTensor;
import dev.nla4j.format.TensorSource;
import dev.nla4j.format.safetensors.SafetensorsFile;
import dev.nla4j.nla.Nla;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;

/// Checks of a reconstructor's matrix: there, square, whole, trained.
final class ValueHeadChecks {
    private static final String TENSOR = "weight";
    private static final String SAVE_AGAIN = "save it again from the training run, gathered from all shards";
    /// Rounding to bf16 makes no zeros; a twentieth of them is a hole.
    private static final double HOLE = 0.05;
    private static final double SPECKLE = 0.001;
    private static final double NORMS_APART = 1000;
    private static final int LARGEST_SIDE = 1 << 20;

    private final Half half;
    private final Path file;
    private final Attempt<TensorSource> source;

    private ValueHeadChecks(Half half, Path file, Attempt<TensorSource> source) {
        this.half = half;
        this.file = file;
        this.source = source;
    }

    static void run(Half half, Rows rows) {
        Path file = half.folder().resolve(Nla.VALUE_HEAD);
        Attempt<TensorSource> source = Attempt.of(() -> SafetensorsFile.open(file));
        try {
            ValueHeadChecks checks = new ValueHeadChecks(half, file, source);
            String name = half.name();
            rows.check(Check.VALUE_HEAD, name, checks::present);
            rows.check(Check.VALUE_HEAD_SHAPE, name, checks::shape);
            rows.check(Check.VALUE_HEAD_WHOLE, name, checks::whole);
            rows.check(Check.VALUE_HEAD_IDENTITY, name, () -> checks.scanned(checks::identity));
        } finally {
            source.optional().ifPresent(TensorSource::close);
        }
    }

    private Outcome present() {
        String mend = "copy value_head.safetensors, with the tensor \"weight\", from the training run";
        if (!Files.exists(file)) {
            boolean inside = half.weights()
                    .optional()
                    .map(w -> w.names().stream().anyMatch(n -> n.contains("value_head") || n.contains("v_head")))
                    .orElse(false);
            return Outcome.fail(
                    file + ": is missing" + (inside ? "; the backbone's file has one, and no reader looks there" : ""),
                    mend);
        }
        if (source.failed()) {
            return Outcome.fail(source.problem(), mend);
        }
        return source.need("head").names().contains(TENSOR)
                ? Outcome.ok(TENSOR + ", " + source.need("head").tensor(TENSOR).type())
                : Outcome.fail(
                        "has no tensor \"weight\", but "
                                + source.need("head").names().stream().limit(4).toList(),
                        mend);
    }

    private StoredTensor stored() {
        TensorSource head = source.need("value_head.safetensors");
        if (!head.names().contains(TENSOR)) {
            throw new Unmet("needs the tensor \"weight\" of value_head.safetensors");
        }
        return head.tensor(TENSOR);
    }

    private Outcome shape() {
        StoredTensor stored = stored();
        List<String> problems = new ArrayList<>();
        List<Long> shape = stored.shape();
        int dim = half.meta().dim().optional().orElse(-1);
        if (shape.size() != 2 || !shape.get(0).equals(shape.get(1))) {
            problems.add("is not square: " + shape);
        } else if (dim > 0 && shape.get(0) != dim) {
            problems.add("is " + shape + ", d_model is " + dim);
        }
        if (!stored.type().isFloating()) {
            problems.add("holds " + stored.type() + ", no real numbers");
        }
        List<String> others = source.need("head").names().stream()
                .filter(name -> !name.equals(TENSOR))
                .limit(4)
                .toList();
        if (!others.isEmpty()) {
            problems.add("has more than the weight, and no reader adds it: " + others);
        }
        return Outcome.of(
                problems, "" + shape, "it must be one matrix, [d_model, d_model], without a bias: save it again");
    }

    private Outcome scanned(Function<HeadScan, Outcome> judge) {
        StoredTensor stored = stored();
        List<Long> shape = stored.shape();
        if (shape.size() != 2
                || !shape.get(0).equals(shape.get(1))
                || shape.get(0) < 1
                || shape.get(0) > LARGEST_SIDE
                || !stored.type().isFloating()) {
            throw new Unmet("needs a square matrix of real numbers");
        }
        return judge.apply(HeadScan.of(source.need("head"), TENSOR, shape.get(0).intValue()));
    }

    private Outcome whole() {
        return source.failed() && Files.exists(file)
                ? Outcome.fail(source.problem(), SAVE_AGAIN)
                : scanned(ValueHeadChecks::whole);
    }

    private static Outcome whole(HeadScan scan) {
        List<String> problems = new ArrayList<>();
        count(scan.zeroRows(), "rows are all zero", scan, problems);
        count(scan.zeroColumns(), "columns are all zero", scan, problems);
        count(scan.repeatedRows(), "rows repeat an earlier one", scan, problems);
        boolean partlyIdentity = scan.identityRows() > 0 && !scan.isIdentity();
        count(partlyIdentity ? scan.identityRows() : 0, "rows are the identity's, the others not", scan, problems);
        boolean sparse = !scan.isIdentity() && problems.isEmpty() && scan.sparsity() > SPECKLE;
        String zeros = String.format(Locale.ROOT, "%.1f %% of its numbers are exactly 0", 100 * scan.sparsity());
        if (sparse && scan.sparsity() > HOLE) {
            problems.add(zeros);
        }
        if (!problems.isEmpty()) {
            return Outcome.fail(String.join("; ", problems), SAVE_AGAIN);
        }
        if (sparse) {
            return Outcome.warn(zeros, SAVE_AGAIN);
        }
        if (scan.largestNorm() > NORMS_APART * scan.smallestNorm()) {
            return Outcome.warn(
                    String.format(
                            Locale.ROOT,
                            "norms of its rows go from %.2e to %.2e",
                            scan.smallestNorm(),
                            scan.largestNorm()),
                    SAVE_AGAIN);
        }
        return Outcome.ok("no row or column is empty");
    }

    private static void count(int count, String what, HeadScan scan, List<String> problems) {
        if (count > 0) {
            problems.add(count + " of " + scan.side() + " " + what);
        }
    }

    private Outcome identity(HeadScan scan) {
        if (scan.isIdentity()) {
            return half.meta().stage().equals("init")
                    ? Outcome.ok("the identity, as at stage init")
                    : Outcome.warn(
                            "exactly the identity at stage " + half.meta().stage()
                                    + ": it was never trained, or not saved",
                            "if it was trained, save it again; else set stage to init");
        }
        String diagonal = String.format(Locale.ROOT, "mean of the diagonal %.3g", scan.diagonal());
        boolean fromElsewhere =
                scan.side() >= 16 && Math.abs(scan.diagonal()) < 0.3 * scan.largestNorm() / Math.sqrt(scan.side());
        return fromElsewhere
                ? Outcome.warn(
                        diagonal + ": it does not come from an identity",
                        "start training from the identity: from random numbers it starts worse")
                : Outcome.ok("trained, " + diagonal);
    }
}
