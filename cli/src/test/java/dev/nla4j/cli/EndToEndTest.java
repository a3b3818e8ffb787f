package dev.nla4j.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.nla4j.format.json.Json;
import dev.nla4j.tensor.Threads;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;

/// The program as users start it: through the start script, in a process of its own.
@Tag("model")
class EndToEndTest {
    @TempDir
    Path folder;

    private record Run(int code, String out, String err) {}

    private Run nla(Map<String, String> environment, String... arguments) throws IOException, InterruptedException {
        return nla(List.of(), environment, arguments);
    }

    private Run nla(List<String> before, Map<String, String> environment, String... arguments)
            throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(before);
        command.add(DefaultModel.root().resolve("nla").toString());
        command.addAll(List.of(arguments));
        Path out = folder.resolve("out");
        Path err = folder.resolve("err");
        ProcessBuilder builder =
                new ProcessBuilder(command).redirectOutput(out.toFile()).redirectError(err.toFile());
        builder.environment().put("NLA_CLASSPATH", System.getProperty("java.class.path"));
        List.of("OPENBLAS_NUM_THREADS", "GOTO_NUM_THREADS", "OMP_NUM_THREADS").forEach(builder.environment()::remove);
        builder.environment().putAll(environment);
        int code = builder.start().waitFor();
        return new Run(
                code, Files.readString(out, StandardCharsets.UTF_8), Files.readString(err, StandardCharsets.UTF_8));
    }

    /// One of those that this process may use.
    private static String processor() throws IOException {
        return Files.readAllLines(Path.of("/proc/self/status")).stream()
                .filter(line -> line.startsWith("Cpus_allowed_list:"))
                .map(line -> line.replaceAll("\\D*(\\d+).*", "$1"))
                .findFirst()
                .orElseThrow();
    }

    /// A program that has one processor, and OpenBLAS, which counts them by itself, against one that has two. Where
    /// libtorch believes that it has no vector units, OpenBLAS multiplies the weights, as it does with AVX-512.
    @ParameterizedTest
    @CsvSource({"fp32,", "bf16,", "fp32, default"})
    @EnabledOnOs(OS.LINUX)
    void one_processor_and_two_give_the_same_bits(String dtype, @Nullable String capability) throws Exception {
        DefaultModel.required();
        assumeTrue(Files.isExecutable(Path.of("/usr/bin/taskset")), "taskset is missing");
        assumeTrue(dtype.equals("fp32") || Threads.cpuCapability().equals("AVX2"), "not tried with units for bf16");
        String[] arguments = {
            "explain",
            "The old lighthouse keeper climbed the stairs every evening to light the lamp.",
            "--at",
            "8,12",
            "--dtype",
            dtype,
            "--json",
            "--samples",
            "3",
            "--max-new-tokens",
            "24"
        };
        Map<String, String> units = capability == null ? Map.of() : Map.of("ATEN_CPU_CAPABILITY", capability);
        Map<String, String> ofTwo = new HashMap<>(units);
        ofTwo.putAll(Map.of("JDK_JAVA_OPTIONS", "-XX:ActiveProcessorCount=2", "OPENBLAS_NUM_THREADS", "2"));
        Run one = nla(List.of("/usr/bin/taskset", "-c", processor()), units, arguments);
        Run two = nla(ofTwo, arguments);
        assertThat(one.code).as(one.err).isZero();
        assertThat(two.code).as(two.err).isZero();
        assertThat(one.out).contains("\"fve\"").isEqualTo(two.out);
    }

    @Test
    void a_chinese_argument_survives_the_c_locale() throws Exception {
        DefaultModel.required();
        Run run = nla(
                Map.of("LC_ALL", "C"),
                "explain",
                "你好",
                "--at",
                "last",
                "--json",
                "--samples",
                "2",
                "--max-new-tokens",
                "16");
        assertThat(run.code).as(run.err).isZero();
        JsonNode document = Json.parse(folder, run.out);
        JsonNode result = document.path("results").path(0);
        assertThat(result.path("token").stringValue()).isEqualTo("好");
        assertThat(result.path("samples").size()).isEqualTo(2);
        assertThat(result.path("cosine_similarity").doubleValue()).isBetween(-1.0, 1.0);
        assertThat(document.path("layer_index").intValue()).isEqualTo(20);
        assertThat(document.path("controls").path("empty").isNumber()).isTrue();
        assertThat(document.path("controls").path("shuffled").isNumber()).isTrue();
    }

    @Test
    void the_same_seed_gives_the_same_explanations_whatever_stands_beside() throws Exception {
        DefaultModel.required();
        String[] alone = {
            "explain",
            "The capital of France is",
            "--at",
            "4",
            "--samples",
            "2",
            "--max-new-tokens",
            "16",
            "--json",
            "--dtype",
            "fp32"
        };
        String[] beside = {
            "explain",
            "The capital of France is",
            "--at",
            "1,4",
            "--samples",
            "2",
            "--max-new-tokens",
            "16",
            "--json",
            "--dtype",
            "fp32"
        };
        JsonNode first = Json.parse(folder, nla(Map.of(), alone).out);
        JsonNode second = Json.parse(folder, nla(Map.of(), beside).out);
        assertThat(second.path("results").path(1).path("description").stringValue())
                .isNotBlank()
                .isEqualTo(first.path("results").path(0).path("description").stringValue());
    }

    @Test
    void an_empty_text_is_one_line_and_exit_3() throws Exception {
        Run run = nla(Map.of(), "explain", "");
        assertThat(run.code).isEqualTo(3);
        assertThat(run.err.lines()).hasSize(1);
        assertThat(run.out).isEmpty();
    }

    @Test
    void an_unknown_command_suggests_the_nearest_and_exits_2() throws Exception {
        Run run = nla(Map.of(), "explian", "x");
        assertThat(run.code).isEqualTo(2);
        assertThat(run.err).contains("explain");
    }
}
