// SPDX-License-Identifier: Apache-2.0
package io.millrace.models;

import io.millrace.transport.NioSocketIo;
import java.io.File;
import java.io.FileInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.Security;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * What this process is, if a {@code process} or {@code prefork} server started it.
 *
 * <p>A JVM cannot fork: only the calling thread would live on in the child. So a worker is this program once more: the
 * same command line, in the same folder, with {@value #VARIABLE} in its environment. It runs the same {@code main} up
 * to the place where that opens the same model and listens; there, instead of listening, it serves what it was given:
 * as descriptor 0 the one connection, or the listening socket. Descriptor 3 is its tie to the parent, whose end it
 * notices by it.
 *
 * <p>What that asks of a program: {@code main} may not do before {@link Server#listen} what must happen only once (a
 * lock file, another server on a fixed port); {@link #isWorker} tells. After {@code listen} a worker goes on like any
 * server: {@link Server#await} returns when its work is done, and a process that has not ended soon after is ended.
 *
 * <p>The variable names the tie: a process has been started as a worker if its descriptor 3 is that very pipe or
 * socket. What a worker starts in its turn inherits the variable, but not the descriptor, and is a program like any
 * other. A worker whose parent is not the one that is named was orphaned while it started: it ends at once, with exit
 * code {@value #ORPHANED}, for to go on as what it is not, a server of its own, would take the port from whoever is
 * started next. One that is orphaned later reads the end of its tie.
 *
 * @param kind what started it
 * @param index which of the program's addresses it is for, in the order of {@code listen}
 */
public record WorkerProcess(Kind kind, int index) {
    /**
     * The name in the environment; its value is {@code process:PARENT:INDEX:TIE} or {@code prefork:PARENT:INDEX:TIE}.
     */
    public static final String VARIABLE = "MILLRACE_WORKER";

    /** The descriptor of the tie to the parent. */
    static final int TIE = 3;

    /** The exit code of a worker whose parent has gone before it could begin: EX_UNAVAILABLE of sysexits.h(3head). */
    public static final int ORPHANED = 69;

    /** What a worker is for. */
    public enum Kind {
        /** One connection, which is descriptor 0. */
        PROCESS,

        /** All connections that it gets hold of on the listening socket, which is descriptor 0. */
        PREFORK
    }

    /**
     * Flags of a JVM that belong to one process: a second one with them would fail or write over the first one's files.
     */
    private static final List<String> NOT_TWICE = List.of(
            "-agentlib:jdwp",
            "-Xrunjdwp",
            "-XX:AOTCacheOutput",
            "-XX:AOTMode",
            "-XX:AOTConfiguration",
            "-XX:ArchiveClassesAtExit",
            "-Dcom.sun.management.jmxremote",
            "-XX:StartFlightRecording",
            "-Xlog:",
            "-Xloggc:");

    /** Flags whose value is a word of its own. */
    private static final List<String> WITH_VALUE = List.of(
            "-cp",
            "-classpath",
            "--class-path",
            "-p",
            "--module-path",
            "--add-modules",
            "--add-opens",
            "--add-exports",
            "--add-reads",
            "--enable-native-access",
            "--limit-modules",
            "--patch-module",
            "--upgrade-module-path");

    /** Looked at once: a tie does not change, and later on descriptor 3 may be something else. */
    private static final class Here {
        static final Optional<WorkerProcess> CURRENT = found(System.getenv(VARIABLE));
    }

    /** What this process was started for, if by one of our models. Ends the process if that has been for nothing. */
    static Optional<WorkerProcess> current() {
        return Here.CURRENT;
    }

    private static Optional<WorkerProcess> found(String value) {
        String[] parts = value == null ? new String[0] : value.split(":", 4);
        if (parts.length < 4) {
            return Optional.empty();
        }
        try {
            if (!parts[3].equals(identity(TIE))) {
                return Optional.empty();
            }
            Kind kind = Kind.valueOf(parts[0].toUpperCase(Locale.ROOT));
            WorkerProcess worker = new WorkerProcess(kind, Integer.parseInt(parts[2]));
            if (parent() != Long.parseLong(parts[1])) {
                System.err.println("millrace: process " + parts[1] + ", which started this worker, has gone");
                // Nothing has begun that would have to be ended in order.
                Runtime.getRuntime().halt(ORPHANED);
            }
            return Optional.of(worker);
        } catch (IOException | IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    /**
     * What a descriptor of this process is, such as {@code pipe:[4711]}: the number is its own as long as anybody has
     * it open (proc_pid_fd(5)).
     */
    private static String identity(int descriptor) throws IOException {
        return Files.readSymbolicLink(Path.of("/proc/self/fd/" + descriptor)).toString();
    }

    /**
     * The id of the process that this one is a child of (proc_pid_stat(5); the name in parentheses may hold anything).
     * {@link ProcessHandle} would make a pool of threads first.
     */
    static long parent() throws IOException {
        try (FileInputStream file = new FileInputStream("/proc/self/stat")) {
            String line = new String(file.readAllBytes(), StandardCharsets.ISO_8859_1);
            int begin = line.lastIndexOf(')') + ") S ".length();
            return Long.parseLong(line.substring(begin, line.indexOf(' ', begin)));
        }
    }

    /** Whether this process is a worker that {@code process} or {@code prefork} started. */
    public static boolean isWorker() {
        return current().isPresent();
    }

    /**
     * Whether this process is a worker that lives for one client, and for which nothing pays that takes long to set up.
     */
    public static boolean isForOneClient() {
        return current().filter(worker -> worker.kind == Kind.PROCESS).isPresent();
    }

    /**
     * The environment of a worker of this process.
     *
     * @param tie what will be its descriptor {@value #TIE}
     * @throws IOException if the kernel does not say what that is
     */
    static List<String> environment(Kind kind, int index, int tie) throws IOException {
        List<String> all = environment();
        all.add(VARIABLE + "=" + kind.name().toLowerCase(Locale.ROOT) + ":"
                + ProcessHandle.current().pid() + ":" + index + ":" + identity(tie));
        return all;
    }

    /** The environment of a process that this one starts and that is no such worker. */
    static List<String> environment() {
        List<String> all = new ArrayList<>();
        for (Map.Entry<String, String> entry : System.getenv().entrySet()) {
            if (!entry.getKey().equals(VARIABLE)) {
                all.add(entry.getKey() + "=" + entry.getValue());
            }
        }
        return all;
    }

    /**
     * The command that starts this program again, its first word an absolute path.
     *
     * @throws IOException saying what to do, if it is not known
     */
    static List<String> command(ModelOptions options, Kind kind) throws IOException {
        if (!options.workerCommand().isEmpty()) {
            List<String> command = new ArrayList<>(options.workerCommand());
            command.set(0, find(command.getFirst()));
            return command;
        }
        return small(own(), kind);
    }

    /**
     * The command of a worker whose {@code main} is another one, which does less than the program's own: the same JVM
     * with the same flags and classes, as small as a worker's is. For {@link ModelOptions#withWorkerCommand} of
     * {@link IoModel#PROCESS}.
     *
     * @param main the class whose {@code main} opens the same model and listens, on this program's class path
     * @param arguments what it is called with
     * @param cache a start-up cache (-XX:AOTCache) for it in place of the program's own, or {@code null}; one that is
     *     not there does no harm
     * @return the command, empty if this program's own is not known or its classes are not on a class path
     */
    public static List<String> command(Class<?> main, List<String> arguments, Path cache) {
        try {
            List<String> own = own();
            List<String> command = new ArrayList<>(own.subList(0, firstOfTheProgram(own)));
            if (!command.contains("-cp") && !command.contains("-classpath")) {
                return List.of();
            }
            if (cache != null) {
                command.removeIf(word -> word.startsWith("-XX:AOTCache="));
                command.addAll(List.of("-XX:AOTCache=" + cache, "-Xlog:aot=off", "-Xlog:cds=off"));
            }
            command.add(main.getName());
            command.addAll(arguments);
            return small(command, Kind.PROCESS);
        } catch (IOException e) {
            return List.of();
        }
    }

    /** Where the JVM's words end and the program's begin. */
    private static int firstOfTheProgram(List<String> words) throws IOException {
        for (int i = 1; i < words.size(); i++) {
            if (!words.get(i).startsWith("-")) {
                return i;
            }
            i += WITH_VALUE.contains(words.get(i)) ? 1 : 0;
        }
        throw new IOException("no main class in its command");
    }

    /** As the kernel keeps it: {@link ProcessHandle} cuts off what does not fit a page. */
    private static List<String> own() throws IOException {
        try {
            String line = Files.readString(Path.of("/proc/self/cmdline"), StandardCharsets.UTF_8);
            List<String> words = new ArrayList<>(List.of(line.split("\0")));
            words.set(0, Files.readSymbolicLink(Path.of("/proc/self/exe")).toString());
            if (!words.getFirst().endsWith("/java")) {
                throw new IOException("this JVM was not started by java but by " + words.getFirst());
            }
            return words;
        } catch (IOException e) {
            throw new IOException(
                    "the command that starts this program again is not known (" + e.getMessage()
                            + "): name it with ModelOptions.withWorkerCommand",
                    e);
        }
    }

    private static String find(String program) throws IOException {
        if (program.indexOf('/') >= 0) {
            return Path.of(program).toAbsolutePath().toString();
        }
        for (String folder : System.getenv().getOrDefault("PATH", "").split(File.pathSeparator)) {
            Path candidate = Path.of(folder, program);
            if (Files.isExecutable(candidate)) {
                return candidate.toAbsolutePath().toString();
            }
        }
        throw new IOException("the worker command " + program + " is not on the path");
    }

    /**
     * The flags of a JVM that starts quickly, is one of many and, if it serves but one client, does not live long
     * enough for the second compiler. What the program's own command line says goes before.
     */
    static List<String> small(List<String> command, Kind kind) {
        List<String> small = new ArrayList<>();
        small.add(command.getFirst());
        List<String> rest = command.subList(1, command.size()).stream()
                .filter(word -> NOT_TWICE.stream().noneMatch(word::startsWith) || word.contains("=off"))
                .toList();
        if (rest.stream().noneMatch(word -> word.matches("-XX:\\+Use\\w+GC"))) {
            small.add("-XX:+UseSerialGC");
        }
        small.add("-XX:-UsePerfData");
        if (kind == Kind.PROCESS) {
            small.add("-XX:TieredStopAtLevel=1");
            // What runs a few times only, as nearly all does in such a life, is not worth compiling at all.
            small.add("-XX:CompileThresholdScaling=10");
            small.add("-Xms8m");
            // A thread that goes through the profiles of a start-up cache, for a compiler that this JVM does not use.
            small.addAll(List.of(
                    "-XX:+IgnoreUnrecognizedVMOptions", "-XX:+UnlockDiagnosticVMOptions", "-XX:-AOTReplayTraining"));
            // The JDK makes its inherited channel by reflection, once: not worth a method handle.
            small.add("-Djdk.reflect.useNativeAccessorOnly=true");
            small.addAll(known());
        }
        small.addAll(rest);
        return small;
    }

    /**
     * What the JDK searches for when the first channel and the first address are made, and this process has found: a
     * provider in every jar of the class path, and a word in java.security. That is a fifth of a short life.
     */
    private static List<String> known() {
        List<String> known = new ArrayList<>();
        known.add("-D" + NioSocketIo.provider());
        String name = "jdk.includeInExceptions";
        String told = System.getProperty(name, Security.getProperty(name));
        if (told != null) {
            known.add("-D" + name + "=" + told);
        }
        return known;
    }

    /** Ends a worker whose work is done, with that exit code, even if the program has something that goes on. */
    static void endSoon(int code) {
        Thread.ofPlatform().daemon().name("millrace-worker-end").start(() -> {
            try {
                Thread.sleep(1000);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            System.exit(code);
        });
    }
}
