package dev.nla4j.cli;

import dev.nla4j.format.NearestName;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

/// What a command line that can't be understood is answered: what is wrong, the nearest name, and where help is.
final class Usage {
    private Usage() {}

    /// Writes the answer to the command's stderr and gives the exit code.
    static int report(ParameterException error) {
        CommandLine command = error.getCommandLine();
        PrintWriter err = command.getErr();
        err.println("nla: " + error.getMessage()
                + nearest(error).map(name -> "; did you mean " + name + "?").orElse(""));
        err.println("See " + command.getCommandSpec().qualifiedName() + " --help.");
        err.flush();
        return ExitCode.USAGE;
    }

    private static Optional<String> nearest(ParameterException error) {
        if (!(error instanceof UnmatchedArgumentException unmatched)
                || unmatched.getUnmatched().isEmpty()) {
            return Optional.empty();
        }
        CommandLine command = error.getCommandLine();
        String typed = unmatched.getUnmatched().getFirst();
        int equals = typed.indexOf('=');
        String name = typed.startsWith("--") && equals > 0 ? typed.substring(0, equals) : typed;
        List<String> known = new ArrayList<>();
        if (name.startsWith("-")) {
            command.getCommandSpec().options().forEach(option -> known.addAll(List.of(option.names())));
        } else {
            known.addAll(command.getSubcommands().keySet());
        }
        return NearestName.of(name, known);
    }
}
