package dev.nla4j.cli;

import dev.nla4j.format.InputException;
import dev.nla4j.tensor.Threads;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.LocalDate;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.logging.Level;
import java.util.logging.Logger;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.ScopeType;

/// The program `nla`. Data goes to stdout, talk and progress to stderr, both in UTF-8 whatever the locale.
@Command(
        name = "nla",
        description =
                "Natural Language Autoencoders: read a language model's activations in words, and see how far to believe them.",
        synopsisSubcommandLabel = "COMMAND",
        versionProvider = Version.class,
        subcommands = {
            ExplainCommand.class,
            ScoreCommand.class,
            ReconstructCommand.class,
            CompareCommand.class,
            ExtractCommand.class,
            LintCommand.class,
            ExportCommand.class,
            DataCommand.class,
            ModelCommand.class,
            TokenizeCommand.class,
            ChatCommand.class,
            GenerateCommand.class,
            TrainCommand.class,
            BenchCommand.class,
            DoctorCommand.class
        },
        footer = {"", "Example: nla explain \"The capital of France is\""})
public final class Main {
    /// Commands that load a model whatever else they are told: libtorch loads while their arguments are read.
    private static final Set<String> COMPUTING = Set.of("explain", "compare", "score", "reconstruct", "generate");

    @CommandLine.Option(
            names = {"-h", "--help"},
            usageHelp = true,
            scope = ScopeType.INHERIT,
            description = "Show this help and exit.")
    @SuppressWarnings("UnusedVariable") // read by picocli
    private boolean help;

    @CommandLine.Option(
            names = {"-V", "--version"},
            versionHelp = true,
            description = "Show the version and exit.")
    @SuppressWarnings("UnusedVariable") // read by picocli
    private boolean version;

    @CommandLine.Option(names = "--debug", scope = ScopeType.INHERIT, description = "Show the stack trace of an error.")
    private boolean debug;

    /// Runs the program and ends the process with its exit code.
    public static void main(String[] args) {
        Logger.getLogger("").setLevel(Level.WARNING);
        PrintStream out = new PrintStream(new FileOutputStream(FileDescriptor.out), false, StandardCharsets.UTF_8);
        PrintStream err = new PrintStream(new FileOutputStream(FileDescriptor.err), true, StandardCharsets.UTF_8);
        System.setOut(out);
        System.setErr(err);
        Phases.ofThisRun().end("java");
        if (args.length > 1 && COMPUTING.contains(args[0])) {
            Threads.preload();
        }
        int code = commandLine(out, err).execute(withHelpAsOption(args));
        out.flush();
        if (out.checkError() && code == ExitCode.OK) {
            err.println("nla: stdout can't be written (disk full, or its reader went away)");
            code = ExitCode.FAILURE;
        }
        Phases.ofThisRun().end("the work");
        Phases.ofThisRun().print(err);
        if (Threads.isPreloading()) {
            exitAtOnce(code);
            Threads.settle();
        }
        System.exit(code);
    }

    /// A usage error need not wait for libtorch. An exit (`Runtime.halt` is one, too) would take down the C++ objects
    /// that libtorch is still setting up, and abort: the system ends the process without it, where it can be asked.
    @SuppressWarnings("restricted") // _exit(2)
    private static void exitAtOnce(int code) {
        Linker linker = Linker.nativeLinker();
        linker.defaultLookup().find("_exit").ifPresent(function -> {
            try {
                linker.downcallHandle(function, FunctionDescriptor.ofVoid(ValueLayout.JAVA_INT))
                        .invokeExact(code);
            } catch (Throwable e) {
                throw new IllegalStateException("the process can't be ended", e);
            }
        });
    }

    /// `nla help model pull` means `nla model pull --help`.
    static String[] withHelpAsOption(String[] args) {
        if (args.length == 0 || !args[0].equals("help")) {
            return args;
        }
        String[] asked = Arrays.copyOfRange(args, 1, args.length + 1);
        asked[args.length - 1] = "--help";
        return asked;
    }

    /// The command line with its error handling, for tests too.
    static CommandLine commandLine(PrintStream out, PrintStream err) {
        CommandLine commandLine = new CommandLine(new Main());
        commandLine.setOut(new PrintWriter(out, true, StandardCharsets.UTF_8));
        commandLine.setErr(new PrintWriter(err, true, StandardCharsets.UTF_8));
        commandLine.setCaseInsensitiveEnumValuesAllowed(true);
        commandLine.setUsageHelpAutoWidth(true);
        commandLine.setExpandAtFiles(false); // a text may begin with @
        commandLine.registerConverter(Path.class, Arguments::path);
        commandLine.registerConverter(LocalDate.class, Arguments::date);
        commandLine.registerConverter(Integer.class, Arguments::integer);
        commandLine.registerConverter(int.class, Arguments::integer);
        commandLine.registerConverter(Long.class, Arguments::wholeNumber);
        commandLine.registerConverter(long.class, Arguments::wholeNumber);
        commandLine.registerConverter(Double.class, Arguments::number);
        commandLine.registerConverter(double.class, Arguments::number);
        commandLine.setExecutionStrategy(parsed -> {
            try {
                Arguments.check(parsed);
            } catch (InputException e) {
                throw new CommandLine.ExecutionException(commandLine, String.valueOf(e.getMessage()), e);
            }
            try {
                return new CommandLine.RunLast().execute(parsed);
            } catch (Error e) { // which the handler of exceptions never sees: a full heap, a library that can't load
                return report(e, commandLine, commandLine);
            }
        });
        commandLine.setParameterExceptionHandler((e, _) -> Usage.report(e));
        commandLine.setExecutionExceptionHandler((e, command, parsed) -> report(e, commandLine, command));
        return commandLine;
    }

    /// The option that has another command line of this program show stack traces, where this one does.
    static List<String> debugging(CommandLine.Model.CommandSpec command) {
        return command.root().userObject() instanceof Main main && main.debug ? List.of("--debug") : List.of();
    }

    private static int report(Throwable error, CommandLine whole, CommandLine command) {
        return ExitCode.report(error, whole.<Main>getCommand().debug, command.getErr());
    }
}
