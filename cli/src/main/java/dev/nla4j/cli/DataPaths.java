package dev.nla4j.cli;

import java.nio.file.Path;
import java.util.Objects;

/// Where the steps of the data pipeline put their files when they are not told: `splits/av_sft_raw.parquet`,
/// `av_sft_explained.parquet`, `av_sft.parquet`, `av_sft_shuf.parquet`.
final class DataPaths {
    private static final String ENDING = ".parquet";
    private static final String SPLITS = "splits";

    private DataPaths() {}

    /// A file's name without what the step before has added.
    static String stem(Path file, String suffix) {
        String name =
                Objects.requireNonNull(file.getFileName(), "a file has a name").toString();
        String bare = name.endsWith(ENDING) ? name.substring(0, name.length() - ENDING.length()) : name;
        return bare.endsWith(suffix) ? bare.substring(0, bare.length() - suffix.length()) : bare;
    }

    /// `name.parquet` beside a file, or above it when the file lies among the splits.
    static Path beside(Path file, String name) {
        Path folder = Objects.requireNonNull(file.toAbsolutePath().getParent());
        boolean among = folder.endsWith(SPLITS) && folder.getParent() != null;
        return (among ? Objects.requireNonNull(folder.getParent()) : folder).resolve(name + ENDING);
    }

    /// The folder of splits beside the file they are made of.
    static Path splits(Path base) {
        return Objects.requireNonNull(base.toAbsolutePath().getParent()).resolve(SPLITS);
    }
}
