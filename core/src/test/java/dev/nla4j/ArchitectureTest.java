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
    private static final List<String> MAY_SEE_LIBTORCH =
            List.of("tensor", "model", "activation", "generate", "nla", "verify", "distribute", "train", "bench");
    private static final JavaClasses CLASSES = new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests())
            .importPackages("dev.nla4j");

    @TestFactory
    List<DynamicTest> a_package_sees_only_packages_below_it() {
        return BOTTOM_TO_TOP.stream()
                .map(name -> DynamicTest.dynamicTest(name, () -> {
                    String[] above = BOTTOM_TO_TOP.stream()
                            .skip(BOTTOM_TO_TOP.indexOf(name) + 1L)
                            .map(p -> "dev.nla4j." + p + "..")
                            .toArray(String[]::new);
                    if (above.length > 0) {
                        noClasses()
                                .that()
                                .resideInAPackage("dev.nla4j." + name + "..")
                                .should()
                                .dependOnClassesThat()
                                .resideInAnyPackage(above)
                                .allowEmptyShould(true)
                                .check(CLASSES);
                    }
                }))
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
