package dev.nla4j.cli;

import dev.nla4j.format.AtomicFile;
import dev.nla4j.format.InputException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.format.DateTimeParseException;
import java.util.Objects;
import java.util.Set;
import picocli.CommandLine;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.TypeConversionException;

/// What holds for the arguments of every command: no path and no model is named by nothing, and what is to be written
/// has a place. Checked before a command begins, since its work may take hours.
final class Arguments {
    /// Labels of arguments that name a model, a pair or a checkpoint.
    private static final Set<String> MODELS = Set.of("M", "MODEL", "DIR|ID", "TARGET", "CHECKPOINT");
    private static final String FOLDER = "DIR";
    private static final String OUT = "--out";

    private Arguments() {}

    /// A path; the empty text would mean the current folder, which is written as `.`.
    static Path path(String text) {
        if (text.isBlank()) {
            throw new TypeConversionException("it is empty; the current folder is .");
        }
        try {
            return Path.of(text);
        } catch (InvalidPathException e) {
            throw new TypeConversionException("not a path: " + e.getReason());
        }
    }

    /// A whole number of 32 bits.
    static int integer(String text) {
        try {
            return Integer.parseInt(text.strip());
        } catch (NumberFormatException e) {
            throw new TypeConversionException("'" + text + "' is not a whole number up to " + Integer.MAX_VALUE);
        }
    }

    /// A whole number of 64 bits.
    static long wholeNumber(String text) {
        try {
            return Long.parseLong(text.strip());
        } catch (NumberFormatException e) {
            throw new TypeConversionException("'" + text + "' is not a whole number up to " + Long.MAX_VALUE);
        }
    }

    /// A number; commands say which ones they take.
    static double number(String text) {
        try {
            return Double.parseDouble(text);
        } catch (NumberFormatException e) {
            throw new TypeConversionException("'" + text + "' is not a number");
        }
    }

    /// A day.
    static LocalDate date(String text) {
        try {
            return LocalDate.parse(text.strip());
        } catch (DateTimeParseException e) {
            throw new TypeConversionException("'" + text + "' is not a day such as 2026-01-31");
        }
    }

    /// Checks what was given on the command line.
    ///
    /// @throws ParameterException when a model's name is empty
    /// @throws InputException when `--out` can't be written
    static void check(ParseResult parsed) {
        for (CommandLine command : parsed.asCommandLineList()) {
            ParseResult own = command.getParseResult();
            own.matchedOptions().forEach(option -> checkModel(command, option, option.longestName()));
            own.matchedPositionals().forEach(given -> checkModel(command, given, given.paramLabel()));
            OptionSpec out = own.matchedOption(OUT);
            if (out != null && out.getValue() instanceof Path path) {
                checkOut(path, out.paramLabel().equals(FOLDER));
            }
        }
    }

    private static void checkModel(CommandLine command, ArgSpec given, String name) {
        if (MODELS.contains(given.paramLabel()) && given.stringValues().stream().anyMatch(String::isBlank)) {
            throw new ParameterException(
                    command, "Invalid value for " + name + ": it is empty; the current folder is .", given, "");
        }
    }

    /// No folder is made on the way to a file: a typo would grow a tree of them.
    private static void checkOut(Path out, boolean isFolder) {
        if (!isFolder && Files.isDirectory(out)) {
            throw new InputException(OUT + ": " + out + " is a folder; name a file in it");
        }
        if (AtomicFile.isNoFile(out)) {
            throw new InputException(OUT + ": " + out + " is a device or a pipe; name a file");
        }
        Path parent =
                Objects.requireNonNullElse(out.toAbsolutePath().normalize().getParent(), Path.of("/"));
        if (!Files.isDirectory(parent)) {
            throw new InputException(OUT + ": there is no folder " + parent + "; make it first");
        }
    }
}
