package dev.nla4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

class UsageTest {
    static Stream<List<String>> commands() {
        List<List<String>> found = new ArrayList<>();
        collect(Main.commandLine(System.out, System.err), List.of(), found);
        assertThat(found).hasSizeGreaterThan(12);
        return found.stream();
    }

    private static void collect(CommandLine command, List<String> path, List<List<String>> found) {
        found.add(path);
        command.getSubcommands().forEach((name, sub) -> {
            List<String> longer = new ArrayList<>(path);
            longer.add(name);
            collect(sub, List.copyOf(longer), found);
        });
    }

    @ParameterizedTest
    @MethodSource("commands")
    void help_of_every_command_shows_an_example_of_itself(List<String> command) {
        List<String> asked = new ArrayList<>(command);
        asked.add("--help");
        Run help = Run.of(asked.toArray(String[]::new));
        assertThat(help.code()).isZero();
        assertThat(help.err()).isEmpty();
        assertThat(help.out().replaceAll("\\s+", " "))
                .contains("Example: " + (command.isEmpty() ? "nla" : "nla " + String.join(" ", command)));
        List<String> word = new ArrayList<>(command);
        word.addFirst("help");
        assertThat(Run.of(word.toArray(String[]::new)).out()).isEqualTo(help.out());
    }

    @Test
    void the_version_is_the_builds_and_javas() {
        Run run = Run.of("--version");
        assertThat(run.code()).isZero();
        assertThat(run.out()).containsPattern("^nla4j [0-9]+\\.[0-9]+").contains("Java 25");
    }

    @ParameterizedTest
    @ValueSource(strings = {"explane", "tokenise", "docter", "compar"})
    void an_unknown_command_suggests_the_nearest_and_ends_with_2(String typo) {
        Run run = Run.of(typo);
        assertThat(run.code()).isEqualTo(2);
        assertThat(run.out()).isEmpty();
        assertThat(run.err()).contains(typo).contains("did you mean").doesNotContain("\tat ");
    }

    @Test
    void a_day_that_is_none_is_said_without_the_librarys_words() {
        Run run = Run.of("chat", "render", "--messages", "m.json", "--date", "2026-13-45");
        assertThat(run.code()).isEqualTo(2);
        assertThat(run.err()).contains("'2026-13-45' is not a day").doesNotContain("java.time");
    }

    @ParameterizedTest
    @ValueSource(strings = {"5", "NaN", "-1"})
    void a_budget_that_could_not_refuse_is_refused(String budget, @TempDir Path folder) {
        Run run = Run.of(
                "data",
                "teach",
                folder.resolve("x.parquet").toString(),
                "--teacher",
                "openai",
                "--teacher-model",
                "m",
                "--endpoint",
                "http://127.0.0.1:9",
                "--cache",
                folder.toString(),
                "--budget",
                budget);
        assertThat(run.code()).isEqualTo(2);
        assertThat(run.err()).contains("--budget: ");
    }

    @Test
    void an_unknown_command_below_a_command_suggests_the_nearest() {
        Run run = Run.of("model", "pul", "x");
        assertThat(run.code()).isEqualTo(2);
        assertThat(run.err()).contains("did you mean pull?");
    }

    @ParameterizedTest
    @ValueSource(strings = {"--sampels", "--smples", "--sample", "--sampels=3"})
    void an_unknown_option_suggests_the_nearest_in_two_lines(String typo) {
        Run run = Run.of("explain", "x", typo, "3");
        assertThat(run.code()).isEqualTo(2);
        assertThat(run.err()).contains("did you mean --samples?").contains("nla explain --help");
        assertThat(run.err().lines()).hasSize(2);
    }

    @Test
    void nothing_is_suggested_for_what_resembles_nothing() {
        assertThat(Run.of("xyzzyplugh").err()).contains("xyzzyplugh").doesNotContain("did you mean");
    }

