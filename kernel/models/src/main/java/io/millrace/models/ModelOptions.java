// SPDX-License-Identifier: Apache-2.0
package io.millrace.models;

import io.millrace.core.Printable;
import io.millrace.socket.Kernel;
import io.millrace.socket.Trace;
import io.millrace.socket.TracedKernel;
import io.millrace.transport.HeapLimit;
import io.millrace.workers.WorkerProcess;
import java.io.PrintStream;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * What a model is opened with.
 *
 * @param carriers how many loops, threads that share one epoll, or worker processes; models that are one thread, or one
 *     for each client, do not ask
 * @param most how many clients at once a model carries that has something for each, a process or a thread; 0 for the
 *     model's own choice
 * @param workerCommand the command that starts this program again, for {@code process} and {@code prefork}; empty for
 *     the one that this JVM was started with ({@link WorkerProcess})
 * @param trace where to print what the kernel reported and what was done, call by call; {@code null} for nowhere
 * @param memory how many bytes of the heap connections may hold for what they have received and have to send, all of
 *     them together, in each process; loops have equal parts of it ({@link HeapLimit})
 * @param failure is told, in place of the log, why the server cannot go on: a thread that all depend on has failed, for
 *     want of memory perhaps. By then the server is ending, its listening sockets first. Told once, on the thread that
 *     found out; {@code null} for the log
 * @param reloadGrace how long a worker of {@code prefork} that {@link Server#reload} has replaced may go on for the
 *     connections that it has; then they are cut off. An hour at first
 */
public record ModelOptions(
        int carriers,
        int most,
        List<String> workerCommand,
        @Nullable PrintStream trace,
        long memory,
        @Nullable Consumer<? super Throwable> failure,
        Duration reloadGrace) {

    /** As many carriers as there are processors. */
    public static final ModelOptions DEFAULT = new ModelOptions(
            Runtime.getRuntime().availableProcessors(),
            0,
            List.of(),
            null,
            HeapLimit.usual(),
            null,
            Duration.ofHours(1));

    /**
     * Checks the values.
     *
     * @throws IllegalArgumentException for a number out of bounds
     */
    public ModelOptions {
        if (carriers < 1 || most < 0) {
            throw new IllegalArgumentException("a model needs at least one carrier, and a limit is not negative");
        }
        if (memory < 1) {
            throw new IllegalArgumentException("connections need some of the heap, not " + memory + " bytes");
        }
        if (reloadGrace.isNegative()) {
            throw new IllegalArgumentException("a worker that was replaced cannot leave before: " + reloadGrace);
        }
        workerCommand = List.copyOf(workerCommand);
    }

    /** The same with another number of carriers. */
    public ModelOptions withCarriers(int other) {
        return new ModelOptions(other, most, workerCommand, trace, memory, failure, reloadGrace);
    }

    /** The same with another limit on clients that have something of their own. */
    public ModelOptions withMost(int other) {
        return new ModelOptions(carriers, other, workerCommand, trace, memory, failure, reloadGrace);
    }

    /** The same with another way to start this program again. */
    public ModelOptions withWorkerCommand(List<String> other) {
        return new ModelOptions(carriers, most, other, trace, memory, failure, reloadGrace);
    }

    /** The same, printing what happens to a stream, which several threads may do at once. */
    public ModelOptions withTrace(PrintStream other) {
        return new ModelOptions(carriers, most, workerCommand, other, memory, failure, reloadGrace);
    }

    /** The same with another limit on what connections hold of the heap. */
    public ModelOptions withMemory(long bytes) {
        return new ModelOptions(carriers, most, workerCommand, trace, bytes, failure, reloadGrace);
    }

    /** The same with a callback that is told why the server cannot go on. */
    public ModelOptions withFailure(Consumer<? super Throwable> other) {
        return new ModelOptions(carriers, most, workerCommand, trace, memory, other, reloadGrace);
    }

    /** The same with another time for workers that a reload has replaced. */
    public ModelOptions withReloadGrace(Duration other) {
        return new ModelOptions(carriers, most, workerCommand, trace, memory, failure, other);
    }

    /** The door to the kernel. */
    Kernel kernel() {
        return traced(Kernel.host());
    }

    /** The same in a worker process, which says who it is in what it prints. */
    Kernel kernelOfWorker() {
        Trace lines = traceOfWorker();
        return lines == null ? Kernel.host() : TracedKernel.over(Kernel.host(), lines);
    }

    /** Where a worker process writes that does not go through our door to the kernel, {@code null} for nowhere. */
    @Nullable
    Trace traceOfWorker() {
        return trace == null ? null : new Trace(trace, who(), Printable::text);
    }

    private static String who() {
        return "[" + ProcessHandle.current().pid() + "]";
    }

    /**
     * Returns what prints a line of the trace, for protocols to say what they do; {@code null} without a trace. Any
     * thread may use it.
     */
    public @Nullable Consumer<String> traceLines() {
        Trace lines = traceOfWorker();
        return lines == null ? null : lines::line;
    }

    /** Another door, traced as this one would be. */
    Kernel traced(Kernel kernel) {
        return trace == null ? kernel : TracedKernel.over(kernel, new Trace(trace, "", Printable::text));
    }
}
