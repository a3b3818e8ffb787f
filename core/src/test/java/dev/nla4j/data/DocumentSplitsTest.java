package dev.nla4j.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.nla4j.activation.DatasetMeta;
import dev.nla4j.activation.PositionsPerDocument;
import dev.nla4j.activation.corpus.Corpus;
import dev.nla4j.activation.corpus.CorpusOptions;
import dev.nla4j.format.InputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DocumentSplitsTest {
    @TempDir
    Path folder;

    /// The public pipeline writes the split as it was asked for, with the part of it that was taken.
    @ParameterizedTest
    @CsvSource({
        "HuggingFaceFW/fineweb, HuggingFaceFW/fineweb:train[:1%]:17, false",
        "HuggingFaceFW/fineweb, HuggingFaceFW/fineweb:test[:1%]:17, true",
        "HuggingFaceFW/fineweb, fineweb:validation[10:20]:3, true",
        "HuggingFaceFW/fineweb, fineweb:train:3, false",
        "HuggingFaceFW/fineweb, HuggingFaceFW/fineweb-edu:train:3, ",
        "HuggingFaceFW/fineweb, HuggingFaceFW/fineweb:a:train:3, ",
        "HuggingFaceFW/fineweb, own, ",
        "HuggingFaceFW/fineweb:test[:1%], own, true",
        "HuggingFaceFW/fineweb:train[:1%], own, false",
    })
    void a_split_is_told_by_an_id_whatever_part_of_it_was_taken(String corpus, String id, Boolean heldOut) {
        var extraction = new DatasetMeta.Extraction(
                "org/tiny", 8, 5, corpus, new DatasetMeta.CorpusSlice(0, 9), PositionsPerDocument.of(1), null, null);
        assertThat(DocumentSplits.fromIds(DocumentSplits.HELD_OUT).isHeldOut(id, extraction))
                .isEqualTo(Optional.ofNullable(heldOut));
    }

    @Test
    void a_corpus_of_which_nothing_would_be_held_out_is_told_before_it_is_read_for_hours() throws IOException {
        Path file = folder.resolve("docs.jsonl");
        Files.writeString(file, "{\"text\": \"a\"}\n{\"text\": \"b\"}\n");
        Corpus corpus = Corpus.open(file, CorpusOptions.DEFAULT);
        assertThatThrownBy(() -> DocumentSplits.requireSome(corpus, 0, "pipeline.hold-out"))
                .isInstanceOf(InputException.class)
                .hasMessageContainingAll("docs: none of its 2 documents", "draw a share of them by pipeline.hold-out");
        assertThatThrownBy(() -> DocumentSplits.requireSome(corpus, 1e-6, "pipeline.hold-out"))
                .hasMessageContaining("take more documents or raise pipeline.hold-out");
        DocumentSplits.requireSome(corpus, 0.9999, "pipeline.hold-out");
        Files.writeString(file, "{\"text\": \"a\"}\n{\"text\": \"b\", \"split\": \"validation\"}\n");
        DocumentSplits.requireSome(corpus, 0, "pipeline.hold-out");
    }
}
