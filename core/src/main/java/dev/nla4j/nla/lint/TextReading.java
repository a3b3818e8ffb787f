package dev.nla4j.nla.lint;

import dev.nla4j.activation.ActivationFile;
import dev.nla4j.activation.ActivationRow;
import dev.nla4j.format.parquet.ColumnCursor;
import dev.nla4j.format.parquet.ColumnKind;
import dev.nla4j.format.parquet.ParquetFile;
import dev.nla4j.generate.Completion;
import dev.nla4j.model.LanguageModel;
import dev.nla4j.model.ModelLoader;
import dev.nla4j.nla.ExplanationText;
import dev.nla4j.nla.MemoryPlan;
import dev.nla4j.nla.Nla;
import dev.nla4j.nla.PairFolder;
import dev.nla4j.nla.Reconstructor;
import dev.nla4j.nla.Score;
import dev.nla4j.nla.Verbalizer;
import dev.nla4j.progress.Progress;
import dev.nla4j.tensor.InsufficientMemoryException;
import dev.nla4j.tensor.ProcessMemory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.OptionalInt;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// Whether a reconstructor reads its text at all: on real activations, does the text that belongs to one
/// reconstruct it better than another's text does, and better than none? One whose head is trained and whose text
/// never reaches it still gives a plausible mean.
final class TextReading {
    private static final int ACTIVATIONS = 32;
    /// A reconstructor as weak as FVE 0.05 above shuffled texts has twice this difference of cosines.
    private static final double ALIKE = 0.005;
    private static final double STANDARD_ERRORS = 2;
    private static final int WORDS = 24;
    private static final int EXPLANATION_TOKENS = 200;
    private static final List<String> EXPLANATIONS = List.of("api_explanation", "response");
    private static final String CONTEXT = "its context's last words";

    private final Half half;
    private final @Nullable Half verbalizer;
    private final Lint.Options options;
    private final Progress progress;

    private TextReading(Half half, @Nullable Half verbalizer, Lint.Options options, Progress progress) {
        this.half = half;
        this.verbalizer = verbalizer;
        this.options = options;
        this.progress = progress;
    }

    /// @param verbalizer the pair's other half, whose explanations are tried when others are not understood
    static void run(Half reconstructor, @Nullable Half verbalizer, Lint.Options options, Rows rows, Progress progress) {
        TextReading reading = new TextReading(reconstructor, verbalizer, options, progress);
        rows.check(Check.DATA, "ar", reading::data);
        rows.check(Check.READS_TEXT, "ar", reading::readsText);
    }

    /// Without a reconstructor: whether the data fit the verbalizer, which is all they can tell.
    static void runAlone(Half verbalizer, Lint.Options options, Rows rows, Progress progress) {
        rows.check(Check.DATA, "av", new TextReading(verbalizer, verbalizer, options, progress)::data);
        rows.check(Check.READS_TEXT, "ar", () -> {
            throw new Unmet("needs a reconstructor, this is a verbalizer alone");
        });
    }

    @SuppressWarnings("ArrayRecordComponent") // a carrier, never compared
    private record Sample(float[][] vectors, List<String> texts, String kind, List<Long> layers) {}

    private Path requireData() {
        Path data = options.data();
        if (data == null) {
            throw new Unmet("needs --data A.parquet");
        }
        return data;
    }

    private Outcome data() {
        Path file = requireData();
        Attempt<Sample> read = Attempt.of(() -> sample(file));
        if (read.failed()) {
            return Outcome.fail(read.problem(), "give a file of activations as nla extract writes it");
        }
        Sample sample = read.need("activations");
        List<String> problems = new ArrayList<>();
        half.meta().dim().optional().ifPresent(dim -> {
            if (sample.vectors()[0].length != dim) {
                problems.add("activations have " + sample.vectors()[0].length + " numbers, d_model is " + dim);
            }
        });
        OptionalInt layer = half.layer();
        List<Long> layers = sample.layers().stream().distinct().toList();
        if (layer.isPresent() && !layers.equals(List.of((long) layer.getAsInt()))) {
            problems.add("activations are of layer " + layers + ", K is " + layer.getAsInt());
        }
        if (!problems.isEmpty()) {
            return Outcome.fail(
                    String.join("; ", problems),
                    "extract activations of the pair's layer, or correct K in the sidecar");
        }
        double alike = meanCosine(sample.vectors());
        return alike > 0.99
                ? Outcome.warn(
                        String.format(Locale.ROOT, "the activations hardly differ: mean cosine %.4f", alike),
                        "extract from prose, not at first tokens and not at one special token")
                : Outcome.ok(sample.vectors().length + " activations, mean cosine "
                        + String.format(Locale.ROOT, "%.3f", alike));
    }

