// SPDX-License-Identifier: Apache-2.0
package io.millrace.load;

import io.millrace.core.Protocol;
import io.millrace.core.Tls;
import io.millrace.loop.EventLoop;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.function.Function;
import org.HdrHistogram.Histogram;

/**
 * The clients of one loop, and when they ask: as soon as one is free, or when the next request is due. On its loop
 * only, but for what says otherwise.
 */
final class Worker {
    private static final Duration RETRY = Duration.ofMillis(50);

    /** How long bystanders are waited for. */
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

    private final EventLoop loop;
    private final LoadPlan plan;
    private final Dialer dialer;
    private final byte[] request;
    private final Function<Worker, Client> makeClient;
    private final CountDownLatch begun;
    private final CountDownLatch done;
    private final Counters counters = new Counters();
    private final Histogram recent = Counters.histogram();
    private final List<Client> clients = new ArrayList<>();
    private final List<BackgroundConnection> bystanders = new ArrayList<>();
    private final ArrayDeque<Client> free = new ArrayDeque<>();

    /** Nanoseconds between two requests; 0 when they are asked as fast as answers come. */
    private final double interval;

    private long begin;
    private long from;
    private long end;
    private long processorTime;
    private double busy;
    private long asked;
    private boolean waitsForDue;
    private boolean counted;
    private boolean over;
    private boolean left;

    /**
     * Asks {@code request} with clients that {@code makeClient} makes, and counts {@code begun} and {@code done} down.
     */
    Worker(
            EventLoop loop,
            LoadPlan plan,
            Dialer dialer,
            byte[] request,
            Function<Worker, Client> makeClient,
            CountDownLatch begun,
            CountDownLatch done) {
        this.loop = loop;
        this.plan = plan;
        this.dialer = dialer;
        this.request = request;
        this.makeClient = makeClient;
        this.begun = begun;
        this.done = done;
        this.interval = plan.pace().rate() == 0 ? 0 : 1e9 / plan.pace().rate();
    }

    LoadPlan plan() {
        return plan;
    }

    long timeout() {
        return plan.pace().timeout().toNanos();
    }

    // ---- the run

    /** Those that are in the way come first: the run begins when they stand, or when that takes too long. */
    void start() {
        makeBystanders();
        loop.schedule(PATIENCE, this::begin);
        beginWhenGathered();
    }

    private void beginWhenGathered() {
        if (begin == 0 && bystanders.stream().allMatch(BackgroundConnection::stands)) {
            begin();
        }
    }

    private void begin() {
        if (begin != 0 || over) {
            return;
        }
        begin = System.nanoTime();
        from = begin + plan.pace().warmup().toNanos();
        end = from + plan.pace().duration().toNanos();
        processorTime = THREADS.getCurrentThreadCpuTime();
        makeClients();
        loop.schedule(Duration.ofNanos(end - begin), this::finish);
        if (from == begin) {
            counts();
        } else {
            loop.schedule(Duration.ofNanos(from - begin), this::counts);
        }
    }

    /** From now on it counts, or it is over. */
    private void counts() {
        if (!counted) {
            counted = true;
            begun.countDown();
        }
    }

    private void makeClients() {
        int count = plan.clients().connections();
        long ramp = plan.clients().ramp().toNanos();
        for (int i = 0; i < count; i++) {
            Client client = makeClient.apply(this);
            clients.add(client);
            loop.schedule(Duration.ofNanos(ramp / count * i), () -> join(client));
        }
    }

    private void join(Client client) {
        if (!isWanted(client)) {
            return;
        }
        if (plan.clients().keepAlive()) {
            client.open();
        } else {
            free(client);
        }
    }

    private void makeBystanders() {
        addBystanders(BackgroundConnection.Habit.IDLE, plan.beside().idle());
        addBystanders(BackgroundConnection.Habit.READS_SLOWLY, plan.beside().slowReaders());
        addBystanders(BackgroundConnection.Habit.WRITES_SLOWLY, plan.beside().slowWriters());
        bystanders.forEach(BackgroundConnection::open);
    }

    private void addBystanders(BackgroundConnection.Habit habit, int count) {
        for (int i = 0; i < count; i++) {
            bystanders.add(new BackgroundConnection(this, habit, request));
        }
    }

    /** The time is over: what is under way at a fixed rate is waited for, since it was due. */
    void finish() {
        if (over) {
            return;
        }
        over = true;
        counts();
        if (begin == 0) {
            begin = from = end = System.nanoTime();
        }
        busy = (double) (THREADS.getCurrentThreadCpuTime() - processorTime) / Math.max(1, System.nanoTime() - begin);
        end = Math.min(end, Math.max(from, System.nanoTime()));
        if (interval > 0) {
            counters.unsent = Math.max(0, (long) Math.ceil((end - begin) / interval) - asked);
        }
        counters.besideHeld =
                bystanders.stream().filter(BackgroundConnection::stands).count();
        leaveWhenAnswered();
    }

