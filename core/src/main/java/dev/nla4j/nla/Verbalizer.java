package dev.nla4j.nla;

import dev.nla4j.activation.AffineMap;
import dev.nla4j.activation.Injection;
import dev.nla4j.chat.ChatTemplate;
import dev.nla4j.chat.jinja.TemplateException;
import dev.nla4j.format.FormatException;
import dev.nla4j.format.InputException;
import dev.nla4j.generate.Completion;
import dev.nla4j.generate.Engine;
import dev.nla4j.generate.Prompt;
import dev.nla4j.generate.Request;
import dev.nla4j.generate.Sampling;
import dev.nla4j.generate.StopCondition;
import dev.nla4j.generate.StopReason;
import dev.nla4j.model.Decoder;
import dev.nla4j.model.DrawableIds;
import dev.nla4j.model.LanguageModel;
import dev.nla4j.model.Prefix;
import dev.nla4j.progress.Progress;
import dev.nla4j.tensor.Scope;
import dev.nla4j.tensor.Tensors;
import dev.nla4j.tokenizer.SpecialTokens;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.IntConsumer;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/// The AV: reads an activation in place of one prompt token and writes what it means.
public final class Verbalizer implements AutoCloseable {
    private static final String TASK = "explain";
    private static final String TOKENS = "tokens";

    private final Decoder decoder;
    private final LanguageModel base;
    private final NlaMeta meta;
    private final Injection injection;
    private final int[] promptIds;
    private final Engine engine;
    private @Nullable Prefix prefix;

    /// One whose activations are injected as they are.
    public Verbalizer(LanguageModel base, Decoder decoder, NlaMeta meta) {
        this(base, decoder, meta, null);
    }

    /// Checks the sidecar against the live tokenizer and template, and refuses with the reason when they disagree.
    ///
    /// @param base whose tokenizer and template the prompt goes through
    /// @param decoder the base's, seen through the verbalizer's adapter
    /// @param map that the sidecar speaks of, null where it speaks of none; stays the caller's
    public Verbalizer(LanguageModel base, Decoder decoder, NlaMeta meta, @Nullable AffineMap map) {
        this.base = base;
        this.decoder = decoder;
        this.meta = meta;
        if (meta.dim() != decoder.config().dim()) {
            throw wrong(
                    "d_model",
                    "is " + meta.dim() + ", the model's width is "
                            + decoder.config().dim());
        }
        NlaMeta.Marker marker = meta.requiredMarker();
        double scale = meta.injectionScale()
                .orElseThrow(() -> wrong(
                        "extraction.injection_scale",
                        "is missing: a verbalizer can't know how loud its input should be"));
        if (meta.affineInjection() != (map != null)) {
            throw wrong(
                    "extraction." + NlaMeta.AFFINE_SCALE,
                    map == null ? "asks for " + AffineMap.FILE : "is missing, there is a " + AffineMap.FILE);
        }
        this.injection = new Injection(marker.id(), marker.left(), marker.right(), scale, map);
        this.promptIds = prompt(meta.template());
        this.engine = new Engine(decoder, base.drawableIds());
    }

    private int[] prompt(String template) {
        NlaMeta.Marker marker = meta.requiredMarker();
        int[] alone = base.tokenizer().ids(marker.text(), false);
        if (alone.length != 1 || alone[0] != marker.id()) {
            throw wrong(
                    "tokens.injection_token_id",
                    "is " + marker.id() + ", this tokenizer reads \"" + marker.text() + "\" as "
                            + Arrays.toString(alone));
        }
        SpecialTokens.Special unknown = base.tokenizer().specials().unk();
        if (unknown != null && unknown.id() == marker.id()) {
            throw wrong(
                    "tokens.injection_token_id",
                    "is " + marker.id() + ", this tokenizer's token for what it does not know (" + unknown.token()
                            + "): any unknown character of a prompt would be taken for the marker");
        }
        String message = PromptTemplate.of(template, NlaMeta.INJECTION).fill(marker.text());
        ChatTemplate chat = base.chatTemplate();
        String text;
        try {
            text = chat.asked(message, base.templateSpecials());
        } catch (TemplateException e) {
            // One message of a user is the least that a template must render.
            throw new InputException(String.valueOf(e.getMessage()), e);
        }
        int[] ids = base.tokenizer().ids(text, false);
        int[] places = Injection.places(ids, marker.id());
        if (places.length != 1) {
            throw wrong("prompt_templates", "the prompt holds the marker " + places.length + " times, expected once");
        }
        if (injection.slots(ids).size() != 1) {
            throw wrong(
                    "tokens",
                    "the marker's neighbours have drifted: " + neighbours(ids, places[0]) + ", the sidecar says "
                            + marker.left() + " and " + marker.right());
        }
        return ids;
    }

    private static String neighbours(int[] ids, int place) {
        return place == 0 || place + 1 == ids.length
                ? "it stands at the prompt's edge"
                : "it stands between " + ids[place - 1] + " and " + ids[place + 1];
    }

    public NlaMeta meta() {
        return meta;
    }

    public Injection injection() {
        return injection;
    }

    /// The prompt's ids, marker included.
    public int[] promptIds() {
        return promptIds.clone();
    }

    /// The prompts of `activations`, injected: `[N, T, D]` fp32, the caller's scope owns it.
    public Tensor prompts(float[][] activations) {
        return injection.inject(
                decoder.embed(Tensors.ids(new int[][] {promptIds})).select(0, 0), promptIds, activations);
    }

    /// What to write for one activation.
    ///
    /// @param number distinguishes the requests of one seed
    @SuppressWarnings("ArrayRecordComponent") // a carrier, never compared
    public record Task(float[] activation, long number) {}

