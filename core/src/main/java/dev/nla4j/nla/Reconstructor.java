package dev.nla4j.nla;

import dev.nla4j.format.FormatException;
import dev.nla4j.format.InputException;
import dev.nla4j.model.Context;
import dev.nla4j.model.Decoder;
import dev.nla4j.model.Prefix;
import dev.nla4j.tensor.MatrixProduct;
import dev.nla4j.tensor.Scope;
import dev.nla4j.tensor.Tensors;
import dev.nla4j.tokenizer.Tokenizer;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Tensor;

/// The AR: reads an explanation and says which activation it describes. Blocks 0 to K, no final norm, then a
/// matrix on the residual at the prompt's last token.
public final class Reconstructor {
    /// Padded tokens of one batch.
    private static final int MOST_TOKENS = 4096;
    /// Fewer shared tokens than these take longer to read by themselves than with each text.
    private static final int LEAST_SHARED = 4;
    /// A text whose last character no template's tail merges with: what its prompt ends in, every prompt
    /// ends in.
    public static final String PROBE = "A county court rules on a petition.";
    /// Characters of a text that an error tells it by.
    private static final int BEGINNING = 40;

    private final Decoder decoder;
    private final Tokenizer tokenizer;
    private final NlaMeta meta;
    private final Tensor valueHead; // [D, D] fp32, owned by the pair
    private final String before;
    private final String after;
    private final int shared;

    /// Checks the sidecar against the live tokenizer and weights, and refuses with the reason when they disagree.
    public Reconstructor(Decoder decoder, Tokenizer tokenizer, NlaMeta meta, Tensor valueHead) {
        this.decoder = decoder;
        this.tokenizer = tokenizer;
        this.meta = meta;
        this.valueHead = valueHead;
        if (meta.dim() != decoder.config().dim()) {
            throw wrong(
                    "d_model",
                    "is " + meta.dim() + ", the model's width is "
                            + decoder.config().dim());
        }
        if (layer() >= decoder.config().numLayers()) {
            throw wrong(
                    "critic.extraction_layer_index",
                    "is " + layer() + ", the model has only " + decoder.config().numLayers() + " blocks");
        }
        PromptTemplate template = PromptTemplate.of(meta.template(), NlaMeta.EXPLANATION);
        this.before = template.before();
        this.after = template.after();
        meta.suffixIds().ifPresent(this::requireSuffix);
        requireNothingAdded();
        // The last token may become another one together with the text.
        this.shared = Math.max(0, tokenizer.ids(before, true).length - 1);
    }

    private void requireSuffix(List<Integer> expected) {
        int[] tail = tokenizer.ids(after, false);
        List<Integer> found = Arrays.stream(tail).skip(1).boxed().toList();
        if (!found.equals(expected)) {
            throw wrong(
                    "tokens.critic_suffix_ids",
                    "are " + expected + ", this tokenizer reads the template's end as " + found
                            + " (its first token left out, since it merges with the text)");
        }
        // Not the template's end by itself: the token that is read is the last one of a prompt.
        List<Integer> prompt = Arrays.stream(tokenizer.ids(before + PROBE + after, true))
                .boxed()
                .toList();
        List<Integer> end = prompt.subList(Math.max(0, prompt.size() - expected.size()), prompt.size());
        if (!end.equals(expected)) {
            throw wrong(
                    "tokens.critic_suffix_ids",
                    "are " + expected + ", a prompt ends in " + end
                            + ": this tokenizer makes the end of a prompt otherwise than the template's end alone");
        }
    }

    private void requireNothingAdded() {
        List<Integer> added = tokenizer.specials().suffix();
        if (!added.isEmpty()) {
            throw wrong(
                    "prompt_templates",
                    "its prompts would not end in the template's end: this tokenizer adds " + added
                            + " after a text, and that token would be read instead; take it out of post_processor in"
                            + " tokenizer.json");
        }
    }

    public NlaMeta meta() {
        return meta;
    }

    /// K.
    public int layer() {
        return meta.layer().orElseThrow(() -> wrong("critic.extraction_layer_index", "is missing"));
    }

    /// Tokens that prompts begin with whatever their text is; where a text changes them after all, [#read] sees it.
    public int shared() {
        return shared;
    }

    /// The prompt's ids for an explanation, with what the tokenizer adds by itself.
    public int[] promptIds(String explanation) {
        int[] ids = tokenizer.ids(before + explanation + after, true);
        if (ids.length > decoder.config().contextLength()) {
            // Which of many it is, its beginning tells.
            throw new InputException("explanation of " + explanation.length() + " characters that begins \""
                    + FormatException.beginning(explanation, BEGINNING) + "\": its prompt has "
                    + ids.length + " tokens, the model's context has "
                    + decoder.config().contextLength());
        }
        if (ids.length == 0) {
            throw new InputException("the prompt of an empty explanation has no token");
        }
        return ids;
    }

