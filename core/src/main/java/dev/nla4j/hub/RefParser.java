package dev.nla4j.hub;

import dev.nla4j.format.FormatException;
import dev.nla4j.format.InputException;
import dev.nla4j.format.NearestName;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Tells what a user's text means, by the rules that [ModelRef] lists.
final class RefParser {
    /// The forms a reference may have, for messages.
    static final String FORMS = "(a model is one of the names `" + KnownModel.SMOLLM2_135M_INSTRUCT.name()
            + "`, a repository `owner/name[@revision][:FILE.gguf]`, or a path such as `./folder` or `./file.gguf`)";

    private static final int LONGEST = 4096;
    private static final Pattern PATH = Pattern.compile("[./~]|[A-Za-z]:/");
    private static final Pattern URL = Pattern.compile("[A-Za-z]+://");
    /// Loose: [ModelRef.Repository] checks each part and says which one is wrong.
    private static final Pattern REPOSITORY = Pattern.compile("([^/@:]+)/([^/@:]+)(?:@([^:]+))?(?::(.+))?");

    private RefParser() {}

    static ModelRef parse(String text) {
        if (text.isBlank() || text.length() > LONGEST) {
            throw new InputException("the model's name is " + (text.isBlank() ? "empty " : "too long ") + FORMS);
        }
        if (PATH.matcher(text).lookingAt() || text.indexOf('\\') >= 0) {
            return new ModelRef.LocalPath(path(text));
        }
        if (URL.matcher(text).lookingAt()) {
            throw new InputException("an address is not a model: '" + FormatException.printable(text) + "' " + FORMS);
        }
        Optional<KnownModel> known = KnownModel.find(text);
        if (known.isPresent()) {
            return new ModelRef.Named(known.get());
        }
        if (exists(text)) {
            return new ModelRef.LocalPath(path(text));
        }
        Matcher repository = REPOSITORY.matcher(text);
        if (repository.matches()) {
            String revision = repository.group(3);
            return new ModelRef.Repository(
                    repository.group(1),
                    repository.group(2),
                    revision == null ? ModelRef.Repository.MAIN : revision,
                    repository.group(4));
        }
        throw unknown(text);
    }

    private static boolean exists(String text) {
        try {
            return Files.exists(Path.of(text));
        } catch (InvalidPathException e) {
            return false;
        }
    }

    private static Path path(String text) {
        String home = System.getProperty("user.home");
        try {
            if (text.equals("~")) {
                return Path.of(home);
            }
            return text.startsWith("~/") ? Path.of(home, text.substring(2)) : Path.of(text);
        } catch (InvalidPathException e) {
            throw new InputException("not a path: '" + FormatException.printable(text) + "': " + e.getReason(), e);
        }
    }

    private static InputException unknown(String text) {
        List<String> names = KnownModel.ALL.stream().map(KnownModel::name).toList();
        String nearest = NearestName.of(text.toLowerCase(Locale.ROOT), names)
                .map(name -> "; did you mean `" + name + "`?")
                .orElse("");
        return new InputException("unknown model '" + FormatException.printable(text) + "'" + nearest + " " + FORMS);
    }
}
