package dev.nla4j.activation;

import dev.nla4j.activation.DatasetMeta.CorpusSlice;
import dev.nla4j.activation.DatasetMeta.PromptTemplates;
import dev.nla4j.activation.DatasetMeta.Provenance;
import dev.nla4j.activation.DatasetMeta.Stage;
import dev.nla4j.activation.corpus.Corpus;
import dev.nla4j.activation.corpus.Document;
import dev.nla4j.activation.corpus.Documents;
import dev.nla4j.format.AtomicFile;
import dev.nla4j.format.FileProblem;
import dev.nla4j.format.InputException;
import dev.nla4j.format.Sha256;
import dev.nla4j.progress.Progress;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/// Takes activations from a corpus and writes them as a Parquet file with its sidecar.
///
/// The work is cut into shards before it starts; each finished shard is kept as a part beside the target
/// file. A run that is killed goes on where it was, and its file has the bytes an undisturbed run's would
/// have.
public final class Extraction {
    private static final String TASK = "extract";
    private static final String UNIT = "documents";

    private final ExtractionSettings settings;
    private final Corpus corpus;
    private final DocumentTokenizer tokenizer;
    private final ActivationSource source;
    private final Progress progress;

    public Extraction(
            ExtractionSettings settings,
            Corpus corpus,
            DocumentTokenizer tokenizer,
            ActivationSource source,
            Progress progress) {
        this.settings = settings;
        this.corpus = corpus;
        this.tokenizer = tokenizer;
        this.source = source;
        this.progress = progress;
    }

    /// What to do with what is there already.
    public enum Start {
        /// Goes on with an interrupted run of the same settings; a finished file is not touched.
        RESUME,
        /// Drops an interrupted run and replaces a finished file.
        RESTART
    }

    /// Extracts to `out`, which is in place only when it is complete; its sidecar follows.
    ///
    /// @throws InputException when the corpus can't be used, another run is at work, or an interrupted run
    /// had other settings
    /// @throws IOException when writing fails; finished shards are kept
    public ExtractionResult run(Path out, Start start) throws IOException {
        corpus.requireOutside(out);
        String kept = "";
        try (WorkFolder work = WorkFolder.open(out)) {
            kept = "; finished parts are kept, the same command" + (start == Start.RESUME ? "" : " without --restart")
                    + " goes on with them";
            try {
                return run(out, start, work);
            } catch (InputException e) {
                if (!work.hasParts()) {
                    work.delete();
                }
                throw e;
            }
        } catch (IOException e) {
            throw new IOException(out + ": can't be written: " + FileProblem.of(e) + kept, e);
        }
    }

    private ExtractionResult run(Path out, Start start, WorkFolder work) throws IOException {
        JsonNode stored = start == Start.RESUME && work.hasParts() ? work.plan() : null;
        if (stored == null) {
            work.clear();
            if (start == Start.RESUME && Files.exists(out)) {
                throw new InputException(out + ": exists already; choose another file or start afresh with --restart");
            }
        }
        ExtractionPlan plan = ExtractionPlan.of(settings, corpus, progress);
        if (stored == null) {
            work.writePlan(plan.description());
        } else {
            requireSame(out, plan.differences(stored));
        }
        int kept;
        try {
            kept = runShards(plan, work);
        } catch (CorpusChanged e) {
            // parts of changed documents would be taken for the plan's when the corpus is put back
            work.clear();
            throw e;
        }
        Totals totals = merge(plan, work);
        if (totals.rows == 0) {
            work.clear();
            throw nothingToExtract();
        }
        put(out, work, plan, totals);
        work.delete();
        return new ExtractionResult(
                totals.rows, plan.documents(), totals.documents, plan.shards().size(), kept);
    }

    private static void requireSame(Path out, List<String> differences) {
        if (!differences.isEmpty()) {
            throw new InputException(out + ": an interrupted extraction with other settings is there ("
                    + String.join(", ", differences)
                    + "); repeat its command, choose another file or start afresh with --restart");
        }
    }

    /// Computes what is missing; the number of shards that were there already.
    private int runShards(ExtractionPlan plan, WorkFolder work) throws IOException {
        var digest = new CorpusDigest();
        int kept = 0;
        long done = 0;
        try (Documents documents = corpus.documents()) {
            for (int shard = 0; shard < plan.shards().size(); shard++) {
                int count = plan.shards().get(shard);
                if (work.hasPart(shard)) {
                    kept++;
                    for (int i = 0; i < count; i++) {
                        digest.add(next(documents));
                    }
                } else {
                    long before = done;
                    AtomicFile.write(
                            work.part(shard),
                            temporary -> runShard(temporary, documents, count, digest, before, plan.documents()));
                }
                done += count;
                progress.report(TASK, done, plan.documents(), UNIT);
            }
            if (nextOrNull(documents) != null || !digest.hex().equals(plan.corpusHash())) {
                throw new CorpusChanged(corpus, null);
            }
        }
        return kept;
    }