    /// Whether a text's prompt has a token: the empty text has none in a template that is nothing but its
    /// place, where the tokenizer adds nothing either.
    public boolean reads(String explanation) {
        return tokenizer.ids(before + explanation + after, true).length > 0;
    }

    /// As [#reconstruct], but a text that is not read gives zeros, which point nowhere.
    public float[][] reconstructReadable(List<String> explanations) {
        float[][] results = new float[explanations.size()][meta.dim()];
        int[] readable = IntStream.range(0, results.length)
                .filter(i -> reads(explanations.get(i)))
                .toArray();
        float[][] read =
                reconstruct(Arrays.stream(readable).mapToObj(explanations::get).toList());
        for (int i = 0; i < readable.length; i++) {
            results[readable[i]] = read[i];
        }
        return results;
    }

    /// One reconstruction a text, in their order. Texts go through sorted by length, in batches of a bounded
    /// number of tokens; a text's result does not depend on the others beyond the rounding of the matrix
    /// products.
    public float[][] reconstruct(List<String> explanations) {
        List<int[]> prompts = explanations.stream().map(this::promptIds).toList();
        float[][] results = new float[prompts.size()][];
        int[] order = IntStream.range(0, prompts.size())
                .boxed()
                .sorted(Comparator.comparingInt(i -> prompts.get(i).length))
                .mapToInt(Integer::intValue)
                .toArray();
        int start = 0;
        while (start < order.length) {
            int end = start + 1;
            int alike = decoder.config().lengthClass(prompts.get(order[start]).length);
            while (end < order.length
                    && (end + 1L - start) * prompts.get(order[end]).length <= MOST_TOKENS
                    && decoder.config().lengthClass(prompts.get(order[end]).length) == alike) {
                end++;
            }
            reconstructBatch(prompts, Arrays.copyOfRange(order, start, end), results);
            start = end;
        }
        return results;
    }

    private void reconstructBatch(List<int[]> prompts, int[] batch, float[][] results) {
        try (Scope _ = Scope.noGrad()) {
            List<int[]> chosen = Arrays.stream(batch).mapToObj(prompts::get).toList();
            Tensor read = read(decoder, layer(), shared, chosen);
            float[][] rows = Tensors.rows(MatrixProduct.linear(read, valueHead, null));
            for (int row = 0; row < batch.length; row++) {
                results[batch[row]] = rows[row];
            }
        }
    }

    /// The residual stream after block `layer` at each prompt's last token: what the matrix is applied to. Gradients
    /// reach back where they are recorded. What all begin with is read once.
    ///
    /// @param shared tokens that the prompts are expected to begin with; looked for in each batch instead, they
    ///     would change with the texts beside a text, and with them the last bits of its result
    /// @param prompts B of them, none empty
    /// @return `[B, D]` fp32, the open scope owns it
    public static Tensor read(Decoder decoder, int layer, int shared, List<int[]> prompts) {
        int longest = prompts.stream().mapToInt(ids -> ids.length).max().orElseThrow();
        boolean alike = decoder.config().lengthClass(shared) == decoder.config().lengthClass(longest);
        int common = alike ? common(shared, prompts) : 0;
        int[][] padded = new int[prompts.size()][];
        int[] last = new int[padded.length];
        for (int row = 0; row < padded.length; row++) {
            int[] ids = prompts.get(row);
            padded[row] = Arrays.copyOf(ids, longest);
            last[row] = ids.length - 1 - common;
        }
        Tensor embedded = decoder.embed(Tensors.ids(padded)); // [B, T, D]
        if (common == 0) {
            return decoder.residualAt(embedded, layer + 1, Context.none(), last);
        }
        try (Prefix prefix = Prefix.of(decoder, embedded.narrow(0, 0, 1).narrow(1, 0, common), layer + 1)) {
            Tensor own = embedded.narrow(1, common, (long) longest - common);
            return decoder.residualAt(own, layer + 1, new Context.Start(prefix, null), last);
        }
    }

    /// How many of the expected tokens all prompts do begin with; at least one token of each is its own. 0 for too few.
    private static int common(int expected, List<int[]> prompts) {
        int[] first = prompts.getFirst();
        int common = expected;
        for (int[] ids : prompts) {
            common = Math.min(common, ids.length - 1);
            int differs =
                    Arrays.mismatch(first, 0, Math.min(common, first.length), ids, 0, Math.min(common, ids.length));
            common = differs < 0 ? common : Math.min(common, differs);
        }
        return common < LEAST_SHARED ? 0 : common;
    }

    private FormatException wrong(String field, String problem) {
        return new FormatException(meta.file(), -1, field, problem);
    }
}
