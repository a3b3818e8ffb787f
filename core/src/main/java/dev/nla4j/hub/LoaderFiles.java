package dev.nla4j.hub;

import dev.nla4j.model.SmallFiles;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/// Which files of a repository a loader needs. Pickles (`.bin`, `.pt`) are never among them.
///
/// Names are a listing's, unchecked: they are compared here and become paths elsewhere.
final class LoaderFiles {
    /// Beside the [SmallFiles].
    private static final Set<String> WANTED =
            Set.of("config.json", "nla_meta.yaml", "adapter_config.json", "card.json");
    private static final Set<String> TEXTS =
            Set.of("readme.md", "card.md", "license", "license.md", "license.txt", "notice", "notice.txt");
    /// A folder with one of these is a part of the model, such as `av/` and `ar/`; others (`onnx/`, `original/`) are
    /// not.
    private static final Set<String> MARKS = Set.of("nla_meta.yaml", "adapter_config.json");

    private LoaderFiles() {}

    /// The needed ones among `names`, in their order.
    static List<String> choose(Collection<String> names) {
        Set<String> folders = new HashSet<>(Set.of(""));
        names.stream().filter(name -> MARKS.contains(base(name))).forEach(name -> folders.add(folder(name)));
        boolean otherWeights = names.stream()
                .anyMatch(name -> folders.contains(folder(name)) && isWeights(name) && !isSecondCopy(name));
        return names.stream()
                .filter(name -> folders.contains(isTemplate(name) ? folder(folder(name)) : folder(name)))
                .filter(name -> isText(name) || isData(name))
                .filter(name -> !otherWeights || !isSecondCopy(name))
                .toList();
    }

    /// Refuses names that some file systems take for one, and too many templates.
    static void check(Collection<String> names) throws SourceFailure {
        long templates = names.stream().filter(LoaderFiles::isTemplate).count();
        if (templates > SmallFiles.MOST_TEMPLATES) {
            throw new SourceFailure("it has " + templates + " files in " + SmallFiles.TEMPLATES + ", at most "
                    + SmallFiles.MOST_TEMPLATES + " are taken");
        }
        Set<String> seen = new HashSet<>();
        for (String name : names) {
            if (!seen.add(name.toLowerCase(Locale.ROOT))) {
                throw new SourceFailure("two files differ only in upper and lower case: " + name);
            }
        }
    }

    /// Whether a file is there for people: kept when small.
    static boolean isText(String name) {
        return TEXTS.contains(base(name).toLowerCase(Locale.ROOT));
    }

    static boolean isWeights(String name) {
        return name.endsWith(".safetensors");
    }

    static boolean isData(String name) {
        String base = base(name);
        return WANTED.contains(base)
                || SmallFiles.NAMES.contains(base)
                || isWeights(name)
                || isTemplate(name)
                || name.endsWith(".safetensors.index.json");
    }

    /// Whether a file is a further chat template, which lies one folder below the model's other files.
    static boolean isTemplate(String name) {
        return base(folder(name)).equals(SmallFiles.TEMPLATES) && SmallFiles.isTemplate(base(name));
    }

    /// Some makers ship the same weights again in a layout of their own.
    private static boolean isSecondCopy(String name) {
        return base(name).startsWith("consolidated");
    }

    /// Why the chosen files make no model, for a repository that has `names`.
    static String noWeights(Collection<String> names) {
        List<String> gguf =
                names.stream().filter(name -> name.endsWith(".gguf")).limit(20).toList();
        if (!gguf.isEmpty()) {
            return "it has no safetensors; choose one of its GGUF files with owner/name:FILE: "
                    + String.join(", ", gguf);
        }
        if (names.stream().anyMatch(Pickles::isPickle)) {
            return "it has only pickled weights; " + Pickles.HINT;
        }
        return "it has no safetensors";
    }

    static String base(String name) {
        return name.substring(name.lastIndexOf('/') + 1);
    }

    static String folder(String name) {
        int slash = name.lastIndexOf('/');
        return slash < 0 ? "" : name.substring(0, slash);
    }
}
