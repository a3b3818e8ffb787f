package dev.nla4j.train.config;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// How texts become training sets (`pipeline`).
///
/// @param corpus folder of texts, JSON lines or Parquet; empty where it is named on the command line
/// @param textField field or column with the text
/// @param layer K: activations are the residual stream after this block
/// @param window tokens of a window that documents are cut into
/// @param stride tokens from one window's start to the next
/// @param minPosition first token of a window that may be taken
/// @param perDocument activations of each document, a number or `all`
/// @param fractions shares of the documents for verbalizer, reconstructor and joint learning
/// @param holdOut share of the documents that is held out, drawn, where the corpus itself holds none out
/// @param seed of positions and of the order of documents
/// @param teach who explains
/// @param build options of `nla data build`, by their names: templates of the prompts
public record PipelineConfig(
        Optional<String> corpus,
        String textField,
        int layer,
        int window,
        int stride,
        int minPosition,
        String perDocument,
        String fractions,
        double holdOut,
        long seed,
        Teach teach,
        Map<String, String> build) {
    /// Options of `nla data teach`, by their names.
    ///
    /// @param writes those that decide what is written
    /// @param asks how an API is asked: what is written does not depend on it
    public record Teach(Map<String, String> writes, Map<String, String> asks) {
        private static final String TEACHER = "teacher";
        private static final String GROUNDED = "grounded";
        private static final List<String> WRITES =
                List.of(TEACHER, "teacher-model", "endpoint", "max-tokens", "temperature");
        private static final List<String> ASKS =
                List.of("batches", "concurrency", "per-minute", "timeout", "price", "budget", "cache");

        /// Whether the target's own predictions are told, offline.
        public boolean isGrounded() {
            return writes.getOrDefault(TEACHER, GROUNDED).equalsIgnoreCase(GROUNDED);
        }

        /// Where the default is named, nothing is: a stage that is done stays done.
        private static Teach read(Section section) {
            Teach teach = new Teach(section.words(WRITES), section.words(ASKS));
            Map<String, String> unnamed = new LinkedHashMap<>(teach.writes);
            return teach.isGrounded() && unnamed.remove(TEACHER) != null
                    ? new Teach(Collections.unmodifiableMap(unnamed), teach.asks)
                    : teach;
        }
    }

    private static final List<String> BUILD = List.of("actor-template", "critic-template", "injection-char");

    public PipelineConfig {
        Checks.atLeast("layer", layer, 0);
        Checks.atLeast("window", window, 2);
        Checks.atLeast("stride", stride, 1);
        Checks.atLeast("min-position", minPosition, 0);
        Checks.within("hold-out", holdOut, 0, 0.9);
        if (!perDocument.matches("all|[1-9][0-9]{0,8}")) {
            throw new IllegalArgumentException("per-document: must be a number or all, was " + perDocument);
        }
    }

    /// Reads the section `pipeline` of a configuration.
    public static PipelineConfig read(Section top) {
        Section section = top.section("pipeline");
        Optional<String> corpus = section.optionalText("corpus");
        String textField = section.text("text-field", "text");
        int layer = section.integer("layer", 20);
        int window = section.integer("window", 96);
        int stride = section.integer("stride", window);
        int minPosition = section.integer("min-position", 20);
        String perDocument = section.textOrNumber("per-document", "10");
        String fractions = section.text("fractions", "0.25,0.25,0.5");
        double holdOut = section.number("hold-out", 0.05);
        long seed = section.whole("seed", 42);
        Teach teach = Teach.read(section.section("teach"));
        Map<String, String> build = section.section("build").words(BUILD);
        return section.build(() -> new PipelineConfig(
                corpus,
                textField,
                layer,
                window,
                stride,
                minPosition,
                perDocument,
                fractions,
                holdOut,
                seed,
                teach,
                build));
    }
}