    private static double meanCosine(float[][] vectors) {
        double sum = 0;
        int count = 0;
        for (int i = 0; i < vectors.length; i++) {
            for (int j = 0; j < i; j++) {
                sum += Score.of(vectors[i], vectors[j]).cosine();
                count++;
            }
        }
        return count == 0 ? 0 : sum / count;
    }

    private Outcome readsText() {
        if (options.target() == null || options.data() == null) {
            throw new Unmet("needs --against TARGET and --data A.parquet");
        }
        Path file = requireData();
        Sample sample = Attempt.of(() -> sample(file)).need("activations");
        int dim = half.meta().dim().need("d_model");
        if (sample.vectors()[0].length != dim) {
            throw new Unmet("needs activations of " + dim + " numbers");
        }
        if (sample.vectors().length < 2) {
            throw new Unmet("needs two activations or more");
        }
        try (LanguageModel base = standsOnTarget() ? loadTarget() : null) {
            Outcome given = judge(sample, reconstruct(base, sample.texts()));
            if (given.state() != State.FAIL) {
                return given;
            }
            // A reconstructor trained on explanations alone may not understand plain context.
            Half other = verbalizer;
            Attempt<Sample> explained = other == null
                    ? Attempt.failed("there is no verbalizer")
                    : Attempt.of(() -> explained(sample, other, base));
            if (!explained.failed()) {
                Sample own = explained.need("explanations");
                return judge(own, reconstruct(base, own.texts()));
            }
            return sample.kind().equals(CONTEXT)
                    ? Outcome.warn(
                            given.found() + ", which one trained on explanations alone need not understand; its"
                                    + " verbalizer's can't be tried: " + explained.problem(),
                            "name the verbalizer first and this half by --nla-ar, or give --data with explanations")
                    : given;
        }
    }

    /// Whether either half is an adapter over the target's weights.
    private boolean standsOnTarget() {
        return half.adapter() || (verbalizer != null && verbalizer.adapter());
    }

    private LanguageModel loadTarget() {
        Lint.Model target = options.target();
        if (target == null) {
            throw new Unmet("needs --against TARGET");
        }
        requireFits(() ->
                MemoryPlan.of("target", ModelLoader.config(target.path()), options.dtype(), ModelLoader.Extent.WHOLE));
        return ModelLoader.load(target.path(), options.dtype(), ModelLoader.Extent.WHOLE, progress);
    }

    /// What is wrong with a model that can't be planned for is said where it is loaded.
    private static void requireFits(Supplier<MemoryPlan> plan) {
        try {
            Attempt.of(plan)
                    .optional()
                    .ifPresent(known ->
                            known.requireFits(ProcessMemory.ofThisMachine().available()));
        } catch (InsufficientMemoryException e) {
            throw new Unmet("needs more memory: " + e.getMessage());
        }
    }

    private static Nla.@Nullable Base base(@Nullable LanguageModel model) {
        return model == null ? null : new Nla.Base(model, null, true);
    }

    /// Reconstructions of the texts and, last, of the empty text, where it can be read.
    private float[][] reconstruct(@Nullable LanguageModel base, List<String> texts) {
        List<String> all = new ArrayList<>(texts);
        if (!half.adapter()) {
            requireFits(() ->
                    MemoryPlan.of("AR", ModelLoader.config(half.folder()), options.dtype(), ModelLoader.Extent.TRUNK));
        }
        Attempt<Nla.LoneReconstructor> opened =
                Attempt.of(() -> Nla.openReconstructor(half.folder(), base(base), options.dtype(), progress));
        try (Nla.LoneReconstructor lone = opened.need("a reconstructor that can be opened")) {
            Reconstructor reconstructor = lone.reconstructor();
            if (reconstructor.reads("")) {
                all.add("");
            }
            return reconstructor.reconstructReadable(all);
        }
    }

