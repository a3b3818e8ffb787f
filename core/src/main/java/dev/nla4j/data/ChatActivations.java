package dev.nla4j.data;

import dev.nla4j.activation.ActivationFile;
import dev.nla4j.activation.ActivationRow;
import dev.nla4j.activation.ActivationWriter;
import dev.nla4j.activation.Batches;
import dev.nla4j.activation.DatasetMeta;
import dev.nla4j.activation.DatasetMeta.Stage;
import dev.nla4j.activation.DatasetSidecar;
import dev.nla4j.activation.PositionSampler;
import dev.nla4j.activation.PositionsPerDocument;
import dev.nla4j.activation.ResidualReader;
import dev.nla4j.activation.WorkFolder;
import dev.nla4j.activation.corpus.Corpus;
import dev.nla4j.activation.corpus.Document;
import dev.nla4j.activation.corpus.Documents;
import dev.nla4j.chat.Message;
import dev.nla4j.chat.RenderOptions;
import dev.nla4j.format.AtomicFile;
import dev.nla4j.format.FormatException;
import dev.nla4j.format.InputException;
import dev.nla4j.format.Sha256;
import dev.nla4j.format.json.Json;
import dev.nla4j.generate.Completion;
import dev.nla4j.generate.Engine;
import dev.nla4j.generate.Prompt;
import dev.nla4j.generate.Request;
import dev.nla4j.generate.StopCondition;
import dev.nla4j.model.LanguageModel;
import dev.nla4j.nla.TextTokens;
import dev.nla4j.progress.Progress;
import dev.nla4j.tensor.Scope;
import dev.nla4j.tokenizer.Tokenizer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/// On-policy conversations: the target answers prompts through its own chat template, and activations are taken from
/// its answers. The rows are those of any extraction; transcripts with all tokens stand beside them.
///
/// Work is cut into chunks of prompts; a run that is killed goes on where it was.
public final class ChatActivations {
    private static final String TASK = "chat";

    /// How answers are written and read.
    ///
    /// @param model as the sidecar names it
    /// @param fingerprint of the weights and the precision they run in
    /// @param layer K
    /// @param now the time that templates may write into a prompt, the same for all
    /// @param chunk prompts that are answered together
    /// @param batchTokens most tokens of a batch that is read, padding counted
    public record Settings(
            String model,
            String fingerprint,
            int layer,
            PositionsPerDocument perAnswer,
            double temperature,
            int maxNewTokens,
            long seed,
            LocalDateTime now,
            int chunk,
            int batchTokens) {}

    /// What a run did.
    ///
    /// @param skipped prompts that are too long to be answered
    public record Result(long rows, long prompts, long skipped, int chunksKept) {}

    private final LanguageModel target;
    private final Settings settings;
    private final Map<String, @Nullable Object> variables;
    private final ResidualReader reader;

    /// @param variables what the chat template is told beside the prompts, as plain values
    public ChatActivations(LanguageModel target, Settings settings, Map<String, @Nullable Object> variables) {
        this.target = target;
        this.settings = settings;
        this.variables = variables;
        this.reader = new ResidualReader(target.decoder(), settings.layer());
    }

    /// An answered prompt.
    @SuppressWarnings("ArrayRecordComponent") // a carrier within a chunk, never compared
    private record Answer(Document prompt, int[] ids, int answerStart, String text) {}

    /// Answers the prompts of a corpus, each document being one, and writes activations to `out`.
    public Result run(Corpus prompts, Path out, boolean restart, Progress progress) throws IOException {
        prompts.requireOutside(out);
        try (WorkFolder work = WorkFolder.open(out)) {
            List<Document> all = documents(prompts);
            ObjectNode plan = plan(prompts, all);
            JsonNode stored = !restart && work.hasParts() ? work.plan() : null;
            if (stored == null) {
                work.clear();
                try {
                    DataOutput.requireFree(out, restart);
                } catch (InputException e) {
                    work.delete();
                    throw e;
                }
                work.writePlan(plan);
            } else if (!stored.equals(plan)) {
                throw new InputException(
                        out + ": an interrupted run with other settings or prompts is there; repeat its"
                                + " command, choose another file or start afresh with --restart");
            }
            int chunks = Math.ceilDiv(all.size(), settings.chunk());
            int kept = 0;
            for (int chunk = 0; chunk < chunks; chunk++) {
                int from = chunk * settings.chunk();
                int to = Math.min(all.size(), from + settings.chunk());
                if (work.hasPart(chunk)) {
                    kept++;
                } else {
                    runChunk(all.subList(from, to), from, work.part(chunk));
                }
                progress.report(TASK, to, all.size(), "prompts");
            }
            long[] counts = finish(prompts, all.size(), chunks, work, out);
            work.delete();
            return new Result(counts[0], all.size(), counts[1], kept);
        }
    }

