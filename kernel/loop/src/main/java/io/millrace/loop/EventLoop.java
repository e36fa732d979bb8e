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
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.IntConsumer;
import java.util.function.LongConsumer;

/**
 * One thread that serves many connections by turns. The package comment draws the turn.
 *
 * <p>Everything a loop owns (connections, timers, factories) is touched by its own thread only. {@link #execute} is the
 * one verb for other threads.
 */
public final class EventLoop implements Executor {
    private static final int TASKS_A_TURN = 1024;
    private static final int MOST_PRIORITIES = 256;
    private static final long CLOSED_CHECK_MILLIS = 20;

    final Kernel kernel;
    final Mechanism mechanism;
    final TimerHeap timers = new TimerHeap();
    final ActiveQueue activeQueue = new ActiveQueue();
    final LoopStats stats = new LoopStats();
    final FdTable watches;

    /** {@code null} in a loop that is not debugged. */
    LeakTracker debug = LeakTracker.wanted();

    /** Events that are enabled or set and that a loop goes on for. */
    int live;

    /** In their order, each once. */
    private final Set<Runnable> attached = new LinkedHashSet<>();

    private final String name;
    private final Tasks tasks;
    private final Hooks hooks = new Hooks();

    /**
     * Set for the length of a wait; whoever clears it owes the wake-up. So any number of tasks cost one system call.
     */
    private final AtomicBoolean waiting = new AtomicBoolean();

    private final AtomicInteger holds = new AtomicInteger();
    private final Exit exit = new Exit();
    private volatile Thread owner;
    private long now;
    private long taskNanos = Long.MAX_VALUE;
    private boolean turning;
    private boolean running;
    private boolean exiting;
    private boolean broken;

    /** What was attached has been run: what is attached from now on is run at once. */
    private boolean ended;

    /** Is told on the loop's own thread, once, why it cannot go on. */
    private Consumer<? super Throwable> failure = why -> Log.failure("the loop ", name(), " cannot go on", why);

    private volatile boolean stopped;
    private volatile boolean closed;

    /** The time to leave, if there is one. */
    private final class Exit extends TimerNode {
        @Override
        protected void expire() {
            exiting = true;
        }
    }

    /**
     * Opens a loop over a kernel with a mechanism of its own, not running yet: {@link #start} gives it a thread,
     * {@link #turn} runs it on the caller's.
     *
     * @param name the loop's name, which is its thread's, too
     * @throws SysException if the kernel refuses what the mechanism needs, such as another descriptor or a ring
     */
    public EventLoop(Kernel kernel, String name, Mechanism.Factory mechanism) throws SysException {
        this.kernel = kernel;
        this.name = name;
        this.tasks = new Tasks(name);
        this.mechanism = mechanism.open(this);
        this.watches = new FdTable(this.mechanism, kernel.descriptorLimit());
        this.now = kernel.nanos();
        Log.prepare();
    }

    /** The loop's name, which is its thread's, too. */
    public String name() {
        return name;
    }

    /** The mechanism the loop waits with, such as {@code "epoll, edge-triggered"}. */
    public String engine() {
        return mechanism.engine();
    }

