// SPDX-License-Identifier: Apache-2.0
package io.millrace.models;

import io.millrace.socket.Kernel;
import io.millrace.sys.Platform;
import io.millrace.transport.Engine;
import io.millrace.transport.LoopGroup;
import io.millrace.workers.WorkerProcess;
import java.io.IOException;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The ways in which a Unix process can wait for its clients, in the order in which they were invented, or nearly. Each
 * is a server of its own behind the same door, {@link #open}; what is served, the {@link io.millrace.core.Protocol}, is
 * the same line of code over all of them.
 */
public enum IoModel {
    /** One thread, one client at a time. */
    ITERATIVE(
            "iterative",
            "accept, serve until the client goes, accept the next: nothing simpler, and one silent client stops it") {
        @Override
        Server start(ModelOptions options) {
            return new IterativeServer(options.kernel(), options);
        }

        @Override
        public int clientsAtOnce() {
            return 1;
        }
    },

    /** A process for each client. */
    PROCESS(
            "process",
            "a process for each client: nothing protects them from one another as well, and each costs the start of one") {
        @Override
        Server start(ModelOptions options) throws IOException {
            return new ProcessServer(options.kernel(), options);
        }

        @Override
        public boolean inProcesses() {
            return true;
        }
    },

    /** Worker processes that share the listening socket. */
    PREFORK(
            "prefork",
            "processes started beforehand share one socket: one may die, and all can be renewed while they serve") {
        @Override
        Server start(ModelOptions options) throws IOException {
            return new PreforkServer(options.kernel(), options);
        }

        @Override
        public boolean inProcesses() {
            return true;
        }
    },

    /** A thread for each client. */
    THREAD("thread", "a thread for each client: code from top to bottom, and a stack for everyone who says nothing") {
        @Override
        Server start(ModelOptions options) {
            return new ThreadServer(options.kernel(), options);
        }
    },

    /** A virtual thread for each client. */
    VIRTUAL(
            "virtual",
            "the same with threads that are objects on the heap: it scales, as long as none of them sleeps in the kernel") {
        @Override
        Server start(ModelOptions options) throws IOException {
            return new VirtualServer(options.kernel(), options);
        }
    },

    /** One thread asks every socket in turn. */
    NONBLOCKING(
            "nonblocking",
            "ask every socket in turn and never wait: nobody holds up anybody, and nearly every question is for nothing") {
        @Override
        Server start(ModelOptions options) {
            return new NonBlockingServer(options.kernel(), options);
        }

        @Override
        public boolean seesHangups() {
            return false;
        }
    },

    /** An event loop over select. */
    SELECT(
            Engine.SELECT,
            "hand the kernel a set of bits, get it back, look at all of it: the first to ask for many at once, and it scans"),

    /** An event loop over poll. */
    POLL(
            Engine.POLL,
            "an array in place of the bits, without select's limit; handed over and scanned with every wait all the same"),

    /** Event loops over real-time signals. */
    SIGIO(
            Engine.SIGIO,
            "the kernel sends a signal for each change, and a queue of them can overflow: then everybody has to be looked at"),

    /** Event loops over kqueue. */
    KQUEUE(
            Engine.KQUEUE_EDGE,
            "the BSDs' answer: the kernel remembers what is watched, by filters that are for more than descriptors"),

    /** Event loops over level-triggered epoll. */
    EPOLL_LEVEL(
            Engine.EPOLL_LEVEL,
            "the kernel keeps the list and reports what is true for as long as it is: hard to get wrong, easy to make spin"),

    /** Event loops over edge-triggered epoll. */
    EPOLL_EDGE(
            Engine.EPOLL_EDGE,
            "the kernel reports each arrival once: the least calls, and whoever stops reading too early waits for ever"),

    /** Threads that share one epoll instance. */
    EPOLL_ONE_SHOT(
            "epoll-oneshot",
            "several threads take events from one epoll: work spreads by itself, for one call more for each event") {
        @Override
        Server start(ModelOptions options) throws IOException {
            return new OneShotServer(options.kernel(), options);
        }
    },

    /** Event loops over io_uring. */
    IO_URING(
            Engine.RING,
            "say what is to be done, hear what was done: one call a turn for all connections, and buffers in the kernel's hand"),

    /** Event loops over the JDK's selector. */
    NIO(Engine.NIO, "the JDK's Selector: runs wherever Java does, without native access, for some copying and garbage");

    private final String word;
    private final String lesson;

    /** What the loops wait with, or {@code null} for a model without any. */
    private final @Nullable Engine engine;

    IoModel(String word, String lesson) {
        this.word = word;
        this.lesson = lesson;
        this.engine = null;
    }

    /** A model of loops, which has its engine's name. */
    IoModel(Engine engine, String lesson) {
        this.word = engine.name();
        this.lesson = lesson;
        this.engine = engine;
    }

    /** Starts the server: of loops, unless the model is something else. */
    Server start(ModelOptions options) throws IOException {
        Engine loops = Objects.requireNonNull(engine, "a model without loops starts its own server");
        Kernel kernel = options.traced(loops.kernel());
        return new LoopServer(LoopGroup.open(kernel, options.carriers(), loops, options.memory()), options);
    }

    /** Returns what the loops wait with, or {@code null} for a model without loops. */
    public @Nullable Engine engine() {
        return engine;
    }

    /** The name by which users choose it: {@code "epoll-et"}. */
    public String id() {
        return word;
    }

    /** What there is to learn from it, in a line. */
    public String lesson() {
        return lesson;
    }

    /** Why it cannot be had here, or {@code null} if it can. */
    public @Nullable String whyNot() {
        return engine == null ? Platform.whyNot() : engine.whyNot();
    }

    /** Whether it can be had here. */
    public final boolean isAvailable() {
        return whyNot() == null;
    }

    /**
     * How many clients can be served side by side by the model's nature, whatever its limits are set to;
     * {@link Integer#MAX_VALUE} for no such bound.
     */
    public int clientsAtOnce() {
        return Integer.MAX_VALUE;
    }

    /** Whether clients are served by processes of their own, which {@link ModelOptions#workerCommand} starts. */
    public boolean inProcesses() {
        return false;
    }

    /**
     * Whether a client's breaking off is seen while nothing is read from him. A model that only asks its sockets, or
     * whose mechanism can be asked about reading and writing only, finds out with the next call, and one that reads
     * nothing makes none.
     */
    public boolean seesHangups() {
        return engine == null || engine.seesHangups();
    }

    /**
     * Starts the model; {@link Server#listen} lets clients in.
     *
     * @throws UnsupportedOperationException saying why, where it cannot be had
     * @throws IOException if the kernel refuses what it needs
     */
    public final Server open(ModelOptions options) throws IOException {
        Optional<WorkerProcess> worker = inProcesses() ? WorkerProcess.current() : Optional.empty();
        if (worker.isPresent()) {
            return startWorker(worker.get(), options);
        }
        String whyNot = whyNot();
        if (whyNot != null) {
            throw new UnsupportedOperationException(word + ": " + whyNot);
        }
        return start(options);
    }

    private static Server startWorker(WorkerProcess worker, ModelOptions options) throws IOException {
        return switch (worker.kind()) {
            case PROCESS -> new ConnectionWorker(worker.index(), options);
            case PREFORK -> new PreforkWorker(worker.index(), options);
        };
    }

    /** The model that serves best on this machine. */
    public static IoModel auto() {
        return EPOLL_EDGE.isAvailable() ? EPOLL_EDGE : NIO;
    }

    /** Why {@link #auto} chooses what it does, in a few words. */
    public static @Nullable String whyAuto() {
        return EPOLL_EDGE.isAvailable() ? "the fewest system calls for each request" : EPOLL_EDGE.whyNot();
    }

    /** The model of that name. */
    public static Optional<IoModel> named(String word) {
        for (IoModel model : values()) {
            if (model.word.equals(word)) {
                return Optional.of(model);
            }
        }
        return Optional.empty();
    }

    @Override
    public String toString() {
        return word;
    }
}
