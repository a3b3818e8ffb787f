package dev.nla4j.train.sft;

import dev.nla4j.activation.AffineMap;
import dev.nla4j.chat.Message;
import dev.nla4j.chat.RenderOptions;
import dev.nla4j.eval.Shuffle;
import dev.nla4j.format.InputException;
import dev.nla4j.generate.Completion;
import dev.nla4j.model.Decoder;
import dev.nla4j.model.LanguageModel;
import dev.nla4j.model.Trainable;
import dev.nla4j.model.TrainableAdapter;
import dev.nla4j.model.TrainableWeights;
import dev.nla4j.nla.NlaMeta;
import dev.nla4j.nla.Role;
import dev.nla4j.nla.TextTokens;
import dev.nla4j.nla.Verbalizer;
import dev.nla4j.tensor.Scope;
import dev.nla4j.tokenizer.TokenSpan;
import dev.nla4j.train.MicroBatch;
import dev.nla4j.train.Parameter;
import dev.nla4j.train.config.SftConfig;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/// Teaches the verbalizer to write each activation's gold response: cross entropy on the response's tokens and the end
/// of turn, none on the prompt. The control shows other rows' activations with the same responses.
public final class VerbalizerTask implements Task {
    private static final int MOST_HELD_OUT = 192;
    private static final int SAMPLES = 4;
    private static final int SAMPLE_TOKENS = 96;

    private final LanguageModel base;
    private final Trainable learned;
    private final @Nullable AffineMap map;
    private final List<Parameter> parameters;
    private final ObjectNode sidecar;
    private final NlaMeta meta;
    private final PromptedAnswers prompted;
    private final int microBatch;
    private final long seed;
    private final List<PromptedAnswers.Answer> train;
    private final List<PromptedAnswers.Answer> heldOut;
    private final List<Example> shown;

    /// A half that has learned nothing yet.
    ///
    /// @param base stays the caller's
    /// @param data rows of stage av_sft
    /// @param heldOut explained rows of other documents, 2 or more
    public VerbalizerTask(
            LanguageModel base, HalfSidecar.Base named, Examples data, Examples heldOut, SftConfig config) {
        heldOut.requireLike(data);
        heldOut.requireOtherDocuments(data);
        this.base = base;
        this.microBatch = config.microBatch();
        this.seed = config.seed();
        this.sidecar = HalfSidecar.tree(
                Role.VERBALIZER,
                named,
                data,
                OptionalDouble.of(HalfSidecar.injectionScale(data.activations())),
                OptionalDouble.empty());
        this.map = config.mix().affineInjection()
                ? AffineMap.identity(base.config().dim())
                : null;
        if (map != null) {
            HalfSidecar.throughMap(sidecar);
        }
        this.meta = HalfSidecar.meta(data.file(), sidecar);
        try (Verbalizer checked = new Verbalizer(base, base.decoder(), meta, map)) {
            this.prompted = new PromptedAnswers(checked.promptIds(), checked.injection());
        }
        int[] end = endOfTurn(base);
        this.train = answers(data, data.spread(data.rows().size()), end);
        int[] measured = heldOut.spread(MOST_HELD_OUT);
        this.shown = heldOut.at(measured);
        this.heldOut = answers(heldOut, measured, end);
        if (shown.size() < 2) {
            throw new InputException(
                    heldOut.file() + ": must have 2 rows or more for its control, has " + shown.size());
        }
        this.learned = config.weights().full()
                ? TrainableWeights.whole(base)
                : TrainableAdapter.fresh(
                        base.config(),
                        base.config().numLayers(),
                        config.weights().rank(),
                        config.weights().alpha(),
                        config.seed());
        List<Parameter> all = Parameter.all(learned.leaves());
        if (map != null) {
            all.add(new Parameter("affine_injection.weight", map.weight()));
            all.add(new Parameter("affine_injection.bias", map.bias()));
        }
        this.parameters = List.copyOf(all);
    }

    /// What ends an answer in the model's own conversations: the first stop id that its template writes behind one.
    /// Another may follow (Phi-3 ends the text, too), which the model has never written.
    static int[] endOfTurn(LanguageModel base) {
        List<Message> messages = List.of(Message.of("user", "a"), Message.of("assistant", "b"));
        TextTokens conversation = TextTokens.ofConversation(
                base.tokenizer(),
                base.chatTemplate(),
                RenderOptions.timeless(messages.getFirst())
                        .withMessages(messages)
                        .withSpecials(base.templateSpecials()));
        int answered = conversation.messages().stream()
                .filter(message -> message.index() == 1)
                .mapToInt(TextTokens.MessageSpan::end)
                .findFirst()
                .orElse(0);
        Set<Integer> stops = base.stopIds();
        return IntStream.concat(
                        conversation.tokens().stream()
                                .filter(token -> token.start() >= answered)
                                .mapToInt(TokenSpan::tokenId)
                                .filter(stops::contains),
                        stops.stream().mapToInt(Integer::intValue).sorted())
                .limit(1)
                .toArray();
    }