    private static List<Document> documents(Corpus prompts) {
        List<Document> all = new ArrayList<>();
        Map<String, Integer> numbers = new HashMap<>();
        try (Documents documents = prompts.documents()) {
            for (Document document = documents.next(); document != null; document = documents.next()) {
                all.add(document);
                Integer before = numbers.put(document.id(), all.size());
                if (before != null) {
                    // transcripts are found by it
                    throw new InputException(prompts.name() + ": prompt " + all.size() + " has the doc_id "
                            + FormatException.printable(document.id()) + " of prompt " + before
                            + "; give each prompt its own, or none");
                }
            }
        }
        return all;
    }

    private ObjectNode plan(Corpus prompts, List<Document> all) {
        StringBuilder text = new StringBuilder();
        // as JSON, so that no two lists of prompts look alike
        all.forEach(prompt -> text.append(Json.mapper()
                        .createArrayNode()
                        .add(prompt.id())
                        .add(prompt.split())
                        .add(prompt.text()))
                .append('\n'));
        ObjectNode plan = Json.mapper()
                .createObjectNode()
                .put("settings", settings.toString())
                .put("corpus", prompts.name())
                .put("split", prompts.split())
                .put("prompts-sha256", Sha256.of(text.toString()));
        if (!variables.isEmpty()) {
            plan.put("variables", told());
        }
        return plan;
    }

    private String told() {
        return Json.mapper().valueToTree(variables).toString();
    }

    private void runChunk(List<Document> prompts, int first, Path part) throws IOException {
        List<Answer> answers = answer(prompts, first);
        StringBuilder transcripts = new StringBuilder();
        answers.forEach(answer -> transcripts.append(transcript(answer)).append('\n'));
        // The activations come last: when they are there, all of the chunk is.
        AtomicFile.writeString(transcripts(part), transcripts.toString());
        AtomicFile.write(part, temporary -> {
            try (ActivationWriter writer =
                    ActivationWriter.create(temporary, target.config().dim())) {
                for (ActivationRow row : rows(answers)) {
                    writer.write(row);
                }
            }
        });
    }

    private static Path transcripts(Path part) {
        return part.resolveSibling(part.getFileName() + ".jsonl");
    }

    private List<Answer> answer(List<Document> prompts, int first) {
        List<Integer> asked = new ArrayList<>();
        List<int[]> ids = new ArrayList<>();
        for (int i = 0; i < prompts.size(); i++) {
            RenderOptions options = RenderOptions.of(
                            List.of(Message.of("user", prompts.get(i).text())))
                    .at(settings.now())
                    .withGenerationPrompt(true)
                    .withVariables(variables)
                    .withSpecials(target.templateSpecials());
            // with what the template adds, a text of the corpus may be more than a tokenizer takes
            String text = target.chatTemplate().render(options);
            if (text.length() > Tokenizer.LONGEST_TEXT) {
                continue;
            }
            int[] rendered = TextTokens.ofRendered(target.tokenizer(), text).ids();
            if (rendered.length < target.config().contextLength() && room(rendered.length) > 0) {
                asked.add(i);
                ids.add(rendered);
            }
        }
        List<Answer> answers = new ArrayList<>();
        List<Completion> completions = complete(ids, asked, first);
        for (int i = 0; i < asked.size(); i++) {
            int[] written = completions.get(i).idArray();
            int[] both = Arrays.copyOf(ids.get(i), ids.get(i).length + written.length);
            System.arraycopy(written, 0, both, ids.get(i).length, written.length);
            answers.add(new Answer(
                    prompts.get(asked.get(i)),
                    both,
                    ids.get(i).length,
                    target.tokenizer().decode(written, true)));
        }
        return answers;
    }

    /// New tokens that a prompt may be answered with: until its positions would turn otherwise, or the context ends.
    private int room(int prompt) {
        int room = target.config().contextLength() - prompt;
        if (target.config().lengthClass(prompt)
                == target.config().lengthClass(prompt + (long) Math.min(room, settings.maxNewTokens()))) {
            return room;
        }
        int fitting = 0;
        while (target.config().lengthClass(prompt + fitting + 1L)
                == target.config().lengthClass(prompt)) {
            fitting++;
        }
        return fitting;
    }

    private List<Completion> complete(List<int[]> ids, List<Integer> asked, int first) {
        try (Scope _ = Scope.noGrad()) {
            List<Request> requests = new ArrayList<>();
            for (int i = 0; i < ids.size(); i++) {
                int room = room(ids.get(i).length);
                requests.add(new Request(
                        Prompt.of(target.decoder(), ids.get(i)),
                        settings.seed(),
                        // a prompt's own number, whatever chunk it is in
                        first + (long) asked.get(i),
                        settings.temperature(),
                        Math.min(settings.maxNewTokens(), room),
                        target.stopIds(),
                        StopCondition.NEVER));
            }
            return new Engine(target.decoder(), target.drawableIds()).generate(requests, (_, _) -> {});
        }
    }

