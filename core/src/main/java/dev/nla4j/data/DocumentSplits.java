package dev.nla4j.data;

import dev.nla4j.activation.DatasetMeta;
import dev.nla4j.activation.corpus.Corpus;
import dev.nla4j.activation.corpus.Document;
import dev.nla4j.activation.corpus.Documents;
import dev.nla4j.format.InputException;
import dev.nla4j.format.Sha256;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// Which documents must never be trained on: those whose own split says so.
public final class DocumentSplits {
    /// Names that splits for evaluation go by, or begin with before `_`, `-` or `.`.
    public static final Set<String> HELD_OUT =
            Set.of("eval", "evaluation", "test", "validation", "valid", "val", "dev", "heldout", "held-out", "holdout");

    private static final double NOT_DRAWN = -1;
    /// Behind a corpus's name: its split, of which a reader may have taken a part (`train[:1%]`), and a
    /// number.
    private static final Pattern SPLIT = Pattern.compile(":([^:\\[]+)(\\[.*)?:\\d+");

    private final Set<String> heldOutNames;
    private final @Nullable Map<String, Boolean> known;
    private final double drawn;

    private DocumentSplits(Set<String> heldOutNames, @Nullable Map<String, Boolean> known, double drawn) {
        this.heldOutNames = Set.copyOf(heldOutNames);
        this.known = known;
        this.drawn = drawn;
    }

    /// Splits as the documents' ids tell them: `{corpus}:{split}:{index}`.
    public static DocumentSplits fromIds(Set<String> heldOutNames) {
        return new DocumentSplits(lower(heldOutNames), null, NOT_DRAWN);
    }

    /// Splits as the corpus has them from which the activations were taken.
    public static DocumentSplits fromCorpus(Corpus corpus, Set<String> heldOutNames) {
        Set<String> names = lower(heldOutNames);
        Map<String, Boolean> known = new HashMap<>();
        try (Documents documents = corpus.documents()) {
            for (Document document = documents.next(); document != null; document = documents.next()) {
                // An id that is used twice is held out when one of its documents is.
                known.merge(document.id(), isHeldOutName(names, document.split()), Boolean::logicalOr);
            }
        }
        return new DocumentSplits(names, known, NOT_DRAWN);
    }

    /// No document is held out.
    public static DocumentSplits none() {
        return new DocumentSplits(Set.of(), null, 0);
    }

    /// These, or a share drawn as by [#drawn] where they come from a corpus that holds no document out.
    public DocumentSplits orDrawn(double share) {
        DocumentSplits drawn = drawn(share); // which is refused wherever it is no share
        return known == null || known.containsValue(true) ? this : drawn;
    }

    /// A share of the documents is held out, drawn by their ids: for a corpus without splits of its own.
    ///
    /// @param share 0 to below 1
    public static DocumentSplits drawn(double share) {
        if (!(share >= 0 && share < 1)) {
            throw new IllegalArgumentException("share held out: must be 0 to below 1, was " + share);
        }
        return new DocumentSplits(Set.of(), null, share);
    }

    /// Refuses a corpus of which no document would be held out, whose splits have the usual names.
    ///
    /// @param share drawn where the corpus holds none out itself, as by [#orDrawn]
    /// @param key what the share is called
    public static void requireSome(Corpus corpus, double share, String key) {
        long count = 0;
        try (Documents documents = corpus.documents()) {
            for (Document document = documents.next(); document != null; document = documents.next()) {
                if (isHeldOutName(HELD_OUT, document.split()) || place(document.id()) < share) {
                    return;
                }
                count++;
            }
        }
        throw new InputException(corpus.name() + ": none of its " + count + " documents would be held out, and training"
                + " measures on such: give some a split such as eval, "
                + (share > 0
                        ? "take more documents or raise " + key
                        : "or draw a share of them by " + key + ", say 0.05"));
    }

    /// Whether a share above zero is held out by drawing.
    boolean drawsSome() {
        return drawn > 0;
    }

    /// 0 to below 1, the same for the same id always.
    private static double place(String documentId) {
        return Long.parseLong(Sha256.of(documentId).substring(0, 13), 16) / (double) (1L << 52);
    }

    /// Whether a document is held out; empty when that is not known.
    public Optional<Boolean> isHeldOut(String documentId, DatasetMeta.Extraction extraction) {
        if (drawn >= 0) {
            return Optional.of(place(documentId) < drawn);
        }
        if (known != null) {
            return Optional.ofNullable(known.get(documentId));
        }
        String corpus = extraction.corpus();
        // comes first: in older files the corpus's own name may have a colon, which is none before a split
        for (String name : List.of(corpus, corpus.substring(corpus.lastIndexOf('/') + 1))) {
            Matcher split = SPLIT.matcher(documentId.startsWith(name) ? documentId.substring(name.length()) : "");
            if (split.matches()) {
                return Optional.of(isHeldOutName(heldOutNames, split.group(1)));
            }
        }
        int bracket = corpus.indexOf('[');
        String whole = bracket < 0 ? corpus : corpus.substring(0, bracket);
        int colon = whole.lastIndexOf(':');
        return colon < 0 ? Optional.empty() : Optional.of(isHeldOutName(heldOutNames, whole.substring(colon + 1)));
    }

    /// A name, or one that goes on behind it: `test_sft`, `validation_matched`, `test-clean`, `dev.2`.
    private static boolean isHeldOutName(Set<String> names, String split) {
        String lower = split.toLowerCase(Locale.ROOT);
        return names.stream()
                .anyMatch(name -> lower.startsWith(name)
                        && (lower.length() == name.length() || "_-.".indexOf(lower.charAt(name.length())) >= 0));
    }

    private static Set<String> lower(Set<String> names) {
        Set<String> lower = new HashSet<>();
        names.forEach(name -> lower.add(name.toLowerCase(Locale.ROOT)));
        return lower;
    }
}
