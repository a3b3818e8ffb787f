package dev.nla4j.train.estimate;

import dev.nla4j.data.DataColumns;
import dev.nla4j.data.DataFile;
import dev.nla4j.format.parquet.Column;
import dev.nla4j.format.parquet.ColumnKind;
import dev.nla4j.format.parquet.Value;
import dev.nla4j.nla.Role;
import dev.nla4j.train.sft.Examples;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.DoubleSummaryStatistics;
import java.util.List;
import java.util.stream.Stream;

/// About how many tokens a half's gold texts have, rather too many than too few.
record TextLengths(double average, double longest) {
    /// A verbalizer's own tokens before its answer.
    static final int PROMPT = 11;
    /// As the grounded teacher writes them: where no data says more.
    static final TextLengths UNKNOWN = new TextLengths(42, 60);
    /// Of English; other scripts have tokens of a byte or two where the vocabulary is small.
    private static final double BYTES_A_TOKEN = 3.6;

    private static final double OTHER_BYTES_A_TOKEN = 1.5;

    /// Of what a half learns to write or to read.
    static TextLengths of(Examples data, Role role) {
        return of(data.rows().stream().map(row -> role == Role.VERBALIZER ? row.response() : row.explanation()));
    }

    /// Of what a verbalizer has learned to write, where that file is there; nothing else of it is read.
    static TextLengths written(Path av) {
        if (!Files.exists(av)) {
            return UNKNOWN;
        }
        Column response = Column.of(DataColumns.RESPONSE, ColumnKind.TEXT);
        try (DataFile file = DataFile.open(av)) {
            if (file.rows() == 0 || !file.has(response.name(), response.kind())) {
                return UNKNOWN;
            }
            DataFile.Rows rows = file.rows(List.of(response));
            return of(Stream.generate(rows::next).limit(file.rows()).map(row -> Value.text(row.getFirst())));
        }
    }

    private static TextLengths of(Stream<String> texts) {
        DoubleSummaryStatistics lengths = texts.mapToDouble(TextLengths::tokens).summaryStatistics();
        return new TextLengths(lengths.getAverage(), lengths.getMax());
    }

    private static double tokens(String text) {
        long plain = text.chars().filter(c -> c < 0x80).count();
        long others = text.getBytes(StandardCharsets.UTF_8).length - plain;
        return plain / BYTES_A_TOKEN + others / OTHER_BYTES_A_TOKEN;
    }
}
