package dev.nla4j.nla.lint;

import dev.nla4j.activation.Injection;
import dev.nla4j.nla.NlaMeta;
import dev.nla4j.nla.PromptTemplate;
import dev.nla4j.nla.Role;
import dev.nla4j.tokenizer.SpecialTokens;
import dev.nla4j.tokenizer.Tokenizer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/// Checks of marker, templates and tokens: the sidecar against the live tokenizer and chat template.
final class PromptChecks {
    private final Half half;
    private final LooseMeta meta;

    private PromptChecks(Half half) {
        this.half = half;
        this.meta = half.meta();
    }

    static void run(Half half, Rows rows) {
        PromptChecks checks = new PromptChecks(half);
        String name = half.name();
        rows.check(Check.TOKENIZER, name, checks::tokenizer);
        rows.check(Check.TOKEN_IDS, name, checks::tokenIds);
        if (half.isVerbalizer()) {
            rows.check(Check.CHAT_TEMPLATE, name, checks::chatTemplate);
            rows.check(Check.MARKER_TOKEN, name, checks::markerToken);
            rows.check(Check.MARKER_IN_PROMPT, name, checks::markerInPrompt);
            rows.check(Check.NEIGHBOURS, name, checks::neighbours);
        } else {
            rows.check(Check.MARKER_TOKEN, name, checks::markerToken);
            rows.check(Check.EXPLANATION_SLOT, name, checks::explanationSlot);
        }
        rows.check(Check.SUFFIX_IDS, name, checks::suffixIds);
        rows.check(Check.BOS, name, () -> Bos.check(half));
    }

    private Outcome tokenizer() {
        if (half.live().isMissing()) {
            throw new Unmet(half.live().tokenizer().problem());
        }
        if (half.live().tokenizer().failed()) {
            return Outcome.fail(
                    half.live().tokenizer().problem(), "put the base's tokenizer.json and tokenizer_config.json there");
        }
        SpecialTokens specials = half.live().tokenizer().need("a tokenizer").specials();
        List<String> problems = new ArrayList<>();
        if (!half.isVerbalizer()) {
            if (!specials.suffix().isEmpty() || TokenizerConfig.flag(half, "add_eos_token", false)) {
                problems.add("it adds a token after the text, and the AR would read that instead of its prompt's end");
            }
            if (TokenizerConfig.text(half, "padding_side").equals("left")) {
                problems.add("padding_side is left: read at the last token of a batch, short texts come out wrong");
            }
        }
        return Outcome.of(
                problems,
                half.live().tokenizer().need("a tokenizer").vocabularySize() + " tokens"
                        + (half.adapter() ? " (the base's)" : ""),
                "set padding_side to right and let the tokenizer add nothing after a text");
    }

    private Outcome tokenIds() {
        Tokenizer tokenizer = half.live().tokenizer().need("a tokenizer");
        List<String> problems = new ArrayList<>();
        int rows = half.live().config().optional().map(c -> c.vocabulary()).orElse(Integer.MAX_VALUE);
        String excess =
                "the tokenizer has ids up to " + tokenizer.maxId() + ", the embedding table has " + rows + " rows";
        if (tokenizer.maxBaseId() >= rows) {
            problems.add(excess);
        }
        int end = Math.min(rows, tokenizer.maxId() + 1);
        meta.marker().optional().flatMap(m -> m).ifPresent(m -> beyond("injection_token_id", m.id(), end, problems));
        meta.neighbours().optional().ifPresent(n -> {
            beyond("injection_left_neighbor_id", n.left(), end, problems);
            beyond("injection_right_neighbor_id", n.right(), end, problems);
        });
        meta.suffixIds()
                .optional()
                .flatMap(s -> s)
                .ifPresent(ids -> ids.forEach(id -> beyond("critic_suffix_ids", id, end, problems)));
        if (problems.isEmpty() && tokenizer.maxId() >= rows) {
            return Outcome.warn(
                    excess + ": texts with its last added tokens are refused",
                    "nothing, when no text has them; else give the embedding table rows for them");
        }
        return Outcome.of(
                problems,
                "all below " + end,
                "the sidecar, the tokenizer and the weights are not of one model: bring the right ones together");
    }

    private static void beyond(String field, int id, int end, List<String> problems) {
        if (id >= end) {
            problems.add("tokens." + field + " is " + id + ", ids end at " + (end - 1));
        }
    }

