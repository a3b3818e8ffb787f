package dev.nla4j.hub;

import dev.nla4j.format.FormatException;
import dev.nla4j.format.InputException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;

/// The name of a model's file, such as `config.json` or `av/nla_meta.yaml`: safe to join to a folder on any platform.
/// Names from listings, archives and manifests become paths only through this type.
///
/// @param text segments joined by `/`, printable ASCII
record RelativeName(String text) {
    private static final int LONGEST_NAME = 512;
    private static final int LONGEST_SEGMENT = 200;
    /// Space, digits, letters and the punctuation that no file system reserves.
    private static final Pattern SEGMENT = Pattern.compile("[ !#$%&'()+,.0-9;=@A-Z\\[\\]^_`a-z{}~-]{1,200}");
    /// Windows opens a device for these, whatever the extension.
    private static final Set<String> DEVICES = Set.of(
            "con", "prn", "aux", "nul", "com0", "com1", "com2", "com3", "com4", "com5", "com6", "com7", "com8", "com9",
            "lpt0", "lpt1", "lpt2", "lpt3", "lpt4", "lpt5", "lpt6", "lpt7", "lpt8", "lpt9", "conin$", "conout$");

    RelativeName {
        if (text.length() > LONGEST_NAME) {
            throw refused(text, "is longer than " + LONGEST_NAME + " characters");
        }
        for (String segment : text.split("/", -1)) {
            checkSegment(text, segment);
        }
    }

    private static void checkSegment(String text, String segment) {
        if (segment.isEmpty()) {
            throw refused(text, "has an empty part or is absolute");
        }
        if (segment.equals(".") || segment.equals("..")) {
            throw refused(text, "climbs with '" + segment + "'");
        }
        if (!SEGMENT.matcher(segment).matches()) {
            throw refused(
                    text, "has a character that is not allowed, or a part of over " + LONGEST_SEGMENT + " characters");
        }
        if (segment.endsWith(".") || segment.endsWith(" ") || segment.startsWith(" ")) {
            throw refused(text, "has a part that begins or ends with a space, or ends with a dot");
        }
        int dot = segment.indexOf('.');
        String stem = (dot < 0 ? segment : segment.substring(0, dot)).strip().toLowerCase(Locale.ROOT);
        if (DEVICES.contains(stem)) {
            throw refused(text, "names a device of Windows");
        }
    }

    private static InputException refused(String text, String why) {
        return new InputException("file name refused: '" + FormatException.printable(text) + "' " + why);
    }

    /// The part after the last `/`.
    String base() {
        return text.substring(text.lastIndexOf('/') + 1);
    }

    /// Where this file lies under `root`; proved to be under it once more, by the file system's own rules.
    Path under(Path root) {
        Path path = root.resolve(text).normalize();
        if (path.equals(root.normalize()) || !path.startsWith(root.normalize())) {
            throw refused(text, "leaves the folder " + root);
        }
        return path;
    }
}
