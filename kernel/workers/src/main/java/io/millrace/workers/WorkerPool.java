// SPDX-License-Identifier: Apache-2.0
package io.millrace.workers;

import io.millrace.sys.Descriptors;
import io.millrace.sys.Errno;
import io.millrace.sys.Sockets;
import io.millrace.sys.SysException;
import io.millrace.transport.ListenOptions;
import io.millrace.transport.Listener;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The workers of one listening socket of a {@link Supervisor}, on the supervisor's thread but for what a
 * {@link Listener} offers to all.
 *
 * <pre>
 *   started ──'R'──► ready ──reload: 'D'──► leaving ──► gone
 *      └── dies young: the next one after 0.1 s, 0.2 s ... 10 s
 * </pre>
 */
final class WorkerPool implements Listener {
    /** How much longer than its own limit a worker that is leaving may take. */
    private static final long LATE_NANOS = 10_000_000_000L;

    private static final long YOUNG_NANOS = 5_000_000_000L;
    private static final long SHORTEST_PAUSE = 100_000_000L;
    private static final long LONGEST_PAUSE = 10_000_000_000L;

    /** A worker and how far it has come. */
    private static final class Member {
        final ChildProcess child;
        final int tie;
        final int generation;
        final long born = System.nanoTime();
        boolean ready;
        boolean leaving;
        volatile int connections;

        /** A question is on its way: one at a time, for a worker that does not answer reads none either. */
        boolean asked;

        /** Who waits for the answer. */
        final List<CountDownLatch> waiting = new ArrayList<>();

        /** When it is ended if it has not left by itself. */
        long leaveBy;

        Member(ChildProcess child, int tie, int generation) {
            this.child = child;
            this.tie = tie;
            this.generation = generation;
        }

        /** Says something without waiting; one that takes not even a byte reads the end of its tie instead. */
        void say(byte word) {
            if (Descriptors.write(tie, new byte[] {word}, 1) == -Errno.EAGAIN) {
                Sockets.shutdown(tie, Sockets.SHUT_WR);
            }
        }

        void ask(CountDownLatch latch) {
            waiting.add(latch);
            if (!asked) {
                asked = true;
                say(WorkerTie.ASK);
            }
        }

        void answered() {
            asked = false;
            waiting.forEach(CountDownLatch::countDown);
            waiting.clear();
        }
    }

    private final Supervisor supervisor;
    private final ListenOptions options;
    private final @Nullable SocketAddress address;
    private final int index;
    private final List<Member> members = new ArrayList<>();
    private volatile boolean paused;
    private int socket;
    private int generation;
    private boolean reloading;
    private long pause;
    private long growAt = System.nanoTime();

    WorkerPool(Supervisor supervisor, ListenOptions options, int socket, int index) {
        this.supervisor = supervisor;
        this.options = options;
        this.socket = socket;
        this.index = index;
        this.address = supervisor.kernel().local(socket);
        this.paused = options.paused();
    }

    boolean isEmpty() {
        return members.isEmpty();
    }

    /** Starts those that are missing, unless the last one died young a moment ago. */
    void grow(long now) {
        while (socket >= 0 && missing() > 0 && now - growAt >= 0) {
            if (!start()) {
                later(now);
            }
        }
    }

    private long missing() {
        if (paused) {
            return 0;
        }
        return supervisor.workers()
                - members.stream()
                        .filter(m -> m.generation == generation && !m.leaving)
                        .count();
    }

    /** Nanoseconds until {@link #grow} has something to do, negative for nothing. */
    long untilGrowth(long now) {
        return socket < 0 || missing() <= 0 ? -1 : Math.max(0, growAt - now);
    }

    private void later(long now) {
        pause(pause == 0 ? SHORTEST_PAUSE : Math.min(2 * pause, LONGEST_PAUSE));
        growAt = now + pause;
    }

    private boolean start() {
        int[] pair = new int[2];
        int result = Sockets.socketpair(Sockets.AF_UNIX, Sockets.SOCK_SEQPACKET | Sockets.SOCK_CLOEXEC, 0, pair);
        if (result == 0) {
            // Our end only: a worker that is stopped must not stop its supervisor.
            Descriptors.fcntl(pair[0], Descriptors.F_SETFL, Descriptors.O_NONBLOCK);
            // It waits there until the worker asks: nothing else reads it, and no other process can.
            Descriptors.write(pair[0], supervisor.secret(), supervisor.secret().length);
            result = start(pair[1]);
            Descriptors.close(pair[1]);
            if (result < 0) {
                Descriptors.close(pair[0]);
            }
        }
        if (result < 0) {
            Supervisor.log(Level.WARNING, "cannot start a worker: " + Errno.describe(result));
            supervisor.stats().failed();
            return false;
        }
        supervisor.stats().spawned();
        Member member = new Member(new ChildProcess(result, supervisor.trace()), pair[0], generation);
        members.add(member);
        int watched = Math.min(supervisor.watch(member.tie), supervisor.watch(member.child.pidfd()));
        if (watched < 0) {
            Supervisor.log(Level.WARNING, "cannot watch worker " + result + ": " + Errno.describe(watched));
            member.child.kill();
        } else if (supervisor.draining()) {
            member.say(WorkerTie.LAST);
        }
        return true;
    }

    /** Tells all that they will have to leave before long. */
    void announceDrain() {
        members.stream().filter(m -> !m.leaving).forEach(member -> member.say(WorkerTie.LAST));
    }

    /** A worker with that end of a tie: its id or -errno. */
    private int start(int tie) {
        try {
            List<String> environment = WorkerCommand.environment(WorkerProcess.Kind.PREFORK, index, tie);
            return ChildProcess.spawn(supervisor.command(), environment, socket, tie, supervisor.trace());
        } catch (IOException e) {
            return -Errno.EIO;
        }
    }

