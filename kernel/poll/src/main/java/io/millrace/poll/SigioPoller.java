// SPDX-License-Identifier: Apache-2.0
package io.millrace.poll;

import io.millrace.sys.Descriptors;
import io.millrace.sys.Errno;
import io.millrace.sys.Files;
import io.millrace.sys.Poll;
import io.millrace.sys.Signals;
import io.millrace.sys.SysException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Signal-driven I/O (fcntl(2): O_ASYNC, F_SETSIG, F_SETOWN_EX): whenever something happens on a descriptor the kernel
 * queues a real-time signal for the loop's own thread, which holds it back and takes it with sigtimedwait(2). No
 * handler runs. Edge-triggered by nature; with level trigger whoever was found ready is simply looked at again by the
 * next call.
 *
 * <pre>
 *   signal queue ──take──► candidates ──one poll(2) for all──► events
 *        │                     ▲
 *        └─ overflow: SIGIO ───┘  everybody is a candidate
 * </pre>
 *
 * A signal only says which descriptor to look at: its number may be another file's by now, and a half-closed direction
 * is not among what signals tell. What is true is asked of poll(2), once for all that were signalled. When the queue
 * overflows (RLIMIT_SIGPENDING) the kernel sends a plain SIGIO instead of what it drops, and everybody is looked at:
 * nothing is lost.
 *
 * <p>The thread that calls {@link #add} or {@link #poll}, a platform thread, becomes the one that signals are sent to;
 * when another one calls, they are sent to that from then on, at the price of some calls for each descriptor. A file
 * has one owner: of two pollers that watch the same listening socket the second is refused (-EBUSY).
 */
public final class SigioPoller extends Poller {
    private static final int SUPPORTED = Interest.KINDS | Interest.EDGE | Interest.ONE_SHOT;

    /** Signals taken in one call: many may be about one descriptor. */
    private static final int SIGNALS_A_CANDIDATE = 4;

    /** In {@link InterestList#marks}: on the list of candidates. */
    private static final int LISTED = 1;

    /** In {@link InterestList#marks}: a one-shot watch that has reported. */
    private static final int SILENT = 2;

    /** The JVM and the C library use the first and the last ones. */
    private static final int SIGNAL = Signals.realTimeMinimum() + 7;

    private static final MemorySegment BOTH = Signals.set(SIGNAL, Signals.SIGIO);

    static {
        // Once, before any descriptor is armed: to ignore a signal discards those that are pending in all threads
        // (sigaction(2)).
        Signals.harmless(SIGNAL);
        Signals.harmless(Signals.SIGIO);
    }

    private final InterestList watches = new InterestList();
    private final MemorySegment info = Signals.info();
    private final MemorySegment array;
    private final int capacity;

    /** Descriptors to look at, oldest first. */
    private int[] candidates = new int[64];

    private int candidateCount;

    /** What the owner's mask was before. */
    private MemorySegment oldMask;

    private Thread owner;
    private volatile int thread;

    /** Set by whoever has sent a signal to end the wait; cleared when it is taken. */
    private final AtomicBoolean woken = new AtomicBoolean();

    /** Whether such a signal has been taken in this call. */
    private boolean roused;

    private boolean closed;
    private long overflows;

    private SigioPoller(int capacity) {
        this.capacity = capacity;
        this.array = Arena.ofAuto().allocate((long) capacity * Poll.POLLFD_SIZE, 8);
    }

    /** A new instance that reports up to {@code capacity} events a call. */
    public static SigioPoller open(int capacity) throws SysException {
        return new SigioPoller(capacity);
    }

    @Override
    public String name() {
        return "sigio";
    }

    @Override
    public int supports() {
        return SUPPORTED;
    }

    /** How often the queue of signals has overflowed, and everything was looked at. */
    public long overflows() {
        return overflows;
    }

    /**
     * Holds the signals back in this thread before the first descriptor is armed: their default action ends the
     * process. What is on its way to the thread before this one is made up for by looking at everything; there the
     * signals stay held back.
     */
    private void prepare() {
        if (owner != Thread.currentThread()) {
            moveHere();
        }
    }

    private synchronized void moveHere() {
        owner = Thread.currentThread();
        oldMask = Signals.set();
        Signals.mask(Signals.SIG_BLOCK, BOTH, oldMask);
        thread = Signals.thread();
        for (int place = 0; place < watches.count(); place++) {
            Descriptors.ownByThread(watches.fds[place], thread);
            look(place);
        }
        if (woken.get()) {
            // By someone who found no thread to send to yet, or another one.
            Signals.send(thread, SIGNAL);
        }
    }

    @Override
    public int add(int fd, int interest, long token) {
        if ((interest & ~SUPPORTED) != 0) {
            return -Errno.EINVAL;
        }
        prepare();
        int result = arm(fd);
        if (result < 0) {
            return result;
        }
        int place = watches.put(fd, interest, token);
        watches.marks[place] &= ~SILENT;
        // What is there already sends no signal.
        look(place);
        return 0;
    }

    /** The owner first: a signal without one would be lost. */
    private int arm(int fd) {
        int flags = Descriptors.fcntl(fd, Descriptors.F_GETFL, 0);
        if (flags < 0) {
            return flags;
        }
        int other = Descriptors.ownerThread(fd);
        if ((flags & Descriptors.O_ASYNC) != 0 && other > 0 && other != thread) {
            return -Errno.EBUSY;
        }
        int result = Descriptors.ownByThread(fd, thread);
        result = result < 0 ? result : Descriptors.fcntl(fd, Descriptors.F_SETSIG, SIGNAL);
        result = result < 0 ? result : Descriptors.fcntl(fd, Descriptors.F_SETFL, flags | Descriptors.O_ASYNC);
        return result < 0 || tells(fd) ? result : -Errno.EPERM;
    }

    /**
     * Whether the kernel sends signals for a file of this kind: what cannot, such as an eventfd or a process, does not
     * keep the flag (fcntl(2)). A regular file has none to send, being always ready.
     */
    private static boolean tells(int fd) {
        if ((Descriptors.fcntl(fd, Descriptors.F_GETFL, 0) & Descriptors.O_ASYNC) != 0) {
            return true;
        }
        long[] values = new long[Files.STAT_VALUES];
        return Files.statx(fd, "", Files.AT_EMPTY_PATH, values) == 0
                && (values[Files.MODE] & Files.S_IFMT) == Files.S_IFREG;
    }

    @Override
    public String whyNot(int fd, int interest) {
        String unknown = super.whyNot(fd, interest);
        return unknown != null || Descriptors.fcntl(fd, Descriptors.F_GETFL, 0) < 0 || tells(fd)
                ? unknown
                : "signals are sent for sockets, pipes and terminals, not for a file of the kind of descriptor " + fd;
    }

    private void look(int place) {
        if ((watches.marks[place] & (LISTED | SILENT)) != 0) {
            return;
        }
        watches.marks[place] |= LISTED;
        if (candidateCount == candidates.length) {
            candidates = Arrays.copyOf(candidates, 2 * candidateCount);
        }
        candidates[candidateCount++] = watches.fds[place];
    }

    @Override
    public int modify(int fd, int interest, long token) {
        int place = watches.find(fd);
        if (place < 0 || (interest & ~SUPPORTED) != 0) {
            return add(fd, interest, token);
        }
        watches.put(fd, interest, token);
        watches.marks[place] &= ~SILENT;
        look(place);
        return 0;
    }

    @Override
    public int remove(int fd) {
        if (watches.remove(fd) < 0) {
            return -Errno.ENOENT;
        }
        return disarm(fd);
    }

    private static int disarm(int fd) {
        int flags = Descriptors.fcntl(fd, Descriptors.F_GETFL, 0);
        return flags < 0 ? flags : Descriptors.fcntl(fd, Descriptors.F_SETFL, flags & ~Descriptors.O_ASYNC);
    }

    /** No file, no signals; one that is queued finds nobody, or somebody who looks and finds nothing. */
    @Override
    public void closing(int fd) {
        watches.remove(fd);
    }

    @Override
    public int registeredInterest(int fd) {
        int place = watches.find(fd);
        if (place < 0) {
            return -Errno.ENOENT;
        }
        int silent = watches.interests[place] & ~Interest.KINDS;
        return (watches.marks[place] & SILENT) != 0 ? silent : watches.interests[place];
    }

    @Override
    public int poll(long timeoutNanos, Ready ready) {
        ready.clear();
        prepare();
        int most = Math.min(capacity, ready.capacity());
        long start = timeoutNanos > 0 ? System.nanoTime() : 0;
        long left = timeoutNanos;
        roused = false;
        while (true) {
            // Signals for nothing, such as those of a file that is no longer there, do not end the wait.
            int last = take(most, candidateCount > 0 ? 0 : left);
            int result = report(Math.min(most, candidateCount), ready);
            boolean over = last == -Errno.EINTR || roused || left == 0 && candidateCount == 0;
            if (result < 0 || ready.count() > 0 || over) {
                return result < 0 ? unlessInterrupted(result) : ready.count();
            }
            left = timeoutNanos > 0 ? Math.max(0, timeoutNanos - (System.nanoTime() - start)) : timeoutNanos;
        }
    }

    /**
     * Takes signals as long as there are any and candidates fit, waiting for the first one only: what the last call
     * returned.
     */
    private int take(int most, long nanos) {
        int signal = 0;
        for (int i = 0; i < most * SIGNALS_A_CANDIDATE && candidateCount < most; i++) {
            signal = Signals.take(BOTH, info, i == 0 ? nanos : 0);
            if (signal < 0) {
                break;
            }
            note(signal);
        }
        return signal;
    }

    private void note(int signal) {
        boolean kernel = Signals.fromKernel(info);
        // A SIGIO that found no room for what is known of it may have been a wake-up.
        if (!kernel || signal == Signals.SIGIO) {
            roused = true;
            woken.set(false);
        }
        if (signal == Signals.SIGIO) {
            // Some signals did not fit into the queue, and nobody knows which.
            overflows++;
            for (int place = 0; place < watches.count(); place++) {
                look(place);
            }
        } else if (kernel) {
            int place = watches.find(Signals.fd(info));
            if (place >= 0) {
                look(place);
            }
        }
    }

    /** Looks at the oldest candidates; the others stay for the next call. */
    private int report(int count, Ready ready) {
        int asked = 0;
        for (int i = 0; i < count; i++) {
            int place = watches.find(candidates[i]);
            // Not there, or one that took over its number and is on the list as itself: then twice, which the mark
            // tells.
            if (place >= 0 && (watches.marks[place] & LISTED) != 0) {
                watches.marks[place] &= ~LISTED;
                Poll.fill(array, asked++, candidates[i], PollBits.toPoll(watches.interests[place]));
            }
        }
        candidateCount -= count;
        System.arraycopy(candidates, count, candidates, 0, candidateCount);
        int n = asked == 0 ? 0 : Poll.poll(array, asked, 0);
        if (n < 0) {
            lookAgain(asked);
            return n;
        }
        for (int i = 0; i < asked && n > 0; i++) {
            int found = PollBits.fromPoll(Poll.revents(array, i));
            if (found != 0) {
                n--;
                tell(Poll.fd(array, i), found, ready);
            }
        }
        return 0;
    }

    private void lookAgain(int asked) {
        for (int i = 0; i < asked; i++) {
            look(watches.find(Poll.fd(array, i)));
        }
    }

    private void tell(int fd, int found, Ready ready) {
        int place = watches.find(fd);
        ready.add(watches.tokens[place], found);
        if ((found & Interest.INVALID) != 0) {
            watches.remove(fd);
        } else if ((watches.interests[place] & Interest.ONE_SHOT) != 0) {
            watches.marks[place] |= SILENT;
        } else if ((watches.interests[place] & Interest.EDGE) == 0) {
            look(place);
        }
    }

    /** Once for any number of calls until the next wait: signals are queued, and the queue is short. */
    @Override
    public synchronized void wakeup() {
        if (!closed
                && woken.compareAndSet(false, true)
                && thread != 0
                && Signals.send(thread, SIGNAL) == -Errno.EAGAIN) {
            // No room in the queue. The old signals need none: looked upon as an overflow, which it is.
            Signals.send(thread, Signals.SIGIO);
        }
    }

    @Override
    public synchronized void close() {
        if (closed) {
            return;
        }
        closed = true;
        for (int i = 0; i < watches.count(); i++) {
            disarm(watches.fds[i]);
        }
        watches.clear();
        if (owner == Thread.currentThread()) {
            while (Signals.take(BOTH, info, 0) > 0) {}
            Signals.mask(Signals.SIG_SETMASK, oldMask, MemorySegment.NULL);
        }
    }
}