    @ParameterizedTest
    @ValueSource(strings = {"--samples", "--seed", "--temperature", "--max-new-tokens", "--rawvar"})
    void what_is_no_number_is_said_without_names_of_javas_types(String option) {
        Run run = Run.of("explain", "x", option, "many");
        assertThat(run.code()).isEqualTo(2);
        assertThat(run.err()).contains("'many' is not a").contains("number").doesNotContain("an int");
    }

    static Stream<List<String>> incomplete() {
        return Stream.of(
                List.of(),
                List.of("chat"),
                List.of("model"),
                List.of("data"),
                List.of("train"),
                List.of("lint"),
                List.of("chat", "render"),
                List.of("compare", "one text"),
                List.of("reconstruct", "--text", "x"),
                List.of("reconstruct", "--out", "x.npy"),
                List.of("model", "pull"),
                List.of("model", "show"),
                List.of("model", "rm"),
                List.of("explain"),
                List.of("export"),
                List.of("tokenize"),
                List.of("explain", "x", "--chat", "y.json"),
                List.of("tokenize", "--text", "x", "--file", "y"),
                List.of("explain", "x", "--samples", "many"),
                List.of("explain", "x", "--samples", "0"),
                List.of("explain", "x", "--temperature", "9"),
                List.of("explain", "x", "--temperature", "NaN"),
                List.of("explain", "x", "--max-new-tokens", "0"),
                List.of("explain", "x", "--dtype", "fp8"),
                List.of("chat", "render", "--messages", "m.json", "--model", "a", "--template", "b"),
                List.of("explain", "x", "--rawvar", "0"),
                List.of("score", "--activations", "a", "--texts", "t", "--rawvar", "0"),
                List.of("explain", "x", "--rawvar", "NaN"),
                List.of("score", "--activations", "a", "--texts", "t", "--rawvar", "NaN"),
                List.of("explain", "x", "--rawvar", "-1"),
                List.of("score", "--activations", "a", "--texts", "t", "--rawvar", "-1"),
                List.of("explain", "x", "--rawvar", "Infinity"),
                List.of("score", "--activations", "a", "--texts", "t", "--rawvar", "Infinity"),
                List.of("explain", "x", "--rawvar", "1e-320"),
                List.of("score", "--activations", "a", "--texts", "t", "--rawvar", "1e-320"),
                List.of("explain", "x", "--rawvar", "5"),
                List.of("score", "--activations", "a", "--texts", "t", "--rawvar", "5"),
                List.of("explain", "x", "--at", "every:0"),
                List.of("explain", "x", "--at", "every:-3"),
                List.of("explain", "x", "--at", "every:99999999999"),
                List.of("explain", "x", "--at", "99999999999"),
                List.of("explain", "x", "--at", "first"),
                List.of("explain", "x", "--at", ""),
                List.of("lint", ""),
                List.of("lint", " "),
                List.of("lint", "x", "--against", ""),
                List.of("lint", "x", "--data", ""),
                List.of("lint", "x", "--nla-ar", ""),
                List.of("explain", "x", "--nla", ""),
                List.of("explain", "x", "--nla", "x", "--nla-ar", ""),
                List.of("explain", "x", "--target", ""),
                List.of("explain", "--file", ""),
                List.of("explain", "--chat", ""),
                List.of("tokenize", "--model", "", "--text", "x"),
                List.of("score", "--activations", "", "--texts", "t"),
                List.of("reconstruct", "--text", "x", "--out", ""),
                List.of("export", "--out", ""),
                List.of("model", "pull", ""),
                List.of("compare", "a", "b", "--rawvar", "0"),
                List.of("score", "--activations", "a", "--texts", "t", "--low-memory"),
                List.of("reconstruct", "--text", "x", "--out", "x.npy", "--low-memory"),
                List.of("export", "--out", "x", "--low-memory"),
                List.of("model", "verify", "x", "--golden", "g", "--low-memory"),
                List.of("model", "verify", "x", "--golden", "g", "--nla", "y"),
                List.of("compare", "a", "b", "--at", "all"),
                List.of("compare", "a", "b", "--at", "every:2,1"),
                List.of("compare", "a", "b", "--at", "1"),
                List.of("compare", "a", "b", "--at", "1,2,3"),
                List.of("compare", "a", "b", "--at", "1,x"),
                List.of("chat", "render", "--messages", "m.json", "--date", "yesterday"));
    }