    /** Hears what members say, and notes which have ended. */
    void look(long now) {
        endLate(now);
        for (Member member : List.copyOf(members)) {
            hear(member);
            if (member.child.reap()) {
                buried(member, now);
            }
        }
        if (reloading && missing() == 0 && members.stream().allMatch(m -> m.generation != generation || m.ready)) {
            reloading = false;
            members.stream().filter(m -> m.generation != generation).forEach(this::dismiss);
        }
    }

    private void dismiss(Member member) {
        member.leaving = true;
        member.leaveBy = System.nanoTime() + Supervisor.nanos(supervisor.reloadGrace()) + LATE_NANOS;
        member.say(WorkerTie.DRAIN);
    }

    /** Ends those that should have left by themselves, and cannot. */
    private void endLate(long now) {
        for (Member member : members) {
            if (member.leaving && now - member.leaveBy >= 0) {
                member.child.kill();
            }
        }
    }

    /** Nanoseconds until a worker that is leaving has to be ended, negative for none. */
    long untilLate(long now) {
        return members.stream()
                .filter(member -> member.leaving)
                .mapToLong(member -> Math.max(0, member.leaveBy - now))
                .min()
                .orElse(-1);
    }

    private static void hear(Member member) {
        byte[] said = new byte[5];
        for (int n = Descriptors.read(member.tie, said, 5); n > 0; n = Descriptors.read(member.tie, said, 5)) {
            if (said[0] == WorkerTie.READY) {
                member.ready = true;
            } else if (said[0] == WorkerTie.COUNT && n == 5) {
                member.connections = ByteBuffer.wrap(said).getInt(1);
                member.answered();
            }
        }
    }

    private void buried(Member member, long now) {
        members.remove(member);
        supervisor.unwatch(member.tie);
        supervisor.unwatch(member.child.pidfd());
        Descriptors.close(member.tie);
        Descriptors.close(member.child.pidfd());
        member.answered();
        if (member.leaving || supervisor.stopping()) {
            supervisor.stats().ended();
            return;
        }
        // One of the old in a reload has been replaced already, and a reload that is given up needs no worker.
        supervisor.stats().died(member.generation == generation && (member.ready || !reloading));
        String complaint = member.child.complaint();
        Supervisor.log(
                Level.WARNING,
                "worker " + member.child.pid() + " " + (complaint == null ? "ended of its own accord" : complaint));
        if (reloading && member.generation == generation && !member.ready) {
            giveUpReload();
        } else if (now - member.born < YOUNG_NANOS) {
            later(now);
        } else {
            pause(0);
        }
    }

    private void pause(long nanos) {
        pause = nanos;
        supervisor.stats().pause(nanos);
    }

    private void giveUpReload() {
        Supervisor.log(Level.WARNING, "the new workers do not come up: the old ones go on");
        reloading = false;
        members.stream().filter(m -> m.generation == generation).forEach(this::dismiss);
        generation--;
    }

    /** Begins to replace all; the old ones leave when all of the new are ready. */
    void reload() {
        if (!reloading && socket >= 0 && !supervisor.stopping()) {
            reloading = true;
            generation++;
            pause(0);
            growAt = System.nanoTime();
        }
    }

    /** Lets no connection in any more and tells all workers to finish. */
    void drain() {
        closeSocket();
        members.stream().filter(m -> !m.leaving).forEach(this::dismiss);
    }

    void kill() {
        closeSocket();
        members.forEach(member -> member.child.kill());
    }

    private void closeSocket() {
        if (socket >= 0) {
            Descriptors.close(socket);
            socket = -1;
            try {
                supervisor.kernel().unlinkSocket(options.address());
            } catch (SysException e) {
                Supervisor.log(Level.DEBUG, "left behind: " + e.getMessage());
            }
        }
    }

    // ---- on any thread

    @Override
    public @Nullable SocketAddress local() {
        return address;
    }

    /** Asks the workers, and waits up to a second for what they say; of one that is silent counts what it said last. */
    @Override
    public int connections() {
        BlockingQueue<CountDownLatch> asked = new LinkedBlockingQueue<>();
        BlockingQueue<Integer> sums = new LinkedBlockingQueue<>();
        supervisor.execute(() -> {
            List<Member> ready = members.stream().filter(m -> m.ready).toList();
            CountDownLatch answers = new CountDownLatch(ready.size());
            ready.forEach(member -> member.ask(answers));
            asked.add(answers);
        });
        try {
            CountDownLatch answers = asked.poll(1, TimeUnit.SECONDS);
            if (answers == null) {
                return 0;
            }
            answers.await(1, TimeUnit.SECONDS);
            supervisor.execute(() -> {
                members.forEach(member -> member.waiting.remove(answers));
                sums.add(members.stream().mapToInt(m -> m.connections).sum());
            });
            Integer sum = sums.poll(1, TimeUnit.SECONDS);
            return sum == null ? 0 : sum;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return 0;
        }
    }

    /** Workers accept: to pause is not in the supervisor's hands once there are some. */
    @Override
    public void pause() {
        throw new UnsupportedOperationException("the workers of prefork cannot be paused");
    }

    /** Begins to start workers, where the listening began paused. */
    @Override
    public void resume() {
        if (paused) {
            paused = false;
            supervisor.execute(() -> growAt = System.nanoTime());
        }
    }

    @Override
    public boolean paused() {
        return paused;
    }

    @Override
    public void close() {
        supervisor.execute(this::drain);
    }

    @Override
    public String toString() {
        return "Listening[" + address + "]";
    }
}