    private Sample explained(Sample sample, Half other, @Nullable LanguageModel base) {
        PairFolder pair = PairFolder.of(other.folder(), half.folder());
        if (!other.adapter() || !half.adapter()) { // two adapters are small beside what is loaded
            requireFits(() -> MemoryPlan.of(null, pair, options.dtype(), false).withoutAdvice());
        }
        try (Nla nla = Nla.open(pair, base(base), options.dtype(), progress)) {
            List<Verbalizer.Task> tasks = new ArrayList<>();
            for (float[] vector : sample.vectors()) {
                tasks.add(new Verbalizer.Task(vector, tasks.size()));
            }
            List<Completion> completions = nla.verbalizer()
                    .complete(
                            tasks,
                            new Verbalizer.Options(0, 0, EXPLANATION_TOKENS),
                            done -> progress.report("explain", done, tasks.size(), "explanations"));
            List<String> texts = completions.stream()
                    .map(c -> nla.verbalizer().read(c).description())
                    .toList();
            return new Sample(sample.vectors(), texts, "the AV's explanations", sample.layers());
        }
    }

    private static Outcome judge(Sample sample, float[][] reconstructions) {
        int n = sample.vectors().length;
        double[] real = new double[n];
        double[] shuffled = new double[n];
        double[] empty = new double[reconstructions.length > n ? n : 0];
        for (int i = 0; i < n; i++) {
            real[i] = cosine(reconstructions[i], sample.vectors()[i]);
            shuffled[i] = cosine(reconstructions[(i + n / 2) % n], sample.vectors()[i]);
            if (empty.length > 0) {
                empty[i] = cosine(reconstructions[n], sample.vectors()[i]);
            }
        }
        String found = String.format(
                Locale.ROOT,
                "cosines over %d activations: %s %.3f, another activation's %.3f, empty text %s",
                n,
                sample.kind(),
                mean(real),
                mean(shuffled),
                empty.length == 0 ? "has no token" : String.format(Locale.ROOT, "%.3f", mean(empty)));
        if (!isAbove(real, shuffled)) {
            return Outcome.fail(
                    found + ": the text makes no difference",
                    "check the AR's template, BOS and value head; if they are right, train it again: a reconstructor that"
                            + " ignores its text gives the mean activation");
        }
        return empty.length == 0 || isAbove(real, empty)
                ? Outcome.ok(found)
                : Outcome.warn(
                        found + ": it reads, but the empty text does as well", "train it longer before using scores");
    }

    private static double cosine(float[] reconstruction, float[] vector) {
        for (float value : reconstruction) {
            if (!Float.isFinite(value)) {
                throw new Unmet("the reconstructor gives numbers that are not finite");
            }
        }
        return Score.of(reconstruction, vector).cosine();
    }

    /// Whether `first` is larger in the mean, by more than chance and by more than nothing.
    private static boolean isAbove(double[] first, double[] second) {
        double[] differences = IntStream.range(0, first.length)
                .mapToDouble(i -> first[i] - second[i])
                .toArray();
        double mean = mean(differences);
        double variance =
                Arrays.stream(differences).map(d -> (d - mean) * (d - mean)).sum()
                        / Math.max(1, differences.length - 1);
        return mean > Math.max(ALIKE, STANDARD_ERRORS * Math.sqrt(variance / differences.length));
    }

    private static double mean(double[] values) {
        return Arrays.stream(values).average().orElse(0);
    }

    /// Activations spread over the whole file, each with its text.
    private static Sample sample(Path data) {
        try (ActivationFile file = ActivationFile.open(data);
                ParquetFile columns = ParquetFile.open(data)) {
            if (file.size() == 0) {
                throw new Unmet("needs activations, " + data + " has none");
            }
            String column = EXPLANATIONS.stream()
                    .filter(name -> columns.has(name, ColumnKind.TEXT))
                    .findFirst()
                    .orElse("");
            ColumnCursor<String> explanations = column.isEmpty() ? null : columns.texts(column);
            int count = (int) Math.min(ACTIVATIONS, file.size());
            float[][] vectors = new float[count][];
            List<String> texts = new ArrayList<>();
            List<Long> layers = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                long number = i * file.size() / count;
                ActivationRow row = file.row(number);
                vectors[i] = row.vector().clone();
                layers.add(row.layer());
                texts.add(explanations == null ? lastWords(row.text()) : explanation(explanations, number));
            }
            return new Sample(vectors, texts, column.isEmpty() ? CONTEXT : column, layers);
        }
    }

    private static String explanation(ColumnCursor<String> cursor, long number) {
        cursor.skip(number - cursor.row());
        return ExplanationText.parse(cursor.next()).description();
    }

    /// What stands directly before the activation's token, and that token: what a reconstructor can make most of.
    private static String lastWords(String text) {
        String[] words = text.strip().split("\\s+", -1);
        return String.join(" ", Arrays.asList(words).subList(Math.max(0, words.length - WORDS), words.length));
    }
}