    private Outcome chatTemplate() {
        if (half.live().isMissing()) {
            throw new Unmet(half.live().chat().problem());
        }
        String mend = "put the base's chat_template.jinja (or tokenizer_config.json with chat_template) there";
        if (half.live().chat().failed()) {
            return Outcome.fail(half.live().chat().problem(), mend);
        }
        half.live().tokenizer().need("a tokenizer");
        Attempt<String> text = Attempt.of(() -> Prompts.rendered(half, Prompts.PROBE));
        return text.failed() ? Outcome.fail("renders no user message: " + text.problem(), mend) : Outcome.ok("renders");
    }

    private Outcome markerToken() {
        meta.tree().need("the sidecar");
        String mend = "set tokens.injection_char and injection_token_id to a character that is one token of this"
                + " tokenizer: the one it was trained with";
        Attempt<Optional<NlaMeta.Marker>> read = meta.marker();
        if (read.failed()) {
            return Outcome.fail(read.problem(), mend);
        }
        Optional<NlaMeta.Marker> found = read.need("marker");
        if (found.isEmpty()) {
            // Only the verbalizer's prompt has a marker; an AR's sidecar carries it for the record.
            return half.isVerbalizer()
                    ? Outcome.fail("tokens.injection_char is missing", mend)
                    : Outcome.ok("none, and a reconstructor needs none");
        }
        NlaMeta.Marker marker = found.get();
        Tokenizer tokenizer = half.live().tokenizer().need("a tokenizer");
        int[] ids = tokenizer.ids(marker.text(), false);
        SpecialTokens.Special unk = tokenizer.specials().unk();
        if (ids.length != 1) {
            return Outcome.fail(
                    "\"" + marker.text() + "\" is " + ids.length + " tokens, " + Arrays.toString(ids), mend);
        }
        if (unk != null && ids[0] == unk.id()) {
            return Outcome.fail("\"" + marker.text() + "\" is unknown to the tokenizer", mend);
        }
        return ids[0] == marker.id()
                ? Outcome.ok("\"" + marker.text() + "\" is token " + marker.id())
                : Outcome.fail(
                        "injection_token_id is " + marker.id() + ", the tokenizer reads \"" + marker.text() + "\" as "
                                + ids[0],
                        mend);
    }

    private Outcome markerInPrompt() {
        meta.tree().need("the sidecar");
        String mend = "the AV's template must hold {injection_char} exactly once, with text on both sides, and the"
                + " marker nowhere else";
        Attempt<Optional<String>> read = meta.template(Role.VERBALIZER);
        if (read.failed() || read.need("template").isEmpty()) {
            String missing = meta.file() + ": prompt_templates.av (or .actor): is missing";
            return Outcome.fail(read.failed() ? read.problem() : missing, mend);
        }
        String template = read.need("template").orElseThrow();
        int places = PromptTemplate.of(template, NlaMeta.INJECTION).places();
        if (places != 1) {
            return Outcome.fail("the template holds {injection_char} " + times(places), mend);
        }
        int[] ids = Prompts.verbalizer(half);
        int id = liveId(Prompts.marker(half));
        int[] at = Injection.places(ids, id);
        if (at.length != 1) {
            return Outcome.fail("the prompt of " + ids.length + " tokens holds the marker " + times(at.length), mend);
        }
        if (at[0] == 0 || at[0] == ids.length - 1) {
            return Outcome.fail("the marker is the prompt's " + (at[0] == 0 ? "first" : "last") + " token", mend);
        }
        boolean edge = template.strip().startsWith(NlaMeta.INJECTION)
                || template.strip().endsWith(NlaMeta.INJECTION);
        String place = "once, token " + at[0] + " of " + ids.length;
        if (edge) {
            String found = place + ", at the template's edge: its neighbour belongs to the chat template";
            return drifted(ids, at[0]) ? Outcome.fail(found, mend) : Outcome.warn(found, mend);
        }
        return Outcome.ok(place);
    }

    /// The marker's id as the tokenizer has it: a wrong one in the sidecar has a row of its own.
    private int liveId(NlaMeta.Marker marker) {
        int[] ids = half.live().tokenizer().need("a tokenizer").ids(marker.text(), false);
        return ids.length == 1 ? ids[0] : marker.id();
    }

    private static String times(int count) {
        return count == 0 ? "nowhere" : count == 1 ? "once" : count == 2 ? "twice" : count + " times";
    }

