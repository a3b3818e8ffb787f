package dev.nla4j.verify;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.nla4j.model.LanguageModel;
import dev.nla4j.model.ModelLoader;
import dev.nla4j.model.ModelLoader.Extent;
import dev.nla4j.nla.Nla;
import dev.nla4j.progress.Progress;
import dev.nla4j.tensor.DType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// Every golden folder that lies beside the project, where there are any: more families than the project carries.
class GoldenFoldersTest {
    private static final Path GOLDENS =
            Path.of(System.getProperty("nla.root", ".")).resolve("../shared/goldens");

    @ParameterizedTest
    @EnumSource(DType.class)
    void every_family_agrees_with_its_golden(DType dtype) throws IOException {
        String broken = folders("models").stream()
                .map(folder -> failures(folder, model(folder, dtype)))
                .collect(Collectors.joining());
        assertThat(broken).isEmpty();
    }

    @ParameterizedTest
    @EnumSource(DType.class)
    void every_pair_agrees_with_its_golden(DType dtype) throws IOException {
        String broken = folders("contract").stream()
                .map(folder -> failures(folder, pair(folder, dtype)))
                .collect(Collectors.joining());
        assertThat(broken).isEmpty();
    }

    private static GoldenReport model(Path folder, DType dtype) {
        try (LanguageModel model = ModelLoader.load(folder, dtype, Extent.WHOLE, Progress.NONE)) {
            return GoldenCheck.model(model, folder.resolve("golden.safetensors"));
        }
    }

    private static GoldenReport pair(Path folder, DType dtype) {
        int vocabulary = ModelLoader.config(folder.resolve("av")).vocabulary();
        try (Nla nla = Nla.open(folder, null, dtype, Progress.NONE)) {
            return GoldenCheck.pair(nla, dtype, vocabulary, folder.resolve("golden.safetensors"));
        }
    }

    private static String failures(Path folder, GoldenReport report) {
        return report.rows().stream()
                .filter(row -> !row.holds())
                .map(row -> folder.getFileName() + " (" + report.frequencies() + "): " + row + "\n")
                .collect(Collectors.joining());
    }

    private static List<Path> folders(String kind) throws IOException {
        Path folder = GOLDENS.resolve(kind);
        assumeTrue(Files.isDirectory(folder), "no goldens beside the project");
        try (Stream<Path> found = Files.list(folder)) {
            return found.filter(Files::isDirectory).sorted().toList();
        }
    }
}