    private void runShard(Path part, Documents documents, int count, CorpusDigest digest, long before, long total)
            throws IOException {
        try (ActivationWriter writer =
                        ActivationWriter.create(part, settings.target().dimension());
                WriteBehind rows = new WriteBehind(writer::write)) {
            var shard = new ShardExtraction(
                    settings,
                    tokenizer,
                    source,
                    rows,
                    inShard -> progress.report(TASK, before + Math.min(inShard, count - 1), total, UNIT));
            for (int i = 0; i < count; i++) {
                Document document = next(documents);
                digest.add(document);
                shard.add(document);
            }
            shard.finish();
            rows.finish();
        }
    }

    private Document next(Documents documents) {
        Document document = nextOrNull(documents);
        if (document == null) {
            throw new CorpusChanged(corpus, null);
        }
        return document;
    }

    private @Nullable Document nextOrNull(Documents documents) {
        try {
            return documents.next();
        } catch (InputException e) {
            // the plan was made of a corpus without fault; a disk that fails says nothing of the documents
            throw e.getCause() instanceof IOException ? e : new CorpusChanged(corpus, e);
        }
    }

    /// The documents are not those the plan was made of.
    private static final class CorpusChanged extends InputException {
        private static final long serialVersionUID = 1L;

        CorpusChanged(Corpus corpus, @Nullable Throwable cause) {
            super(
                    "the corpus " + corpus.name() + " was changed while it was read, so what was done of it is dropped;"
                            + " run the command again",
                    cause);
        }
    }

    private static final class Totals {
        private long rows;
        private long documents;
        private @Nullable String lastDocument;

        void count(ActivationRow row) {
            rows++;
            if (!row.documentId().equals(lastDocument)) {
                documents++;
                lastDocument = row.documentId();
            }
        }
    }

    /// Puts the parts together in the work folder, row groups as if they had been written at once.
    private Totals merge(ExtractionPlan plan, WorkFolder work) throws IOException {
        var totals = new Totals();
        AtomicFile.write(work.merged(), temporary -> {
            try (ActivationWriter writer =
                    ActivationWriter.create(temporary, settings.target().dimension())) {
                for (int shard = 0; shard < plan.shards().size(); shard++) {
                    try (ActivationFile part = ActivationFile.open(work.part(shard))) {
                        for (ActivationFile.Rows rows = part.rows(); rows.hasNext(); ) {
                            ActivationRow row = rows.next();
                            totals.count(row);
                            writer.write(row);
                        }
                    }
                    progress.report("write", shard + 1L, plan.shards().size(), "shards");
                }
            }
        });
        return totals;
    }

    private InputException nothingToExtract() {
        return new InputException("corpus " + corpus.name() + ": no document has a token at position "
                + settings.sampler().minPosition() + " or later"
                + (settings.windowing() == null ? "" : " of a window")
                + ", so there is nothing to extract; lower --min-position or use longer texts");
    }

    private void put(Path out, WorkFolder work, ExtractionPlan plan, Totals totals) throws IOException {
        Path folder = Objects.requireNonNull(out.toAbsolutePath().getParent());
        // a sidecar of a file that is being replaced must not stand beside the new one
        Path sidecar = DatasetSidecar.beside(out);
        Files.deleteIfExists(sidecar);
        Files.move(work.merged(), out, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        AtomicFile.forceFolder(folder);
        DatasetSidecar.write(sidecar, meta(plan, totals));
    }

    private DatasetMeta meta(ExtractionPlan plan, Totals totals) {
        ExtractionSettings.Target target = settings.target();
        PositionSampler sampler = settings.sampler();
        boolean defaultPosition = sampler.minPosition() == ExtractionSettings.DEFAULT_MIN_POSITION;
        String name = corpus.split().isEmpty() ? corpus.name() : corpus.name() + ":" + corpus.split();
        var extraction = new DatasetMeta.Extraction(
                target.model(),
                target.dimension(),
                target.layer(),
                name,
                new CorpusSlice(0, plan.documents()),
                sampler.perDocument(),
                settings.windowing(),
                defaultPosition ? null : sampler.minPosition());
        return new DatasetMeta(
                datasetId(extraction),
                Stage.BASE,
                totals.rows,
                extraction,
                true,
                null,
                PromptTemplates.NONE,
                null,
                new Provenance(List.of(), Instant.now().toString(), settings.createdBy(), ""));
    }

    /// The reference's name of a data set; what it does not know of (windows) joins the hash.
    static String datasetId(DatasetMeta.Extraction extraction) {
        String model = extraction.baseModel();
        Windowing windowing = extraction.windowing();
        String key = model + "|" + extraction.layerIndex() + "|" + extraction.corpus() + "|{'start': "
                + extraction.corpusSlice().start() + ", 'length': "
                + extraction.corpusSlice().length() + "}"
                + (windowing == null ? "" : "|" + windowing.window() + "|" + windowing.stride());
        return "base_" + model.substring(model.lastIndexOf('/') + 1) + "_L" + extraction.layerIndex() + "_"
                + Sha256.of(key).substring(0, 8);
    }
}