    /// Rows in the order of the prompts; texts are read in batches of like length.
    private List<ActivationRow> rows(List<Answer> answers) {
        List<int[]> positions = answers.stream().map(this::positions).toList();
        List<Integer> order = IntStream.range(0, answers.size())
                .filter(i -> positions.get(i).length > 0)
                .boxed()
                .sorted(Comparator.comparingInt((Integer i) -> -answers.get(i).ids().length))
                .toList();
        float[] @Nullable [][] vectors = new float[answers.size()][][];
        for (List<Integer> batch : Batches.of(order, i -> answers.get(i).ids().length, settings.batchTokens())) {
            float[][] read = reader.read(
                    batch.stream().map(i -> answers.get(i).ids()).toList(),
                    batch.stream().map(positions::get).toList());
            int next = 0;
            for (int i : batch) {
                vectors[i] = Arrays.copyOfRange(read, next, next + positions.get(i).length);
                next += positions.get(i).length;
            }
        }
        List<ActivationRow> rows = new ArrayList<>();
        for (int i = 0; i < vectors.length; i++) {
            float[][] mine = vectors[i];
            for (int j = 0; mine != null && j < mine.length; j++) {
                rows.add(row(answers.get(i), positions.get(i)[j], mine[j]));
            }
        }
        return rows;
    }

    private ActivationRow row(Answer answer, int position, float[] vector) {
        int[] context = Arrays.copyOf(answer.ids(), position + 1);
        return new ActivationRow(
                context.length,
                target.tokenizer().decode(context, true),
                vector,
                settings.layer(),
                answer.prompt().id());
    }

    /// The chosen tokens of an answer: sampled as extraction samples those of a document, special ones left out.
    private int[] positions(Answer answer) {
        Set<Integer> specials = target.tokenizer().specials().ids();
        int[] candidates = IntStream.range(answer.answerStart(), answer.ids().length)
                .filter(i -> !specials.contains(answer.ids()[i]))
                .toArray();
        int[] picked = PositionSampler.choose(
                settings.perAnswer(), settings.seed(), answer.prompt().id(), candidates.length);
        return Arrays.stream(picked).map(i -> candidates[i]).toArray();
    }

    private static ObjectNode transcript(Answer answer) {
        ObjectNode node = Json.mapper().createObjectNode();
        node.put("doc_id", answer.prompt().id()).put("split", answer.prompt().split());
        ArrayNode messages = node.putArray("messages");
        messages.addObject().put("role", "user").put("content", answer.prompt().text());
        messages.addObject().put("role", "assistant").put("content", answer.text());
        ArrayNode ids = node.putArray("ids");
        Arrays.stream(answer.ids()).forEach(ids::add);
        return node;
    }

    /// Puts the parts together; how many rows there are, and how many prompts were not answered.
    private long[] finish(Corpus prompts, int count, int chunks, WorkFolder work, Path out) throws IOException {
        long[] answered = new long[1];
        // What is here may be of another run: without its sidecar it does not pass for whole beside these.
        Files.deleteIfExists(DatasetSidecar.beside(out));
        AtomicFile.write(Transcripts.beside(out), temporary -> {
            try (var lines = Files.newOutputStream(temporary)) {
                for (int chunk = 0; chunk < chunks; chunk++) {
                    String part = Files.readString(transcripts(work.part(chunk)));
                    answered[0] += part.lines().count();
                    lines.write(part.getBytes(StandardCharsets.UTF_8));
                }
            }
        });
        long rows = DataOutput.put(
                out,
                temporary -> {
                    long written = 0;
                    try (ActivationWriter writer =
                            ActivationWriter.create(temporary, target.config().dim())) {
                        for (int chunk = 0; chunk < chunks; chunk++) {
                            try (ActivationFile part = ActivationFile.open(work.part(chunk))) {
                                for (ActivationFile.Rows read = part.rows(); read.hasNext(); ) {
                                    writer.write(read.next());
                                    written++;
                                }
                            }
                        }
                    }
                    if (written == 0) {
                        throw new InputException("no answer has a token to take an activation from");
                    }
                    return written;
                },
                meta(prompts, count));
        return new long[] {rows, count - answered[0]};
    }

    private DatasetMeta meta(Corpus prompts, int count) {
        String corpus = prompts.split().isEmpty() ? prompts.name() : prompts.name() + ":" + prompts.split();
        String key = settings.model() + "|" + settings.layer() + "|" + corpus + "|" + count + "|"
                + settings.temperature() + "|" + settings.maxNewTokens() + "|" + settings.perAnswer() + "|"
                + settings.seed()
                + (variables.isEmpty() ? "" : "|" + told());
        String model = settings.model().substring(settings.model().lastIndexOf('/') + 1);
        return new DatasetMeta(
                "base_" + model + "_L" + settings.layer() + "_chat_"
                        + Sha256.of(key).substring(0, 8),
                Stage.BASE,
                0,
                new DatasetMeta.Extraction(
                        settings.model(),
                        target.config().dim(),
                        settings.layer(),
                        corpus,
                        new DatasetMeta.CorpusSlice(0, count),
                        settings.perAnswer(),
                        null,
                        null),
                true,
                null,
                DatasetMeta.PromptTemplates.NONE,
                null,
                new DatasetMeta.Provenance(List.of(), java.time.Instant.now().toString(), DataOutput.CREATED_BY, ""));
    }
}