    @ParameterizedTest
    @MethodSource("incomplete")
    void what_is_missing_or_impossible_on_the_command_line_ends_with_2(List<String> args) {
        Run run = Run.of(args.toArray(String[]::new));
        assertThat(run.code()).as(run.err()).isEqualTo(2);
        assertThat(run.out()).isEmpty();
        assertThat(run.err()).isNotBlank().doesNotContain("\tat ");
    }

    @ParameterizedTest
    @ValueSource(strings = {"1,x", "all", "1", "1,2,3", "1,99999999999"})
    void compare_says_what_it_takes_itself(String at) {
        Run run = Run.of("compare", "a", "b", "--at", at);
        assertThat(run.err())
                .contains("--at: \"" + at + "\" must be last, or one token of each text")
                .doesNotContain("every:N");
    }

    static Stream<List<String>> unheeded() {
        List<List<String>> given = new ArrayList<>();
        for (String option : List.of(
                "--teacher-model=m",
                "--endpoint=http://127.0.0.1:9",
                "--batches",
                "--max-tokens=300",
                "--temperature=0.5",
                "--concurrency=1",
                "--per-minute=1",
                "--timeout=120",
                "--price=0,0",
                "--budget=1",
                "--cache=c")) {
            given.add(List.of("grounded", option));
        }
        for (String option : List.of("--model=m", "--transcripts=t", "--count-too=c", "--dtype=fp32")) {
            given.add(List.of("anthropic", option));
            given.add(List.of("openai", option));
        }
        return given.stream();
    }

    /// Also one with its default value: it was typed for a reason.
    @ParameterizedTest
    @MethodSource("unheeded")
    void what_a_teacher_would_not_heed_is_refused(List<String> given) {
        Run run = Run.of("data", "teach", "x.parquet", "--teacher", given.getFirst(), given.getLast());
        assertThat(run.code()).as(run.err()).isEqualTo(2);
        assertThat(run.err())
                .contains(given.getLast().replaceAll("=.*", "") + ": goes with --teacher ")
                .doesNotContain("\tat ");
    }

    @Test
    void a_text_may_begin_with_an_at_sign() {
        CommandLine.ParseResult parsed =
                Main.commandLine(System.out, System.err).parseArgs("tokenize", "--text", "@@ -1,3 +1,4 @@");
        assertThat(parsed.subcommand().matchedOptionValue("--text", "")).isEqualTo("@@ -1,3 +1,4 @@");
        assertThat(Main.commandLine(System.out, System.err)
                        .parseArgs("explain", "@/")
                        .subcommand()
                        .matchedPositionalValue(0, ""))
                .isEqualTo("@/");
    }

    @CommandLine.Command(name = "boom")
    record Throwing(Error error) implements Runnable {
        @Override
        public void run() {
            throw error;
        }
    }

    @Test
    void an_error_of_the_machine_is_one_line_too() {
        for (Error error : List.of(new OutOfMemoryError("Java heap space"), new UnsatisfiedLinkError("libtorch"))) {
            ByteArrayOutputStream err = new ByteArrayOutputStream();
            CommandLine program = Main.commandLine(System.out, new PrintStream(err, true, StandardCharsets.UTF_8));
            program.addSubcommand(new Throwing(error));
            assertThat(program.execute("boom")).isEqualTo(error instanceof OutOfMemoryError ? 4 : 1);
            assertThat(err.toString(StandardCharsets.UTF_8).lines())
                    .singleElement()
                    .satisfies(line -> assertThat(line).startsWith("nla: ").contains(error.getMessage()));
        }
    }
}
