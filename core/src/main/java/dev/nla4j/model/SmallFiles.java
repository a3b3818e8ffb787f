package dev.nla4j.model;

import dev.nla4j.format.InputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/// The small files beside a model's configuration and weights: tokenizer, chat templates, settings of
/// generation. They go along as they are where a model is fetched or exported.
public final class SmallFiles {
    /// Those with a fixed name.
    public static final List<String> NAMES = List.of(
            "tokenizer.json",
            "tokenizer_config.json",
            "tokenizer.model",
            "special_tokens_map.json",
            "added_tokens.json",
            "vocab.json",
            "merges.txt",
            "chat_template.jinja",
            "chat_template.json",
            "generation_config.json");

    /// Where further chat templates lie, each in a file of its name.
    public static final String TEMPLATES = "additional_chat_templates";

    /// So many of those, and none larger than [#LARGEST_TEMPLATE].
    public static final int MOST_TEMPLATES = 64;

    /// In bytes.
    public static final int LARGEST_TEMPLATE = 1 << 20;

    /// Names that are the same on every platform and in every index.
    private static final Pattern TEMPLATE = Pattern.compile("[A-Za-z0-9_-]{1,64}\\.jinja");

    private SmallFiles() {}

    /// Whether a file of this name in [#TEMPLATES] is a template.
    public static boolean isTemplate(String name) {
        return TEMPLATE.matcher(name).matches();
    }

    /// Those that `folder` has, relative to it.
    ///
    /// @throws InputException when there are too many templates, or one is too large
    static List<Path> in(Path folder) throws IOException {
        return Stream.concat(NAMES.stream().map(folder::resolve), templates(folder).stream())
                .filter(Files::isRegularFile)
                .map(folder::relativize)
                .toList();
    }

    private static List<Path> templates(Path folder) throws IOException {
        Path templates = folder.resolve(TEMPLATES);
        if (!Files.isDirectory(templates)) {
            return List.of();
        }
        List<Path> found;
        try (Stream<Path> files = Files.list(templates)) {
            found = files.filter(file -> isTemplate(file.getFileName().toString()))
                    .sorted()
                    .limit(MOST_TEMPLATES + 1)
                    .toList();
        }
        if (found.size() > MOST_TEMPLATES) {
            throw new InputException(templates + ": has more than " + MOST_TEMPLATES + " templates; take some out");
        }
        for (Path file : found) {
            if (Files.size(file) > LARGEST_TEMPLATE) {
                throw new InputException(file + ": has " + Files.size(file) + " bytes, a chat template has at most "
                        + LARGEST_TEMPLATE + "; take it out");
            }
        }
        return found;
    }
}
