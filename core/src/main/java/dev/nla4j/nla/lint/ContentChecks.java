package dev.nla4j.nla.lint;

import dev.nla4j.activation.AffineMap;
import dev.nla4j.format.StoredTensor;
import dev.nla4j.format.TensorSource;
import dev.nla4j.format.gguf.GgufFile;
import dev.nla4j.format.safetensors.SafetensorsFile;
import dev.nla4j.model.AdapterTensor;
import dev.nla4j.model.PeftAdapter;
import dev.nla4j.nla.Nla;
import dev.nla4j.progress.Progress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Checks that read every number of a half once: finite, and whole.
final class ContentChecks {
    private static final int SHOWN = 3;
    private static final Pattern MATRIX = Pattern.compile("(?:.*\\.)?(?:layers|blk)\\.(\\d{1,4})\\..*weight");
    private static final Pattern BIAS = Pattern.compile("(?:.*\\.)?(?:layers|blk)\\.(\\d{1,4})\\..*bias");
    private static final Pattern NORM = Pattern.compile("(?!.*(?:vision|image|audio)).*norm\\.weight");
    /// More tokens than this without an embedding are no reserved ones.
    private static final double TABLE_HOLE = 0.1;
    /// Fewer zero rows than this may be a pruned model's own.
    private static final double HOLE = 0.02;
    /// Small numbers of quantised weights round to 0: a tenth of them and more. Half is what pruning leaves.
    private static final double SPARSE = 0.6;
    /// Offsets round to 0 here and there.
    private static final double OFFSET_HOLE = 0.25;
    private static final float ABSURD = 1e6f;

    private final Half half;
    private final Map<String, TensorScan> scans = new LinkedHashMap<>();
    private final List<String> unread = new ArrayList<>();

    private ContentChecks(Half half) {
        this.half = half;
    }

    static void run(Half half, Rows rows, Progress progress) {
        ContentChecks checks = new ContentChecks(half);
        half.weights().optional().ifPresent(source -> checks.scan(source, progress));
        rows.check(Check.FINITE, half.name(), checks::finite);
        rows.check(Check.WEIGHTS_WHOLE, half.name(), half.adapter() ? checks::wholeAdapter : checks::wholeWeights);
    }

    private void scan(TensorSource source, Progress progress) {
        String task = "read " + half.folder();
        long done = 0;
        for (String name : source.names()) {
            progress.report(task, done++, source.names().size(), "tensors");
            Attempt<TensorScan> scan = Attempt.of(() -> {
                StoredTensor stored = source.tensor(name);
                return stored.type().isFloating() ? TensorScan.of(source, name) : TensorScan.NOTHING;
            });
            if (scan.failed()) {
                unread.add(scan.problem());
            } else {
                scans.put(name, scan.need(name));
            }
        }
        progress.report(task, done, done, "tensors");
    }

    private Outcome finite() {
        half.weights().need("the weights");
        List<String> problems = new ArrayList<>();
        scans.forEach((name, scan) -> judge(name, scan, problems));
        Path beside = half.folder().resolve(half.isVerbalizer() ? AffineMap.FILE : Nla.VALUE_HEAD);
        if (Files.exists(beside)) {
            Attempt<TensorSource> opened = Attempt.of(() -> SafetensorsFile.open(beside));
            opened.optional().ifPresent(source -> {
                try (source) {
                    for (String name : source.names()) {
                        if (source.tensor(name).type().isFloating()) {
                            judge(beside.getFileName() + ": " + name, TensorScan.of(source, name), problems);
                        }
                    }
                }
            });
        }
        String mend = "take an earlier checkpoint: the training run has diverged, or the file is damaged";
        if (!problems.isEmpty()) {
            return Outcome.fail(shortened(problems), mend);
        }
        if (!unread.isEmpty()) {
            return Outcome.fail("could not be read: " + shortened(unread), "copy the files again, whole");
        }
        List<String> absurd = scans.entrySet().stream()
                .filter(e -> e.getValue().largest() > ABSURD)
                .map(e -> e.getKey() + " holds " + e.getValue().largest())
                .toList();
        return absurd.isEmpty()
                ? Outcome.ok(scans.size() + " tensors, every number finite")
                : Outcome.warn("finite, but " + shortened(absurd), mend);
    }

    private static void judge(String name, TensorScan scan, List<String> problems) {
        if (scan.nans() + scan.infinities() > 0) {
            problems.add(name + " holds " + scan.nans() + " NaN and " + scan.infinities() + " infinite of "
                    + scan.elements());
        }
    }

    private Outcome wholeWeights() {
        half.weights().need("the weights");
        List<String> problems = new ArrayList<>();
        List<String> remarks = new ArrayList<>();
        scans.forEach((name, scan) -> {
            if (isTable(name)) {
                table(name, scan, problems, remarks);
            } else if (NORM.matcher(name).matches() && scan.zeros() > 0) {
                norm(name, scan, problems, remarks);
            } else if (BIAS.matcher(name).matches() && scan.isZero()) {
                remarks.add(name + " is all zero: never trained, or not saved");
            } else if (MATRIX.matcher(name).matches() && scan.rows() > 1) {
                if (scan.zeroRows() > HOLE * scan.rows()) {
                    problems.add(name + ": " + scan.zeroRows() + " of " + scan.rows() + " rows are zero");
                } else if (scan.zeroColumns() > HOLE * scan.columns()) {
                    problems.add(name + ": " + scan.zeroColumns() + " of " + scan.columns() + " columns are zero");
                } else if (scan.zeros() > SPARSE * scan.elements()) {
                    problems.add(
                            name + ": " + 100 * scan.zeros() / scan.elements() + " % of its numbers are exactly 0");
                } else if (scan.zeroRows() > 0) {
                    remarks.add(name + ": " + scan.zeroRows() + " zero rows");
                }
            }
        });
        return verdict(problems, remarks, "no matrix has a hole, no norm is zero");
    }