    private List<PromptedAnswers.Answer> answers(Examples from, int[] rows, int[] end) {
        List<PromptedAnswers.Answer> answers = new ArrayList<>();
        for (int number : rows) {
            Example row = from.rows().get(number);
            int[] text = base.tokenizer().ids(row.response(), false);
            int[] ids = Arrays.copyOf(text, text.length + end.length);
            System.arraycopy(end, 0, ids, text.length, end.length);
            if (text.length == 0 || prompted.length(ids.length) > base.config().contextLength()) {
                throw new InputException(from.file() + ": row " + number + ": its response has " + text.length
                        + " tokens, must have 1 to "
                        + (base.config().contextLength() - prompted.promptIds().length));
            }
            answers.add(new PromptedAnswers.Answer(row.activation(), ids));
        }
        return List.copyOf(answers);
    }

    @Override
    public String name() {
        return Role.VERBALIZER.label();
    }

    @Override
    public List<Parameter> parameters() {
        return parameters;
    }

    @Override
    public int rows() {
        return train.size();
    }

    @Override
    public int length(int row) {
        return prompted.length(weight(row));
    }

    @Override
    public int weight(int row) {
        return train.get(row).ids().length;
    }

    @Override
    public Tensor loss(int[] rows, long step) {
        return prompted.loss(
                learned.on(base.decoder()),
                Arrays.stream(rows).mapToObj(train::get).toList());
    }

    @Override
    public Evaluation evaluate() {
        int[] others = Shuffle.derangement(heldOut.size(), seed);
        List<PromptedAnswers.Answer> shuffled = new ArrayList<>();
        for (int i = 0; i < others.length; i++) {
            shuffled.add(new PromptedAnswers.Answer(
                    heldOut.get(others[i]).activation(), heldOut.get(i).ids()));
        }
        double real = crossEntropy(heldOut);
        double control = crossEntropy(shuffled);
        Map<String, Double> values = new LinkedHashMap<>();
        values.put("eval/loss", real);
        values.put("eval/loss_shuffled", control);
        values.put("eval/gap", control - real);
        return new Evaluation(-real, values);
    }

    /// Nats a token.
    private double crossEntropy(List<PromptedAnswers.Answer> answers) {
        double sum = 0;
        for (MicroBatch part : MicroBatch.split(answers.size(), microBatch)) {
            try (Scope _ = Scope.noGrad()) {
                sum += prompted.loss(learned.on(base.decoder()), answers.subList(part.from(), part.to()))
                        .item_double();
            }
        }
        return sum / PromptedAnswers.count(answers);
    }

    @Override
    public String samples(long step) {
        List<Example> rows = shown.subList(0, Math.min(SAMPLES, shown.size()));
        List<Verbalizer.Task> tasks = new ArrayList<>();
        rows.forEach(row -> tasks.add(new Verbalizer.Task(row.activation(), tasks.size())));
        StringBuilder text = new StringBuilder();
        try (Scope _ = Scope.noGrad()) {
            Decoder now = learned.on(base.decoder());
            try (Verbalizer verbalizer = new Verbalizer(base, now, meta, map)) {
                List<Completion> written =
                        verbalizer.complete(tasks, new Verbalizer.Options(0, seed, SAMPLE_TOKENS), _ -> {});
                for (int i = 0; i < written.size(); i++) {
                    text.append("gold:    ")
                            .append(rows.get(i).explanation().replace("\n", " | "))
                            .append("\nwritten: ")
                            .append(verbalizer
                                    .read(written.get(i))
                                    .description()
                                    .replace("\n", " | "))
                            .append("\n\n");
                }
            }
        }
        return text.toString();
    }

    @Override
    public void export(Path folder) throws IOException {
        HalfFolder.replace(folder, temporary -> {
            if (map != null) {
                map.write(temporary);
            }
            HalfFolder.fill(temporary, sidecar, learned, null);
        });
    }

    @Override
    public void close() {
        learned.close();
        if (map != null) {
            map.close();
        }
    }
}