    /**
     * Runs the loop on a new thread until {@link #stop}. A platform thread: a virtual one would pin its carrier in each
     * wait.
     */
    public Thread start() {
        Thread thread = new CallingThread(this::run, name);
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
     * Runs the loop on the calling thread, which owns it meanwhile. May be called again when it has returned.
     *
     * @throws IllegalStateException if the loop runs already: on this thread, from a callback, or on another
     */
    public RunEnd run(RunMode mode) {
        boolean lent = claim(Thread.currentThread());
        if (!inLoop() || running || turning) {
            throw new IllegalStateException("the loop " + name + " runs already");
        }
        running = true;
        broken = false;
        try {
            return turnOn(mode);
        } finally {
            running = false;
            exiting = false;
            owner = lent ? null : owner;
        }
    }

    private RunEnd turnOn(RunMode mode) {
        long told = stats.callbacks();
        while (!stopped) {
            if (mode != RunMode.UNTIL_STOPPED && isEmpty()) {
                return RunEnd.EMPTY;
            }
            turn(mode == RunMode.NOW ? 0 : Long.MAX_VALUE);
            if (broken) {
                return RunEnd.BROKEN;
            }
            if (exiting) {
                return RunEnd.EXITED;
            }
            boolean did = stats.callbacks() != told && activeQueue.isEmpty();
            if (mode == RunMode.NOW || (mode == RunMode.ONCE && did)) {
                return RunEnd.DONE;
            }
        }
        return RunEnd.STOPPED;
    }

    /**
     * One turn on the calling thread, which becomes the loop's owner: wait, at most {@code longest} nanoseconds, move
     * bytes, call back, run tasks, ring alarms, tell events, flush what is dirty.
     */
    public void turn(long longest) {
        enter();
        try {
            if (hooks.beforeWait()) {
                hooks.before(timeout(longest));
            }
            long begun = stats.begin();
            waiting.set(true);
            mechanism.await(timeout(longest));
            waiting.set(false);
            stats.waited(begun);
            now = kernel.nanos();
            hooks.after();
            mechanism.dispatch();
            runTasks();
            timers.expireDue(now);
            if (!broken) {
                activeQueue.dispatch(this);
            }
            mechanism.finishTurn();
        } finally {
            turning = false;
        }
    }

    private void enter() {
        if (turning) {
            throw new IllegalStateException("the loop " + name + " turns already: a callback cannot run it");
        }
        claim(Thread.currentThread());
        checkOwner();
        turning = true;
    }

    private long timeout(long longest) {
        if (stopped || (running && exiting) || mechanism.hasWork() || !activeQueue.isEmpty() || !tasks.isEmpty()) {
            return 0;
        }
        long next = timers.next();
        if (next == Long.MAX_VALUE) {
            return longest == Long.MAX_VALUE ? -1 : longest;
        }
        return Math.min(longest, Math.max(0, next - kernel.nanos()));
    }

    /** Whether nothing is left that could call back. */
    private boolean isEmpty() {
        return live == 0
                && holds.get() == 0
                && exit.index < 0
                && mechanism.isEmpty()
                && !mechanism.hasWork()
                && activeQueue.isEmpty()
                && tasks.isEmpty();
    }

    /**
     * As many as there are; those that they add wait for the next turn when there are too many, for I/O must not
     * starve.
     */
    private void runTasks() {
        long end = taskNanos == Long.MAX_VALUE ? taskNanos : kernel.nanos() + taskNanos;
        for (int i = 0; i < TASKS_A_TURN && !broken; i++) {
            Runnable task = tasks.poll();
            if (task == null) {
                return;
            }
            run(task);
            if (end != Long.MAX_VALUE && kernel.nanos() >= end) {
                return;
            }
        }
    }

    /** Runs what the user gave us: whatever it throws must not end the loop. */
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

    /**
     * Runs a task on the loop, soon and in order. Any thread may call. A task that has been accepted runs, at the
     * latest while the loop is closed.
     *
     * @throws RejectedExecutionException if the loop has been closed: the task does not run, and what it holds is still
     *     the caller's
     */
    @Override
    public void execute(Runnable task) {
        if (!offer(task)) {
            throw tasks.refusal();
        }
    }

    /** As {@link #execute}, but returns whether the task was accepted. */
    public boolean offer(Runnable task) {
        boolean taken = tasks.add(task);
        if (taken) {
            wakeup();
        }
        return taken;
    }

    private void wakeup() {
        if (!inLoop() && waiting.compareAndSet(true, false)) {
            mechanism.wakeup();
        }
    }

    /** Runs a task on the loop and waits until it has run; on the loop's end, until that. Not for the loop itself. */
    public void await(Runnable task) throws InterruptedException {
        CountDownLatch done = new CountDownLatch(1);
        boolean accepted = offer(() -> {
            task.run();
            done.countDown();
        });
        while (accepted && !done.await(CLOSED_CHECK_MILLIS, TimeUnit.MILLISECONDS)) {
            if (closed) {
                return;
            }
        }
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
        tasks.check();
        long due = kernel.nanos() + after;
        if (!byOwner(() -> timer.begin(due))) {
            throw tasks.refusal();
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
        taskNanos = limit.interval() == null ? Long.MAX_VALUE : TimerHeap.nanos(limit.interval());
    }

    /**
     * Acts as if {@code bits} had been found on a descriptor: all its watches are told what they asked for among them.
     */
    public void activate(int fd, int bits) {
        checkOwner();
        watches.activate(fd, bits);
    }

    // ---- the end of a run ----

    /**
     * Leaves {@link #run(RunMode)} at the end of this turn; one that does not run, at the end of its next turn. Any
     * thread may call.
     */
    public void exit() {
        byOwner(() -> exiting = true);
    }

    /** Leaves {@link #run(RunMode)} after a while, unless it is to be left before. Any thread may call. */
    public void exitAfter(Duration after) {
        long due = kernel.nanos() + TimerHeap.nanos(after);
        byOwner(() -> {
            if (exit.index < 0 || due < exit.due) {
                timers.set(exit, due);
            }
        });
    }

    /**
     * Leaves {@link #run(RunMode)} after the callback that runs: what is active besides stays so for the next run.
     * Without effect on a loop that does not run. On the loop.
     */
    public void breakLoop() {
        checkOwner();
        broken = running;
        activeQueue.leave();
    }

    /** Looks at the kernel after the callback that runs, before more is called back. On the loop. */
    public void continueLoop() {
        checkOwner();
        activeQueue.leave();
    }

    /** Keeps a loop going that runs until nothing is left, until {@link #unref}. Any thread may call. */
    public void ref() {
        holds.incrementAndGet();
    }

    /** Takes one {@link #ref} back. Any thread may call. */
    public void unref() {
        if (holds.decrementAndGet() < 0) {
            holds.incrementAndGet();
            throw new IllegalStateException("released more often than held");
        }
        offer(() -> {});
    }

    // ---- looking on ----

    /**
     * Is called before each wait with its time limit in nanoseconds, 0 for a look only and -1 for ever. What it
     * executes or sets counts in this wait already. On the loop.
     */
    public Hook beforeWait(LongConsumer action) {
        checkOwner();
        return hooks.before(new Hook(action));
    }

    /** Is called after each wait, before anything is called back. On the loop. */
    public Hook afterWait(Runnable action) {
        checkOwner();
        return hooks.after(new Hook(ignored -> action.run()));
    }

    /** What the loop has done so far. Any thread may call. */
    public LoopCounters counters() {
        return stats.read();
    }

    /** Begins or ends to take the time of each wait and callback, for {@link #counters}. On the loop. */
    public void timing(boolean on) {
        checkOwner();
        stats.timing(on);
    }

    /**
     * Tells {@code callback} of callbacks that take that long or longer, which takes times as {@link #timing}. What it
     * throws goes to the log. On the loop.
     *
     * @param limit {@code null} for no more
     * @param callback {@code null} for no more
     */
    public void slow(Duration limit, SlowCallback callback) {
        checkOwner();
        boolean none = limit == null || callback == null;
        stats.slow(none ? Long.MAX_VALUE : TimerHeap.nanos(limit), none ? null : callback);
    }

    /**
     * Remembers where events are made from now on: errors name the place, and events that were made and then forgotten,
     * or that are still enabled when the loop is closed, are told to the log. Costs a stack trace for each. The system
     * property {@code io.millrace.loop.debug} does so for all loops. On the loop.
     */
    public void debug(boolean on) {
        checkOwner();
        debug = on ? new LeakTracker(Log::warn) : null;
    }

    /** Does as {@link #debug(boolean)} with {@code true}, but tells {@code reports} and not the log. On the loop. */
    public void debug(Consumer<String> reports) {
        checkOwner();
        debug = new LeakTracker(reports);
    }

    /** All events that are enabled, set or active. On the loop. */
    public List<Event> events() {
        checkOwner();
        return Dump.events(this);
    }

    /** Number of events that are enabled or set, those in the background not counted. On the loop. */
    public int enabled() {
        checkOwner();
        return live;
    }

    /** All there is on the loop in words, a line each, for people. On the loop. */
    public String dump() {
        checkOwner();
        return Dump.text(this);
    }

    // ---- time and threads ----

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

    /**
     * Refuses what a closed loop cannot do any more. Any thread may call.
     *
     * @throws RejectedExecutionException if the loop has been closed
     */
    public void checkOpen() {
        tasks.check();
    }

    /** The clock itself, not as of this turn. */
    long clock() {
        return kernel.nanos();
    }

    /** How often the loop has turned. Any thread may ask. */
    public long turns() {
        return stats.turns();
    }

    /** Belongs at the start of what only the owner may do, or whoever prepares a loop that does not run yet. */
    void checkOwner() {
        Thread thread = owner;
        if (thread != null && thread != Thread.currentThread()) {
            throw new IllegalStateException("the loop " + name + " belongs to the thread " + thread.getName() + ", and "
                    + Thread.currentThread().getName() + " is not it: use execute");
        }
        if (closed && debug != null) {
            throw new IllegalStateException("the loop " + name + " has been closed");
        }
    }

    /** Takes a loop that has no owner; whether it had none. */
    private synchronized boolean claim(Thread thread) {
        boolean free = owner == null;
        owner = free ? thread : owner;
        return free;
    }

    /**
     * Does something to what belongs to the loop: at once if the caller owns it or nobody does, else as a task. For
     * verbs of any thread. Returns {@code false}, and does nothing, if a task would be needed and the loop has been
     * closed.
     */
    boolean byOwner(Runnable action) {
        if (inLoop()) {
            action.run();
            return true;
        }
        return whileFree(action) || offer(action);
    }

    /** Nobody can begin to run the loop meanwhile. */
    synchronized boolean whileFree(Runnable action) {
        if (owner != null) {
            return false;
        }
        action.run();
        return true;
    }

    /** Whether the calling thread owns the loop. Any thread may ask. */
    public boolean inLoop() {
        return Thread.currentThread() == owner;
    }

    /**
     * Is run when the loop ends, before it has: whoever holds a descriptor beside the loop's own lets it go then. On a
     * loop that is ending already it is run at once. On the loop.
     */
    public void attach(Runnable end) {
        assert owner == null || inLoop();
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

    /** Events that are still enabled when the loop is closed have been forgotten. */
    private void reportForgotten() {
        for (Event event : Dump.events(this)) {
            if (event.isAlive()) {
                debug.report(event + " was still enabled when its loop was closed" + event.place());
            }
        }
    }

    /** Returns whether {@link #stop} has been called. Any thread may call. */
    public boolean isStopped() {
        return stopped;
    }

    /** Asks the loop to end: connections that stand are closed, tasks not yet run are run. Any thread may call. */
    public void stop() {
        stopped = true;
        wakeup();
    }

    /**
     * Ends everything; on the owner thread, when the loop does not run any more. Tasks that were accepted are run, and
     * from then on {@link #execute} refuses.
     */
    public void close() {
        stopped = true;
        if (debug != null && !closed) {
            reportForgotten();
        }
        ended = true;
        try {
            List.copyOf(attached).forEach(this::run);
        } finally {
            end();
        }
    }

    private void end() {
        try {
            mechanism.closeAll();
            activeQueue.clear();
            tasks.runLeft(this::run);
        } finally {
            mechanism.close();
            closed = true;
        }
    }
}
