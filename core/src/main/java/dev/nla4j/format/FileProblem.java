package dev.nla4j.format;

import java.io.EOFException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.FileSystemLoopException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.NotLinkException;
import java.nio.file.Path;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// Errors of files in words. Java's own messages are often no more than a path, and the rest of the meaning is in the
/// exception's class, which is nothing to show a user.
public final class FileProblem {
    private static final String CIRCLE = "is a link where none is followed, or its links lead in a circle";

    private FileProblem() {}

    /// What is wrong, to stand behind the file's name: `there is no such file or folder`.
    public static String reason(IOException e) {
        return switch (e) {
            case NoSuchFileException _ -> "there is no such file or folder";
            case AccessDeniedException _ -> "permission denied";
            case NotDirectoryException _ -> "is not a folder";
            case FileAlreadyExistsException _ -> "exists already";
            case DirectoryNotEmptyException _ -> "is a folder that is not empty";
            case FileSystemLoopException _ -> CIRCLE;
            case NotLinkException _ -> "is not a link";
            case FileSystemException f -> words(f.getReason());
            case CharacterCodingException _ -> "is not valid UTF-8";
            case EOFException _ -> "ends too early";
            default -> words(e.getMessage());
        };
    }

    /// Refuses what would be waited for without an end: a pipe, a device. What is not there, a folder or a link is left
    /// to whoever opens it.
    ///
    /// @throws FormatException that names the file
    public static void requireNoPipe(Path file) {
        if (Files.exists(file) && !Files.isRegularFile(file) && !Files.isDirectory(file)) {
            throw new FormatException(file, -1, "file", "is a device or a pipe, expected a regular file");
        }
    }

    /// The same with the file in front, when the error knows it.
    public static String of(IOException e) {
        return e instanceof FileSystemException f && f.getFile() != null
                ? FormatException.printable(f.getFile()) + ": " + reason(e)
                : reason(e);
    }

    /// The same for what streams and walks throw: what they say themselves, else their cause.
    public static String of(UncheckedIOException e) {
        IOException cause = e.getCause();
        return cause == null || !cause.toString().equals(e.getMessage()) ? words(e.getMessage()) : of(cause);
    }

    /// Whether the user's choice of a file is to blame, rather than the machine (a full disk, a broken one).
    public static boolean isOfInput(IOException e) {
        return switch (e) {
            case NoSuchFileException _,
                    AccessDeniedException _,
                    NotDirectoryException _,
                    FileAlreadyExistsException _,
                    DirectoryNotEmptyException _,
                    FileSystemLoopException _,
                    NotLinkException _ -> true;
            case FileSystemException f -> isOfInput(words(f.getReason()));
            default -> isOfInput(words(e.getMessage()));
        };
    }

    private static boolean isOfInput(String words) {
        return words.equals(CIRCLE) || words.equals("is a folder") || words.equals("is not a folder");
    }

    /// What the system says, in this program's words where they differ.
    private static String words(@Nullable String said) {
        if (said == null || said.isBlank()) {
            return "the system refuses it and does not say why";
        }
        return switch (said.toLowerCase(Locale.ROOT)) {
            // Java goes on with "or unable to access attributes of symbolic link".
            // Also of a link where none is followed.
            case String s when s.startsWith("too many levels of symbolic links") -> CIRCLE;
            case "is a directory" -> "is a folder";
            case "not a directory" -> "is not a folder";
            default -> said;
        };
    }
}
