// SPDX-License-Identifier: Apache-2.0
package io.millrace.client;

import io.millrace.core.Protocol;
import io.millrace.testkit.FakeClock;
import io.millrace.testkit.MemoryLink;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;

/** A loop without a thread: a test runs its tasks, moves its clock, and is the server at the end of its links. */
final class FakeLoop implements ClientLoop {
    private final FakeClock clock = new FakeClock();
    private final ArrayDeque<Runnable> tasks = new ArrayDeque<>();
    private final List<Alarm> alarms = new ArrayList<>();

    /** Every connection that was opened, in order. */
    final List<MemoryLink> links = new ArrayList<>();

    /** Connections that are asked for and neither stand nor have failed. */
    final List<Attempt> attempts = new ArrayList<>();

    /** Whether connections stand as soon as they are asked for. */
    boolean opens = true;

    private final class Alarm implements Pending {
        private final long at;
        private final Runnable task;

        Alarm(long at, Runnable task) {
            this.at = at;
            this.task = task;
        }

        @Override
        public void cancel() {
            alarms.remove(this);
        }
    }

    /** A connection on its way. */
    final class Attempt implements Pending {
        final Origin origin;
        private final Outcome outcome;
        private final Pending limit;

        Attempt(Origin origin, long nanos, Outcome outcome) {
            this.origin = origin;
            this.outcome = outcome;
            this.limit = nanos == Long.MAX_VALUE ? () -> {} : schedule(nanos, () -> fail(new IOException("time")));
        }

        void open() {
            if (end()) {
                Protocol protocol = outcome.connected();
                if (protocol != null) {
                    links.add(new MemoryLink(protocol, clock));
                }
            }
        }

        void fail(IOException why) {
            if (end()) {
                outcome.failed(why);
            }
        }

        private boolean end() {
            limit.cancel();
            return attempts.remove(this);
        }

        @Override
        public void cancel() {
            end();
        }
    }

    @Override
    public boolean inLoop() {
        return true;
    }

    @Override
    public long now() {
        return clock.nanos();
    }

    @Override
    public void execute(Runnable task) {
        tasks.add(task);
    }

    @Override
    public Pending schedule(long nanos, Runnable task) {
        Alarm alarm = new Alarm(clock.nanos() + nanos, task);
        alarms.add(alarm);
        return alarm;
    }

    @Override
    public Pending connect(Origin origin, long nanos, Outcome outcome) {
        Attempt attempt = new Attempt(origin, nanos, outcome);
        attempts.add(attempt);
        if (opens) {
            execute(attempt::open);
        }
        return attempt;
    }

    /** Does all that can be done without time passing. */
    FakeLoop run() {
        for (int round = 0; round < 3; round++) {
            while (!tasks.isEmpty()) {
                tasks.poll().run();
                round = 0;
            }
            for (MemoryLink link : List.copyOf(links)) {
                link.run();
            }
        }
        return this;
    }

    /** Lets time pass: every deadline and alarm comes at its own moment. */
    FakeLoop advance(Duration time) {
        long target = clock.nanos() + time.toNanos();
        run();
        while (true) {
            long next = target;
            for (Alarm alarm : alarms) {
                next = Math.min(next, alarm.at);
            }
            for (MemoryLink link : links) {
                next = link.isClosed() ? next : Math.min(next, link.deadline());
            }
            clock.advanceTo(next);
            for (MemoryLink link : List.copyOf(links)) {
                link.advance(Duration.ZERO);
            }
            for (Alarm alarm : List.copyOf(alarms)) {
                if (alarm.at <= clock.nanos() && alarms.remove(alarm)) {
                    alarm.task.run();
                }
            }
            run();
            if (next >= target) {
                return this;
            }
        }
    }

    /** The connection that was opened last. */
    MemoryLink link() {
        return links.getLast();
    }

    /** Number of connections that stand. */
    long open() {
        return links.stream().filter(link -> !link.isClosed()).count();
    }
}
