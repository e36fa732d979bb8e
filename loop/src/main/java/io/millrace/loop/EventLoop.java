// SPDX-License-Identifier: Apache-2.0
package io.millrace.loop;

import io.millrace.core.Protocol;
import io.millrace.core.ProtocolFactory;
import io.millrace.poll.Kernel;
import io.millrace.sys.SysException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.Objects;
import java.util.Objects;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * One thread that serves many connections by turns. The package comment draws the turn.
 *
 * <p>Everything a loop owns (connections, timers, factories) is touched by its own thread only. {@link #execute} is the one
 * verb for other threads.
 */
public final class EventLoop implements Executor {
    private static final int TASKS_A_TURN = 1024;
    private static final int MOST_PRIORITIES = 256;

    /** Longer than anybody waits, and short enough to be added to a clock. */
    private static final Duration LONGEST = Duration.ofDays(36_500);

    final Kernel kernel;
    final Budget budget;
    final Driver driver;
    final Alarms alarms = new Alarms();
    final Callbacks callbacks = new Callbacks();
    final WatchTable watches;

    /** Events that are enabled or set. */
    int live;

    /** Those that were not accepted are not limited in number: whoever opens them has them in hand. */
    private final Quota outgoing = new Quota(Integer.MAX_VALUE);

    private final String name;
    private final ConcurrentLinkedQueue<Runnable> tasks = new ConcurrentLinkedQueue<>();

    /** Set for the length of a wait; whoever clears it owes the wake-up. So any number of tasks cost one system call. */
    private final AtomicBoolean waiting = new AtomicBoolean();

    private Thread owner;
    private long now;
    private long turns;
    private CountDownLatch draining;
    private boolean drained;
    private volatile boolean stopped;

    /**
     * A loop over a kernel, not running yet: {@link #start} gives it a thread of its own, {@link #turn} runs it on the caller's.
     *
     * @throws SysException if the kernel refuses what a loop needs, such as another descriptor
     */
    public EventLoop(Kernel kernel, String name) throws SysException {
        this(kernel, name, Budget.USUAL);
    }

    EventLoop(Kernel kernel, String name, Budget budget) throws SysException {
        this.kernel = kernel;
        this.name = name;
        this.budget = budget;
        this.driver = new ReadinessDriver(this, kernel, budget);
        this.watches = new WatchTable(driver, kernel.descriptorLimit());
        this.now = kernel.nanos();
        Log.prepare();
    }

    /** The loop's name, which is its thread's, too. */
    public String name() {
        return name;
    }

    /** The mechanism the loop waits with, such as {@code "epoll, edge-triggered"}. */
    public String engine() {
        return driver.engine();
    }

    /** Runs the loop on a new thread until {@link #stop}. A platform thread: a virtual one would pin its carrier in each wait. */
    public Thread start() {
        Thread thread = Thread.ofPlatform().name(name).unstarted(this::run);
        owner = thread;
        thread.start();
        return thread;
    }

    private void run() {
        try {
            while (!stopped) {
                turn(Long.MAX_VALUE);
            }
        } catch (Throwable t) {
            Log.error(name + " cannot go on", t);
        } finally {
            close();
        }
    }

    /**
     * One turn on the calling thread, which becomes the loop's owner: wait, at most {@code longest} nanoseconds, move bytes, call back, run
     * tasks, ring alarms, flush what is dirty.
     */
    public void turn(long longest) {
        if (owner == null) {
            owner = Thread.currentThread();
        }
        assert inLoop();
        waiting.set(true);
        driver.await(timeout(longest));
        waiting.set(false);
        turns++;
        now = kernel.nanos();
        driver.dispatch();
        runTasks();
        ringAlarms();
        callbacks.tell(this);
        driver.finishTurn();
    }

    private long timeout(long longest) {
        if (stopped || driver.hasWork() || !callbacks.isEmpty() || !tasks.isEmpty()) {
            return 0;
        }
        long next = alarms.next();
        if (next == Long.MAX_VALUE) {
            return longest == Long.MAX_VALUE ? -1 : longest;
        }
        return Math.min(longest, Math.max(0, next - kernel.nanos()));
    }

    private void ringAlarms() {
        try {
            alarms.ring(now);
        } catch (Throwable t) {
            // The one that threw has been taken out; the others ring next turn.
            Log.error("an alarm failed", t);
        }
    }

    /** As many as there are; those that they add wait for the next turn when there are too many, for I/O must not starve. */
    private void runTasks() {
        for (int i = 0; i < TASKS_A_TURN; i++) {
            Runnable task = tasks.poll();
            if (task == null) {
                return;
            }
            run(task);
        }
    }

    /** Runs what the user gave us: whatever it throws must not end the loop. */
    void run(Runnable task) {
        try {
            task.run();
        } catch (Throwable t) {
            Log.error("a task threw", t);
        }
    }

    /** Calls what an event is for. */
    void tell(Event event, int what) {
        try {
            event.call(what);
        } catch (Throwable t) {
            Log.error(event + " threw", t);
        }
    }

    /** Runs a task on the loop, soon and in order. Any thread may call. */
    @Override
    public void execute(Runnable task) {
        tasks.add(task);
        if (!inLoop() && waiting.compareAndSet(true, false)) {
            driver.wakeup();
        }
    }

    /** Runs a task on the loop after a while. Any thread may call. */
    public Timer schedule(Duration after, Runnable task) {
        Timer timer = new Timer(this, task);
        long due = kernel.nanos() + nanos(after);
        if (inLoop()) {
            alarms.set(timer, due);
        } else {
            execute(() -> alarms.set(timer, due));
        }
        return timer;
    }

    /** What can be added to a clock without running over. */
    static long nanos(Duration duration) {
        return duration.compareTo(LONGEST) > 0 ? LONGEST.toNanos() : Math.max(0, duration.toNanos());
    }

    /**
     * A watch on a descriptor, to be enabled.
     *
     * @param fd a descriptor that does not block, or -1 for a watch that is activated by hand or by its timeout only
     * @param interest {@link io.millrace.poll.Interest} bits
     */
    public Watch watch(int fd, int interest, Watch.Callback callback) {
        own();
        return new Watch(this, fd, interest, Objects.requireNonNull(callback, "a callback"));
    }

    /**
     * How many priorities events have, 1 at first. An event has the one in the middle unless it is set.
     *
     * @throws IllegalStateException if events are active
     */
    public void priorities(int count) {
        own();
        if (count < 1 || count > MOST_PRIORITIES) {
            throw new IllegalArgumentException("1 to " + MOST_PRIORITIES + " priorities, not " + count);
        }
        callbacks.priorities(count);
    }

    /** Monotonic nanoseconds as of this turn. On the loop. */
    public long now() {
        return now;
    }

    /** How often the loop has turned. On the loop, or after it has ended. */
    public long turns() {
        return turns;
    }

    /** Belongs at the start of what only the owner may do, or whoever prepares a loop that does not run yet. */
    void own() {
        assert owner == null || inLoop() : "not on the loop " + name;
    }

    /** Whether the calling thread owns the loop. Any thread may ask. */
    public boolean inLoop() {
        return Thread.currentThread() == owner;
    }

    /**
     * Listens on an address with this loop alone; to be called by its owner, or before it runs. Loops of a {@link LoopGroup} share an
     * address.
     */
    public Listening listen(ListenOptions options, Supplier<? extends ProtocolFactory> protocols) throws SysException {
        return ListenGroup.open(kernel, options.withSpread(Spread.HAND_OVER), new EventLoop[] {this}, protocols);
    }

    /**
     * Begins to connect to an address: an {@link java.net.InetSocketAddress} or a {@link io.millrace.poll.UnixAddress}. One address, one
     * attempt, and no other time limit than the kernel's; a connector that tries all addresses of a name stands above. Any thread may call.
     *
     * @param from the address to connect from, or {@code null} for one that the kernel chooses
     * @param ended is told the outcome once, on the loop, later: opens the connection, if there is one, by {@link Attempt#open}
     */
    public Attempt connect(SocketAddress to, SocketAddress from, Consumer<? super Attempt> ended) {
        if (to instanceof InetSocketAddress inet && inet.isUnresolved()) {
            throw new IllegalArgumentException("an address is needed, not a name: " + inet.getHostString());
        }
        Attempt attempt = new Attempt(this, Objects.requireNonNull(to, "to"), from, Objects.requireNonNull(ended, "ended"));
        if (inLoop()) {
            attempt.begin();
        } else {
            execute(attempt::begin);
        }
        return attempt;
    }

    /**
     * Takes a connected stream socket over: it is this loop's from now on, which closes it. Any thread may call.
     *
     * @throws SysException if the descriptor is no connected stream socket; it is still the caller's then
     */
    public void adopt(int fd, Protocol protocol) throws SysException {
        int result = kernel.adopt(fd);
        if (result < 0) {
            throw new SysException("adopt", result, "descriptor " + fd);
        }
        SocketAddress peer = kernel.peer(fd);
        if (inLoop()) {
            open(fd, peer, protocol);
        } else {
            execute(() -> open(fd, peer, protocol));
        }
    }

    /** Opens a connection that was not accepted here. On the loop. */
    void open(int fd, SocketAddress peer, Protocol protocol) {
        outgoing.take();
        driver.open(new Connection(this, outgoing, peer), fd, protocol);
    }

    /**
     * Tells all connections, those still to come included, that the server is stopping, once what had arrived for them has been
     * delivered. Counts down when none is left. On the loop.
     */
    void drain(CountDownLatch empty) {
        draining = empty;
        drained = false;
        // Their last word before: a request that lies in the socket already is in flight, not idle.
        for (Connection connection : driver.connections()) {
            driver.look(connection);
            connection.stopping();
        }
        left();
    }

    /** Whether it has been asked to end. */
    boolean hasEnded() {
        return stopped;
    }

    boolean draining() {
        return draining != null;
    }

    /** A connection or a listening socket is gone. */
    void left() {
        if (draining != null && !drained && driver.isEmpty()) {
            drained = true;
            draining.countDown();
        }
    }

    /** Asks the loop to end: connections that stand are closed, tasks not yet run are run. Any thread may call. */
    public void stop() {
        stopped = true;
        execute(() -> {});
    }

    /** Ends everything; on the owner thread, when the loop does not run any more. */
    public void close() {
        stopped = true;
        driver.closeAll();
        callbacks.clear();
        // Those that are there, then those that have come meanwhile; one that adds another for ever is not waited for.
        runLeft();
        runLeft();
        driver.close();
    }

    private void runLeft() {
        for (int left = tasks.size(); left > 0; left--) {
            run(tasks.remove());
        }
    }
}
