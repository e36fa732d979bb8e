// SPDX-License-Identifier: Apache-2.0
package io.millrace.loop;

import io.millrace.socket.Kernel;
import io.millrace.sys.CallingThread;
import io.millrace.sys.SysException;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/**
 * One thread that serves many connections by turns. The package comment draws the turn.
 *
 * <p>Everything a loop owns (connections, timers, factories) is touched by its own thread only. {@link #execute} is the
 * one verb for other threads.
 */
public final class EventLoop extends LoopRunner {
    private static final int MOST_PRIORITIES = 256;

    final Kernel kernel;
    final Mechanism mechanism;
    final ActiveQueue activeQueue = new ActiveQueue();
    final LoopStats stats = new LoopStats();
    final FdTable watches;

    /** {@code null} in a loop that is not debugged. */
    @Nullable
    LeakTracker debug = LeakTracker.wanted();

    /** Events that are enabled or set and that a loop goes on for. */
    int live;

    /** In their order, each once. */
    private final Set<Runnable> attached = new LinkedHashSet<>();

    private final Hooks hooks = new Hooks();

    private final LoopMonitor monitor = new LoopMonitor(this, hooks);
    private long now;
    private boolean turning;

    /** What was attached has been run: what is attached from now on is run at once. */
    private boolean ended;

    /** Is told on the loop's own thread, once, why it cannot go on. */
    private Consumer<? super Throwable> failure = why -> Log.failure("the loop ", name(), " cannot go on", why);

    /**
     * Opens a loop over a kernel with a mechanism of its own, not running yet: {@link #start} gives it a thread,
     * {@link #turn} runs it on the caller's.
     *
     * @param name the loop's name, which is its thread's, too
     * @throws SysException if the kernel refuses what the mechanism needs, such as another descriptor or a ring
     */
    public EventLoop(Kernel kernel, String name, Mechanism.Factory mechanism) throws SysException {
        super(name);
        this.kernel = kernel;
        this.mechanism = mechanism.open(this);
        this.watches = new FdTable(this.mechanism, kernel.descriptorLimit());
        this.now = kernel.nanos();
        Log.prepare();
    }

    /**
     * Returns the loop that the calling thread runs at this moment, or {@code null}: in a callback, a task or a
     * protocol, the loop that calls it. A thread that a callback has started, virtual or not, runs none.
     */
    public static EventLoop current() {
        return (EventLoop) running();
    }

    /** Returns the mechanism the loop waits with, such as {@code "epoll, edge-triggered"}. */
    public String engine() {
        return mechanism.engine();
    }

    /**
     * Runs the loop on a new thread until {@link #stop}. A platform thread: a virtual one would pin its carrier in each
     * wait.
     */
    public Thread start() {
        Thread thread = new CallingThread(this::run, name());
        claim(thread);
        thread.start();
        return thread;
    }

    /**
     * Sets who is told, in place of the log, why the loop cannot go on: on the loop's own thread, once, when everything
     * that it watches for connections has been closed. Memory may be short. Before {@link #start}.
     */
    public void onFailure(Consumer<? super Throwable> action) {
        failure = Objects.requireNonNull(action, "who is told");
    }

    private void run() {
        try {
            run(RunMode.UNTIL_STOPPED);
        } catch (Throwable t) {
            // Before anything that takes memory, which may be what there is none of.
            try {
                mechanism.abandon();
            } finally {
                failure.accept(t);
            }
        } finally {
            close();
        }
    }

    /**
     * One turn on the calling thread, which becomes the loop's owner: wait, at most {@code longest} nanoseconds, move
     * bytes, call back, run tasks, expire timers, tell events, flush what is dirty.
     */
    @Override
    public void turn(long longest) {
        enter();
        LoopRunner before = isRunning() ? this : enterThread();
        try {
            if (hooks.beforeWait()) {
                hooks.before(timeout(longest));
            }
            long begun = stats.begin();
            beginWait();
            mechanism.await(timeout(longest));
            waited();
            stats.waited(begun);
            now = kernel.nanos();
            hooks.after();
            mechanism.dispatch();
            runTasks();
            timers.expireDue(now);
            if (!isBroken()) {
                activeQueue.dispatch(this);
            }
            mechanism.finishTurn();
        } finally {
            turning = false;
            leaveThread(before);
        }
    }

