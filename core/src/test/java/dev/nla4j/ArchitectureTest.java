package dev.nla4j;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.List;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/// Holds the arrows of `docs/design/architecture.md`: a package sees those below it and none above.
class ArchitectureTest {
    private static final List<String> BOTTOM_TO_TOP = List.of(
            "progress",
            "tensor",
            "format",
            "tokenizer",
            "chat",
            "model",
            "hub",
            "activation",
            "generate",
            "nla",
            "teacher",
            "data",
            "verify",
            "eval",
            "distribute",
            "train",
            "bench");
    private static final List<String> TRAIN_BOTTOM_TO_TOP =
            List.of("train", "train.config", "train.loop", "train.sft", "train.rl", "train.estimate");
    private static final List<String> MAY_SEE_LIBTORCH =
            List.of("tensor", "model", "activation", "generate", "nla", "verify", "distribute", "train", "bench");
    private static final JavaClasses CLASSES = new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests())
            .importPackages("dev.nla4j");

    @TestFactory
    List<DynamicTest> a_package_sees_only_packages_below_it() {
        return seesNoneAbove(BOTTOM_TO_TOP, "..");
    }

    @TestFactory
    List<DynamicTest> within_training_too_a_package_sees_only_packages_below_it() {
        return seesNoneAbove(TRAIN_BOTTOM_TO_TOP, "");
    }

    /// @param below what stands behind a package's name: `..` for those within it too
    private static List<DynamicTest> seesNoneAbove(List<String> bottomToTop, String below) {
        List<String> packages =
                bottomToTop.stream().map(name -> "dev.nla4j." + name + below).toList();
        return packages.stream()
                .limit(packages.size() - 1L)
                .map(name -> DynamicTest.dynamicTest(
                        name,
                        () -> noClasses()
                                .that()
                                .resideInAPackage(name)
                                .should()
                                .dependOnClassesThat()
                                .resideInAnyPackage(packages.stream()
                                        .skip(packages.indexOf(name) + 1L)
                                        .toArray(String[]::new))
                                .check(CLASSES)))
                .toList();
    }

    @Test
    void only_the_packages_that_do_maths_see_libtorch() {
        noClasses()
                .that()
                .resideOutsideOfPackages(MAY_SEE_LIBTORCH.stream()
                        .map(p -> "dev.nla4j." + p + "..")
                        .toArray(String[]::new))
                .should()
                .dependOnClassesThat()
                .resideInAPackage("org.bytedeco..")
                .check(CLASSES);
    }

    @Test
    void nothing_in_core_ends_the_process() {
        noClasses()
                .should()
                .callMethod(System.class, "exit", int.class)
                .orShould()
                .callMethod(Runtime.class, "halt", int.class)
                .check(CLASSES);
    }
}
