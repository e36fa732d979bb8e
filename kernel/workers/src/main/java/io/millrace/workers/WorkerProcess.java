// SPDX-License-Identifier: Apache-2.0
package io.millrace.workers;

import java.io.FileInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
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
 * <p>What that asks of a program: {@code main} may not do before {@code Server.listen} what must happen only once (a
 * lock file, another server on a fixed port); {@link #isWorker} tells. After {@code listen} a worker goes on like any
 * server: {@code Server.await} returns when its work is done, and a process that has not ended soon after is ended.
 *
 * <p>The variable names the tie: a process has been started as a worker if its descriptor 3 is that very pipe or
 * socket. What a worker starts in its turn inherits the variable, but not the descriptor, and is a program like any
 * other. A worker whose parent is not the one that is named was orphaned while it started: it ends at once, with exit
 * code {@value #ORPHANED}, for to go on as what it is not, a server of its own, would take the port from the server
 * that is started next. One that is orphaned later reads the end of its tie.
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
    public static final int TIE = 3;

    /** The exit code of a worker whose parent has gone before it could begin: EX_UNAVAILABLE of sysexits.h(3head). */
    public static final int ORPHANED = 69;

    /** What a worker is for. */
    public enum Kind {
        /** One connection, which is descriptor 0. */
        PROCESS,

        /** All connections that it gets hold of on the listening socket, which is descriptor 0. */
        PREFORK
    }

    /** Looked at once: a tie does not change, and later on descriptor 3 may be something else. */
    private static final class Here {
        static final Optional<WorkerProcess> CURRENT = found(System.getenv(VARIABLE));
    }

    /** Returns what this process was started for, if it is a worker. Ends the process if that has been for nothing. */
    public static Optional<WorkerProcess> current() {
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
     * What a descriptor of this process is, such as {@code pipe:[4711]}: the number is its own as long as a process has
     * it open (proc_pid_fd(5)).
     */
    static String identity(int descriptor) throws IOException {
        return Files.readSymbolicLink(Path.of("/proc/self/fd/" + descriptor)).toString();
    }

    /**
     * Returns the id of the process that this one is a child of (proc_pid_stat(5); the name in parentheses may hold
     * anything). {@link ProcessHandle} would make a pool of threads first.
     */
    public static long parent() throws IOException {
        try (FileInputStream file = new FileInputStream("/proc/self/stat")) {
            String line = new String(file.readAllBytes(), StandardCharsets.ISO_8859_1);
            int begin = line.lastIndexOf(')') + ") S ".length();
            return Long.parseLong(line.substring(begin, line.indexOf(' ', begin)));
        }
    }

    /** Returns whether this process is a worker that {@code process} or {@code prefork} started. */
    public static boolean isWorker() {
        return current().isPresent();
    }

    /**
     * Returns whether this process is a worker that lives for one client, and for which nothing pays that takes long to
     * set up.
     */
    public static boolean isForOneClient() {
        return current().filter(worker -> worker.kind == Kind.PROCESS).isPresent();
    }

    /** Ends a worker whose work is done, with that exit code, even if the program has something that goes on. */
    public static void endSoon(int code) {
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