    private boolean drifted(int[] ids, int at) {
        return meta.neighbours()
                .optional()
                .map(n -> ids[at - 1] != n.left() || ids[at + 1] != n.right())
                .orElse(true);
    }

    private Outcome neighbours() {
        meta.tree().need("the sidecar");
        String mend = "use the chat template and tokenizer of the training run; if they are the right ones, write the"
                + " neighbours anew into the sidecar";
        Attempt<NlaMeta.Marker> read = meta.neighbours();
        if (read.failed()) {
            return Outcome.fail(read.problem(), mend);
        }
        NlaMeta.Marker expected = read.need("neighbours");
        int id = liveId(Prompts.marker(half));
        int[] ids = Prompts.verbalizer(half);
        List<String> found = new ArrayList<>();
        for (int i : Injection.places(ids, id)) {
            String left = i == 0 ? "nothing" : Integer.toString(ids[i - 1]);
            String right = i == ids.length - 1 ? "nothing" : Integer.toString(ids[i + 1]);
            if (left.equals(Integer.toString(expected.left())) && right.equals(Integer.toString(expected.right()))) {
                return Outcome.ok(left + " and " + right);
            }
            found.add(left + " and " + right);
        }
        if (found.isEmpty()) {
            throw new Unmet("the marker is not in the prompt");
        }
        return Outcome.fail(
                "the marker stands between " + String.join(", then ", found) + "; the sidecar says " + expected.left()
                        + " and " + expected.right(),
                mend);
    }

    private Outcome explanationSlot() {
        meta.tree().need("the sidecar");
        String mend = "the AR's template must hold {explanation} exactly once";
        Attempt<Optional<String>> read = meta.template(Role.RECONSTRUCTOR);
        if (read.failed() || read.need("template").isEmpty()) {
            String missing = meta.file() + ": prompt_templates.ar (or .critic): is missing";
            return Outcome.fail(read.failed() ? read.problem() : missing, mend);
        }
        int places = PromptTemplate.of(read.need("template").orElseThrow(), NlaMeta.EXPLANATION)
                .places();
        return places == 1
                ? Outcome.ok("once")
                : Outcome.fail("the template holds {explanation} " + times(places), mend);
    }

    private Outcome suffixIds() {
        meta.tree().need("the sidecar");
        String mend = "use the training run's tokenizer and template; if they are the right ones, write"
                + " tokens.critic_suffix_ids anew";
        Attempt<Optional<List<Integer>>> read = meta.suffixIds();
        if (read.failed()) {
            return Outcome.fail(read.problem(), mend);
        }
        Optional<List<Integer>> expected = read.need("suffix ids");
        Optional<String> template = meta.template(Role.RECONSTRUCTOR).optional().flatMap(t -> t);
        if (template.isEmpty() && half.isVerbalizer()) {
            return Outcome.ok("no template of the AR here to hold them against");
        }
        PromptTemplate whole = PromptTemplate.of(Prompts.template(half, Role.RECONSTRUCTOR), NlaMeta.EXPLANATION);
        if (whole.places() == 0) {
            throw new Unmet("the AR's template has no {explanation}");
        }
        String after = whole.after();
        if (expected.isEmpty()) {
            return after.isEmpty() || half.isVerbalizer()
                    ? Outcome.ok("none")
                    : Outcome.warn(
                            "not recorded, though the template goes on behind {explanation}: drift can't be noticed",
                            "write tokens.critic_suffix_ids");
        }
        Tokenizer tokenizer = half.live().tokenizer().need("a tokenizer");
        List<Integer> tail =
                Arrays.stream(tokenizer.ids(after, false)).skip(1).boxed().toList();
        if (!tail.equals(expected.get())) {
            return Outcome.fail(
                    "the sidecar says " + expected.get() + ", the tokenizer reads the template's end as " + tail
                            + " (its first token left out, since it merges with the text)",
                    mend);
        }
        return endsWith(Prompts.reconstructor(half, Prompts.PROBE), tail)
                ? Outcome.ok(tail.size() + " ids, equal")
                : Outcome.fail("the prompt of a probe text does not end in " + tail, mend);
    }

    private static boolean endsWith(int[] ids, List<Integer> tail) {
        List<Integer> all = Arrays.stream(ids).boxed().toList();
        return all.size() >= tail.size()
                && all.subList(all.size() - tail.size(), all.size()).equals(tail);
    }
}
