// SPDX-License-Identifier: Apache-2.0
package io.millrace.workers;

import io.millrace.transport.NioSocketIo;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.Security;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * What a worker process is started with: the command and the environment. The command is that of this program, as the
 * kernel keeps it, less what belongs to one process only, and with flags that make a JVM start quickly.
 */
public final class WorkerCommand {
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

    private WorkerCommand() {}

    /**
     * Returns the environment of a worker of this process.
     *
     * @param tie what will be its descriptor {@value WorkerProcess#TIE}
     * @throws IOException if the kernel does not say what that is
     */
    public static List<String> environment(WorkerProcess.Kind kind, int index, int tie) throws IOException {
        List<String> all = environment();
        all.add(WorkerProcess.VARIABLE + "=" + kind.name().toLowerCase(Locale.ROOT) + ":"
                + ProcessHandle.current().pid() + ":" + index + ":" + WorkerProcess.identity(tie));
        return all;
    }

    /** Returns the environment of a process that this one starts and that is no such worker. */
    public static List<String> environment() {
        List<String> all = new ArrayList<>();
        for (Map.Entry<String, String> entry : System.getenv().entrySet()) {
            if (!entry.getKey().equals(WorkerProcess.VARIABLE)) {
                all.add(entry.getKey() + "=" + entry.getValue());
            }
        }
        return all;
    }

    /**
     * Returns the command that starts this program again, its first word an absolute path.
     *
     * @param given the command that the program names, or an empty list for the one that this JVM was started with
     * @param kind what the worker is for
     * @throws IOException saying what to do, if it is not known
     */
    public static List<String> of(List<String> given, WorkerProcess.Kind kind) throws IOException {
        if (!given.isEmpty()) {
            List<String> command = new ArrayList<>(given);
            command.set(0, find(command.getFirst()));
            return command;
        }
        return small(own(), kind);
    }

    /**
     * Returns the command of a worker whose {@code main} is another one, which does less than the program's own: the
     * same JVM with the same flags and classes, as small as a worker's is. For {@code ModelOptions.withWorkerCommand}
     * of the model {@code process}.
     *
     * @param main the class whose {@code main} opens the same model and listens, on this program's class path
     * @param arguments what it is called with
     * @param cache a start-up cache (-XX:AOTCache) for it in place of the program's own, or {@code null}; one that is
     *     not there does no harm
     * @return the command, empty if this program's own is not known or its classes are not on a class path
     */
    public static List<String> of(Class<?> main, List<String> arguments, Path cache) {
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
            return small(command, WorkerProcess.Kind.PROCESS);
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
    static List<String> small(List<String> command, WorkerProcess.Kind kind) {
        List<String> small = new ArrayList<>();
        small.add(command.getFirst());
        List<String> rest = command.subList(1, command.size()).stream()
                .filter(word -> NOT_TWICE.stream().noneMatch(word::startsWith) || word.contains("=off"))
                .toList();
        if (rest.stream().noneMatch(word -> word.matches("-XX:\\+Use\\w+GC"))) {
            small.add("-XX:+UseSerialGC");
        }
        small.add("-XX:-UsePerfData");
        if (kind == WorkerProcess.Kind.PROCESS) {
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
}
