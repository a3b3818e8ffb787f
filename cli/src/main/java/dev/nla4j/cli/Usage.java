package dev.nla4j.cli;

import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

/// What a command line that can't be understood is answered: what is wrong, the nearest name, and where help is.
final class Usage {
    /// A name with more changes than a third of its letters is another name.
    private static final int LETTERS_PER_TYPO = 3;

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
        return known.stream()
                .min(Comparator.comparingInt((String candidate) -> distance(name, candidate))
                        .thenComparing(Comparator.naturalOrder()))
                .filter(candidate -> distance(name, candidate)
                        <= Math.max(2, Math.max(name.length(), candidate.length()) / LETTERS_PER_TYPO));
    }

    /// Letters to insert, remove, exchange or swap with their neighbour to get from one name to the other.
    private static int distance(String from, String to) {
        int[][] cost = new int[from.length() + 1][to.length() + 1];
        for (int i = 0; i <= from.length(); i++) {
            for (int j = 0; j <= to.length(); j++) {
                if (i == 0 || j == 0) {
                    cost[i][j] = i + j;
                    continue;
                }
                int exchanged = cost[i - 1][j - 1] + (from.charAt(i - 1) == to.charAt(j - 1) ? 0 : 1);
                cost[i][j] = Math.min(exchanged, 1 + Math.min(cost[i - 1][j], cost[i][j - 1]));
                boolean swapped = i > 1
                        && j > 1
                        && from.charAt(i - 1) == to.charAt(j - 2)
                        && from.charAt(i - 2) == to.charAt(j - 1);
                if (swapped) {
                    cost[i][j] = Math.min(cost[i][j], cost[i - 2][j - 2] + 1);
                }
            }
        }
        return cost[from.length()][to.length()];
    }
}