    /// Tables with a row a token. A reconstructor's head is never read.
    private boolean isTable(String name) {
        boolean head = name.endsWith("lm_head.weight") || name.equals("output.weight");
        boolean embedding = name.endsWith("embed_tokens.weight") || name.equals("token_embd.weight");
        return embedding || (head && half.isVerbalizer());
    }

    /// Tables are often longer than the vocabulary: rows that no token has may be zero.
    private void table(String name, TensorScan scan, List<String> problems, List<String> remarks) {
        long tokens = half.live()
                .tokenizer()
                .optional()
                .map(tokenizer -> tokenizer.maxId() + 1L)
                .filter(count -> count < scan.rows())
                .orElse(scan.rows());
        long zero = scan.zeroRows() - (scan.rows() - tokens);
        if (zero > HOLE * tokens) {
            (zero > TABLE_HOLE * tokens ? problems : remarks)
                    .add(name + ": " + zero + " of " + tokens + " tokens have rows of zeros");
        }
    }

    /// A norm weight of zeros silences what it stands before, unless the family stores it as an offset from one: then
    /// zeros say nothing, and are suspicious in numbers.
    private void norm(String name, TensorScan scan, List<String> problems, List<String> remarks) {
        boolean offset = !(half.weights().need("the weights") instanceof GgufFile)
                && half.own()
                        .config()
                        .optional()
                        .filter(config -> config.norm().storedOffset() != 0)
                        .isPresent();
        String found =
                name + (scan.isZero() ? " is all zero" : ": " + scan.zeros() + " of " + scan.elements() + " are 0");
        if (!offset && scan.zeros() > HOLE * scan.elements()) {
            problems.add(found + ": what it norms is lost");
        } else if (offset
                && scan.zeros() > OFFSET_HOLE * scan.elements()
                && !half.meta().stage().equals("init")) {
            remarks.add(found + ", which norms without a weight: never trained, or not saved");
        }
    }

    private static Outcome verdict(List<String> problems, List<String> remarks, String sound) {
        String mend = "save the checkpoint again, gathered from all shards";
        if (!problems.isEmpty()) {
            return Outcome.fail(shortened(problems), mend);
        }
        return remarks.isEmpty() ? Outcome.ok(sound) : Outcome.warn(shortened(remarks), mend);
    }

    /// An adapter's B begins as zeros: one that stayed so was not trained, or not saved.
    private Outcome wholeAdapter() {
        half.weights().need(PeftAdapter.TENSORS);
        Map<String, TensorScan> scans = new LinkedHashMap<>(this.scans);
        scans.keySet().removeIf(AdapterTensor::isBeside);
        int deepest = half.isVerbalizer() ? Integer.MAX_VALUE : half.layer().orElse(Integer.MAX_VALUE);
        List<String> zero = scans.entrySet().stream()
                .filter(e -> e.getValue().isZero() && layer(e.getKey()) <= deepest)
                .map(Map.Entry::getKey)
                .toList();
        long pairs = scans.keySet().stream().filter(n -> n.contains("lora_B")).count();
        long untrained = zero.stream().filter(n -> n.contains("lora_B")).count();
        if (untrained == pairs && pairs > 0 && untrained == zero.size()) {
            return half.meta().stage().equals("init")
                    ? Outcome.ok("adds nothing yet, as at stage init")
                    : Outcome.warn(
                            "every B is zero: the adapter adds nothing",
                            "if it was trained, save it again; else set stage to init");
        }
        List<String> remarks = scans.entrySet().stream()
                .filter(e -> !e.getValue().isZero() && e.getValue().zeroRows() > 0 && layer(e.getKey()) <= deepest)
                .map(e -> e.getKey() + ": " + e.getValue().zeroRows() + " of "
                        + e.getValue().rows() + " rows are zero")
                .toList();
        List<String> problems =
                new ArrayList<>(zero.stream().map(n -> n + " is all zero").toList());
        scans.forEach((name, scan) -> {
            if (!scan.isZero() && layer(name) <= deepest && scan.zeroRows() * 4 > scan.rows()) {
                problems.add(name + ": " + scan.zeroRows() + " of " + scan.rows() + " rows are zero");
            }
        });
        return verdict(problems, remarks, "no A or B is empty");
    }

    private static int layer(String name) {
        Matcher matcher = MATRIX.matcher(name);
        return matcher.matches() ? Integer.parseInt(matcher.group(1)) : 0;
    }

    private static String shortened(List<String> problems) {
        String more = problems.size() > SHOWN ? "; and " + (problems.size() - SHOWN) + " more" : "";
        return String.join("; ", problems.subList(0, Math.min(SHOWN, problems.size()))) + more;
    }
}
