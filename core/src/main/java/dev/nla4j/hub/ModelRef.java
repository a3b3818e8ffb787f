package dev.nla4j.hub;

import dev.nla4j.format.FormatException;
import dev.nla4j.format.InputException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// What a user writes to mean a model. The first rule that fits decides:
///
/// 1. begins with `.`, `/`, `~` or a drive letter, or has a backslash: a path
/// 2. one of the names of [KnownModel], upper or lower case: that model
/// 3. exists on disk: a path
/// 4. `owner/name`, with `@revision` and `:FILE.gguf` if wished: a repository of the hub
///
/// A name wins over a folder of the same name in the current directory, so that it means the same bytes everywhere;
/// `./name` means the folder.
public sealed interface ModelRef {
    /// A model with a name of its own.
    record Named(KnownModel model) implements ModelRef {
        @Override
        public String toString() {
            return model.name();
        }
    }

    /// A repository of the hub, or one GGUF file of it.
    ///
    /// @param revision branch, tag or commit
    /// @param file path of one GGUF file inside the repository, or null for all files that a loader needs
    record Repository(
            String owner,
            String name,
            String revision,
            @Nullable String file) implements ModelRef {
        private static final Pattern PART = Pattern.compile("[A-Za-z0-9_][A-Za-z0-9._-]{0,95}");
        private static final Pattern REVISION = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._/-]{0,127}");
        static final String MAIN = "main";

        public Repository {
            if (!isPart(owner) || !isPart(name)) {
                throw new InputException("not a repository id: '" + FormatException.printable(owner + "/" + name) + "' "
                        + RefParser.FORMS);
            }
            if (!REVISION.matcher(revision).matches()
                    || revision.contains("..")
                    || revision.contains("//")
                    || revision.endsWith("/")) {
                throw new InputException("not a revision: '" + FormatException.printable(revision)
                        + "'; a branch, tag or commit was expected");
            }
            if (file != null
                    && !new RelativeName(file).text().toLowerCase(Locale.ROOT).endsWith(".gguf")) {
                throw new InputException("'" + file + "' of " + owner + "/" + name
                        + ": only GGUF files are chosen by name; leave it away to get the model's safetensors");
            }
        }

        /// The hub's own rule: no `--` and no `..`, so that `owner--name` is unambiguous as a folder.
        private static boolean isPart(String text) {
            return PART.matcher(text).matches()
                    && !text.contains("--")
                    && !text.contains("..")
                    && !text.endsWith(".")
                    && !text.endsWith("-");
        }

        /// `owner/name`.
        public String id() {
            return owner + "/" + name;
        }

        @Override
        public String toString() {
            return id() + (revision.equals(MAIN) ? "" : "@" + revision) + (file == null ? "" : ":" + file);
        }
    }

    /// A folder or file on this machine.
    record LocalPath(Path path) implements ModelRef {
        @Override
        public String toString() {
            return path.toString();
        }
    }

    /// What `text` means; an [InputException] says which forms exist.
    static ModelRef parse(String text) {
        return RefParser.parse(text);
    }
}