    /// How to write.
    public record Options(Sampling sampling, long seed, int maxNewTokens) {
        /// From the whole distribution at `temperature`.
        public Options(double temperature, long seed, int maxNewTokens) {
            this(Sampling.at(temperature), seed, maxNewTokens);
        }
    }

    /// Completions of `tasks` in their order; each ends at the closing tag, an end-of-text id or the length.
    ///
    /// @param done hears how many have ended
    public List<Completion> complete(List<Task> tasks, Options options, IntConsumer done) {
        StopCondition stop = StopCondition.onText(base.tokenizer(), ExplanationText.CLOSING);
        return complete(tasks, options, stop, done);
    }

    /// As above with another condition than the closing tag.
    public List<Completion> complete(List<Task> tasks, Options options, StopCondition stop, IntConsumer done) {
        int[] ended = {0};
        return complete(engine, tasks, options, base.stopIds(), stop, _ -> done.accept(++ended[0]));
    }

    /// As [#complete(List, Options, IntConsumer)], with every token reported: rows go on side by side, so that none
    /// ends
    /// for long. One that ends before its time counts as written to its end.
    public List<Completion> complete(List<Task> tasks, Options options, Progress progress) {
        StopCondition stop = StopCondition.onText(base.tokenizer(), ExplanationText.CLOSING);
        long total = (long) tasks.size() * options.maxNewTokens();
        long[] written = {0};
        progress.report(TASK, 0, total, TOKENS);
        StopCondition watch = (ids, count) -> {
            progress.report(TASK, Math.min(++written[0], total - 1), total, TOKENS);
            return stop.isComplete(ids, count);
        };
        List<Completion> completions = complete(
                engine,
                tasks,
                options,
                base.stopIds(),
                watch,
                ended -> written[0] += options.maxNewTokens() - ended.ids().size());
        progress.report(TASK, total, total, TOKENS);
        return completions;
    }

    /// Completions of exactly the options' length, whatever is written, from every row of the embedding table, also
    /// those no token has: what an implementation writes that looks at ids only.
    public List<Completion> completeWithoutStop(List<Task> tasks, Options options) {
        Engine whole = new Engine(decoder, DrawableIds.below(decoder.config().vocabulary()));
        return complete(whole, tasks, options, Set.of(), StopCondition.NEVER, _ -> {});
    }

    private List<Completion> complete(
            Engine engine,
            List<Task> tasks,
            Options options,
            Set<Integer> stopIds,
            StopCondition stop,
            Consumer<Completion> ended) {
        if (tasks.isEmpty()) {
            return List.of();
        }
        try (Scope _ = Scope.noGrad()) {
            List<Prompt> prompts = sharedPrompts(tasks);
            List<Request> requests = new ArrayList<>();
            for (int i = 0; i < tasks.size(); i++) {
                requests.add(new Request(
                        prompts.get(i),
                        options.seed(),
                        tasks.get(i).number(),
                        options.sampling(),
                        options.maxNewTokens(),
                        stopIds,
                        stop));
            }
            return engine.generate(requests, (index, completion) -> ended.accept(completion));
        }
    }

    /// One prompt an activation, also where several tasks explain it; what comes before the slot is read once a
    /// model, and an activation takes no more memory than its own row.
    private List<Prompt> sharedPrompts(List<Task> tasks) {
        IdentityHashMap<float[], Integer> places = new IdentityHashMap<>();
        List<float[]> activations = new ArrayList<>();
        for (Task task : tasks) {
            if (places.putIfAbsent(task.activation(), activations.size()) == null) {
                activations.add(task.activation());
            }
        }
        int slot = injection.slots(promptIds).get(0);
        Tensor rows = injection.rows(
                activations.toArray(float[][]::new), decoder.config().dim()); // [U, D]
        int[] behind = Arrays.copyOfRange(promptIds, slot + 1, promptIds.length);
        Tensor after = decoder.embed(Tensors.ids(new int[][] {behind})).select(0, 0); // [R, D]
        Prefix shared = prefix(slot);
        List<Prompt> prompts = new ArrayList<>();
        for (int i = 0; i < activations.size(); i++) {
            prompts.add(new Prompt(shared, rows.narrow(0, i, 1), after));
        }
        return tasks.stream()
                .map(task -> prompts.get(Objects.requireNonNull(places.get(task.activation()))))
                .toList();
    }

    /// Keys and values of the tokens before the slot: the same for every activation.
    private Prefix prefix(int slot) {
        if (prefix == null) {
            int[] before = Arrays.copyOf(promptIds, slot);
            prefix = Prefix.of(
                    decoder,
                    decoder.embed(Tensors.ids(new int[][] {before})),
                    decoder.config().numLayers());
        }
        return prefix;
    }

    /// Forgets what was read of the prompt: for whoever changes the weights. They are read again when they are
    /// needed.
    public void forget() {
        if (prefix != null) {
            prefix.close();
            prefix = null;
        }
    }

    @Override
    public void close() {
        forget();
    }

    /// Tokens of a text in this model's vocabulary.
    public int tokens(String text) {
        return base.tokenizer().ids(text, false).length;
    }

    /// The text of a completion.
    public ExplanationText read(Completion completion) {
        boolean ended = completion.reason() == StopReason.STOP_ID || completion.reason() == StopReason.STOP_CONDITION;
        return ExplanationText.parse(base.tokenizer().decode(completion.idArray(), true), !ended);
    }

    private FormatException wrong(String field, String problem) {
        return new FormatException(meta.file(), -1, field, problem);
    }
}