    private void enter() {
        if (turning) {
            throw new IllegalStateException("the loop " + name() + " turns already: a callback cannot run it");
        }
        claim(Thread.currentThread());
        checkOwner();
        turning = true;
    }

    private long timeout(long longest) {
        if (isLeaving() || mechanism.hasWork() || !activeQueue.isEmpty() || hasTasks()) {
            return 0;
        }
        long next = timers.next();
        if (next == Long.MAX_VALUE) {
            return longest == Long.MAX_VALUE ? -1 : longest;
        }
        return Math.min(longest, Math.max(0, next - kernel.nanos()));
    }

    @Override
    boolean isEmpty() {
        return live == 0 && mechanism.isEmpty() && !mechanism.hasWork() && activeQueue.isEmpty() && !hasTasks();
    }

    @Override
    void run(Runnable task) {
        long begun = stats.begin();
        try {
            task.run();
        } catch (Throwable t) {
            Log.failure("a task threw", t);
        }
        stats.called(begun, task);
    }

    /** Calls what an event is for. */
    void fire(Event event, int what) {
        long begun = stats.begin();
        try {
            event.call(what);
        } catch (Throwable t) {
            Log.failure("", event, " threw" + event.place(), t);
        }
        stats.called(begun, event);
    }

    // ---- timers ----

    /**
     * Runs a task on the loop after a while: a negative one is none, and one beyond a hundred years is a hundred years.
     * Any thread may call.
     *
     * @throws RejectedExecutionException if the loop has been closed
     */
    public Timer schedule(Duration after, Runnable task) {
        return begin(new Timer(this, task), TimerHeap.nanos(after));
    }

    /**
     * Runs a task on the loop again and again, first after one period. Any thread may call. See {@link Timer#every}.
     *
     * @throws RejectedExecutionException if the loop has been closed
     * @throws IllegalArgumentException for a period of zero
     */
    public Timer every(Duration period, Runnable task) {
        long nanos = TimerHeap.nanos(period);
        if (nanos == 0) {
            throw new IllegalArgumentException("a period must be longer than nothing");
        }
        Timer timer = new Timer(this, task);
        timer.repeat(nanos);
        return begin(timer, nanos);
    }

    private Timer begin(Timer timer, long after) {
        checkOpen();
        long due = kernel.nanos() + after;
        if (!byOwner(() -> timer.begin(due))) {
            throw refusal();
        }
        return timer;
    }

    /** A timer that is not set. On the loop. */
    public Timer timer(Runnable task) {
        checkOwner();
        return new Timer(this, Objects.requireNonNull(task, "a task"));
    }

    /**
     * A watch on a descriptor, to be enabled.
     *
     * @param fd a descriptor that does not block, or -1 for a watch that is activated by hand or by its timeout only
     * @param interest {@link io.millrace.poll.Interest} bits
     */
    public Watch watch(int fd, int interest, Watch.Callback callback) {
        checkOwner();
        return new Watch(this, fd, interest, Objects.requireNonNull(callback, "a callback"));
    }

    /**
     * Calls once when something happens to a descriptor, or a time has passed; there is nothing to keep or to close. On
     * the loop.
     *
     * @param timeout {@code null} for none
     * @param callback is told what a watch would be told
     * @return 0, or -errno as {@link Watch#enable}
     */
    public int once(int fd, int interest, Duration timeout, IntConsumer callback) {
        return watch(fd, interest, (watch, found) -> callback.accept(found))
                .timeout(timeout)
                .once()
                .enable();
    }

