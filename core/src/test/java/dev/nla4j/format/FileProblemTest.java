package dev.nla4j.format;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.EOFException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.MalformedInputException;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.FileSystemLoopException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.NotLinkException;
import java.util.List;
import org.junit.jupiter.api.Test;

class FileProblemTest {
    private static final List<IOException> OF_INPUT = List.of(
            new NoSuchFileException("/a/b"),
            new AccessDeniedException("/a/b"),
            new NotDirectoryException("/a/b"),
            new FileAlreadyExistsException("/a/b"),
            new DirectoryNotEmptyException("/a/b"),
            new FileSystemLoopException("/a/b"),
            new NotLinkException("/a/b"),
            new FileSystemException("/a/b", null, "Too many levels of symbolic links or unable to access"),
            new FileSystemException("/a/b", null, "Is a directory"));

    @Test
    void every_error_of_a_file_system_names_the_file_once_and_a_reason_and_no_class() {
        for (IOException error : OF_INPUT) {
            assertThat(FileProblem.of(error))
                    .startsWith("/a/b: ")
                    .doesNotContain("Exception")
                    .hasSizeGreaterThan(12);
            assertThat(FileProblem.reason(error)).doesNotContain("/a/b");
            assertThat(FileProblem.isOfInput(error)).as(error.toString()).isTrue();
        }
    }

    @Test
    void a_full_disk_is_not_the_users_choice_of_a_file() {
        IOException full = new FileSystemException("/a/b", null, "No space left on device");
        assertThat(FileProblem.of(full)).isEqualTo("/a/b: No space left on device");
        assertThat(FileProblem.isOfInput(full)).isFalse();
        assertThat(FileProblem.isOfInput(new IOException("Is a directory"))).isTrue();
    }

    @Test
    void an_error_that_says_nothing_is_still_a_sentence() {
        assertThat(FileProblem.of(new IOException())).contains("refuses");
        assertThat(FileProblem.of(new FileSystemException("/a/b")))
                .startsWith("/a/b: ")
                .contains("refuses");
        assertThat(FileProblem.of(new MalformedInputException(1))).isEqualTo("is not valid UTF-8");
        assertThat(FileProblem.of(new EOFException())).isEqualTo("ends too early");
    }

    @Test
    void what_a_stream_throws_is_its_own_sentence_or_its_cause() {
        NoSuchFileException cause = new NoSuchFileException("/a/b");
        assertThat(FileProblem.of(new UncheckedIOException(cause))).isEqualTo(FileProblem.of(cause));
        assertThat(FileProblem.of(new UncheckedIOException("the batch is 7", cause)))
                .isEqualTo("the batch is 7");
    }
}