    private void leaveWhenAnswered() {
        if (!over || left || (interval > 0 && clients.stream().anyMatch(Client::isAsking))) {
            return;
        }
        leave();
    }

    private void leave() {
        left = true;
        clients.forEach(Client::leave);
        bystanders.forEach(BackgroundConnection::leave);
        done.countDown();
    }

    /** Ends the run without waiting for what is under way. */
    void abandon() {
        finish();
        if (!left) {
            leave();
        }
    }

    // ---- when to ask

    /** A client may ask once more. */
    void free(Client client) {
        if (over) {
            return;
        }
        enqueue(client);
        pump();
    }

    private void enqueue(Client client) {
        if (!client.queued) {
            client.queued = true;
            free.add(client);
        }
    }

    private void pump() {
        while (!over && !free.isEmpty()) {
            long now = System.nanoTime();
            long due = interval == 0 ? now : begin + (long) (asked * interval);
            if (due >= end) {
                return;
            }
            if (due > now) {
                waitFor(due - now);
                return;
            }
            Client client = free.remove();
            client.queued = false;
            // One that lost its connection meanwhile comes back when it has another.
            if (client.isFree()) {
                asked++;
                client.ask(due);
                if (client.isFree()) {
                    enqueue(client);
                }
            }
        }
    }

    private void waitFor(long nanos) {
        if (!waitsForDue) {
            waitsForDue = true;
            loop.schedule(Duration.ofNanos(nanos), () -> {
                waitsForDue = false;
                pump();
            });
        }
    }

    // ---- what clients tell

    void dial(Protocol protocol, Runnable failed) {
        dialer.dial(loop, protocol, this::secured, failed);
    }

    private void secured(Tls session) {
        if (counts(System.nanoTime())) {
            counters.handshakes++;
            counters.resumptions += session.resumed() ? 1 : 0;
        }
    }

    void connected() {
        if (counts(System.nanoTime())) {
            counters.connects++;
        }
    }

    void sent(int bytes) {
        if (inTime()) {
            counters.bytesOut += bytes;
        }
    }

    void received(int bytes) {
        if (inTime()) {
            counters.bytesIn += bytes;
        }
    }

    private boolean inTime() {
        return !over && loop.now() >= from;
    }

    void answered(long due, long sent, int statusClass) {
        long now = System.nanoTime();
        if (counts(interval == 0 ? now : due)) {
            counters.requests += now <= end ? 1 : 0;
            counters.answered(statusClass, now - due, now - sent);
            recent.recordValue(Math.min(now - due, recent.getHighestTrackableValue()));
        }
        leaveWhenAnswered();
    }

    void failed(Failure why, long due) {
        // At the end of a run at full speed connections are left with requests under way: that is no failure.
        if (counts(interval == 0 ? System.nanoTime() : due) && !(over && interval == 0)) {
            counters.failed(why);
        }
        leaveWhenAnswered();
    }

    private boolean counts(long at) {
        return at >= from && at <= end;
    }

    /** The connection ended after answers, as servers do from time to time: make another. */
    void reopen(Client client) {
        if (isWanted(client)) {
            loop.execute(client::open);
        }
    }

    /** A connection could not be made, or ended without an answer: try again, though not at once. */
    void again(Client client) {
        if (isWanted(client)) {
            loop.schedule(RETRY, () -> join(client));
        }
    }

    /** Whether a client needs a connection: after the time is over only for requests that were due before. */
    private boolean isWanted(Client client) {
        return !over || (!left && client.isAsking());
    }

    /** A bystander has its connection. */
    void stands() {
        if (begin == 0) {
            beginWhenGathered();
        }
    }

    void lost(BackgroundConnection background) {
        if (!over) {
            counters.besideLost++;
            loop.schedule(RETRY, () -> {
                if (!over) {
                    background.open();
                }
            });
        }
    }

    // ---- what there is to see

    /** Adds what has happened to {@code sum}; after the run. */
    void addTo(Counters sum) {
        sum.add(counters);
    }

    /** The time that counted; after the run. */
    long measured() {
        return Math.max(0, end - from);
    }

    /** The share of the time that the loop's thread has used a processor for; after the run. */
    double busy() {
        return busy;
    }

    /** What has happened so far, and the times since this was last asked. */
    LoadProgress progress() {
        LoadProgress progress = new LoadProgress(
                counters.requests,
                counters.failed(),
                counters.bytesIn,
                clients.size() + bystanders.size(),
                recent.copy());
        recent.reset();
        return progress;
    }
}