    /**
     * How many priorities events have, 1 at first. An event has the one in the middle unless it is set.
     *
     * @throws IllegalStateException if events are active
     * @throws IllegalArgumentException for a count below 1 or above 256
     */
    public void priorities(int count) {
        checkOwner();
        if (count < 1 || count > MOST_PRIORITIES) {
            throw new IllegalArgumentException("1 to " + MOST_PRIORITIES + " priorities, not " + count);
        }
        activeQueue.priorities(count);
    }

    /**
     * How much is called back before the loop looks for more urgent events, and how long tasks may take before it looks
     * for any.
     */
    public void limit(DispatchLimit limit) {
        checkOwner();
        activeQueue.limit(limit);
        limitTasks(limit.interval() == null ? Long.MAX_VALUE : TimerHeap.nanos(limit.interval()));
    }

    /**
     * Acts as if {@code bits} had been found on a descriptor: all its watches are told what they asked for among them.
     */
    public void activate(int fd, int bits) {
        checkOwner();
        watches.activate(fd, bits);
    }

    // ---- time ----

    /** Monotonic nanoseconds as of this turn. On the loop. */
    public long now() {
        return now;
    }

    /** Looks at the clock anew: {@link #now} after a callback that took long. On the loop. */
    public long refresh() {
        checkOwner();
        now = kernel.nanos();
        return now;
    }

    /** Returns the kernel that the loop stands on. Any thread may call. */
    public Kernel kernel() {
        return kernel;
    }

    /** Returns what the loop waits with. Any thread may call. */
    public Mechanism mechanism() {
        return mechanism;
    }

    /**
     * Sets a timer node to expire at {@code due}, in the nanoseconds of {@link #now}, or moves it there. On the loop.
     */
    public void setTimer(TimerNode node, long due) {
        timers.set(node, due);
    }

    /** Takes a timer node out; does nothing if it is not set. On the loop. */
    public void cancelTimer(TimerNode node) {
        timers.cancel(node);
    }

    /** Returns how often the loop has turned. Any thread may call. */
    public long turns() {
        return stats.turns();
    }

    /** Returns what can be seen of the loop at work. Any thread may call. */
    public LoopMonitor monitor() {
        return monitor;
    }

    // ---- what the classes below ask ----

    @Override
    void endWait() {
        mechanism.wakeup();
    }

    @Override
    boolean isTurning() {
        return turning;
    }

    @Override
    boolean hasActive() {
        return !activeQueue.isEmpty();
    }

    @Override
    long callbacks() {
        return stats.callbacks();
    }

    @Override
    void leaveCallbacks() {
        activeQueue.leave();
    }

    @Override
    long clock() {
        return kernel.nanos();
    }

    @Override
    void checkOwner() {
        super.checkOwner();
        if (isClosed() && debug != null) {
            throw new IllegalStateException("the loop " + name() + " has been closed");
        }
    }

    // ---- the end ----

    /**
     * Is run when the loop ends, before it has: a holder of a descriptor beside the loop's own closes it then. On a
     * loop that is ending already it is run at once. On the loop.
     */
    public void attach(Runnable end) {
        assert !isOwned() || inLoop();
        if (ended) {
            run(end);
        } else {
            attached.add(end);
        }
    }

    /** Is not run any more. On the loop. */
    public void detach(Runnable end) {
        attached.remove(end);
    }

    /**
     * Ends everything; on the owner thread, when the loop does not run any more. Tasks that were accepted are run, and
     * from then on {@link #execute} refuses.
     */
    public void close() {
        setStopped();
        if (debug != null && !isClosed()) {
            monitor.reportForgotten();
        }
        ended = true;
        LoopRunner before = enterThread();
        try {
            List.copyOf(attached).forEach(this::run);
        } finally {
            end();
            leaveThread(before);
        }
    }

    private void end() {
        try {
            mechanism.closeAll();
            activeQueue.clear();
            runLastTasks();
        } finally {
            mechanism.close();
            setClosed();
        }
    }
}
