// SPDX-License-Identifier: Apache-2.0
package io.millrace.poll;

import io.millrace.sys.Descriptors;
import io.millrace.sys.Errno;
import io.millrace.sys.Signals;
import org.jspecify.annotations.Nullable;

/**
 * Signal-driven I/O, edge-triggered by nature: the kernel queues a real-time signal for each thing that happens on a
 * descriptor ({@link SignalDriven}), and the poller's thread takes them ({@link SignalReceiver}). With level trigger a
 * descriptor that was found ready is simply looked at again by the next call.
 *
 * <pre>
 *   signal queue ──take──► CandidateQueue ──one poll(2) for all──► events
 *        │                     ▲
 *        └─ overflow: SIGIO ───┘  every descriptor is a candidate
 * </pre>
 *
 * A signal only says which descriptor to look at: the number may be another file's by now, and signals do not tell of a
 * half-closed connection. The truth is what poll(2) says, asked once for all that were signalled. When the queue
 * overflows (RLIMIT_SIGPENDING) the kernel sends a plain SIGIO in place of what it drops, and every descriptor is
 * looked at: nothing is lost.
 *
 * <p>Signals go to the platform thread that called {@link #add} or {@link #poll}. When another thread calls, they are
 * redirected to that one, with a system call for each descriptor. A file has one owner: of two pollers that watch the
 * same listening socket the second is refused (-EBUSY).
 */
public final class SigioPoller extends Poller {
    private static final int SUPPORTED = Interest.KINDS | Interest.EDGE | Interest.ONE_SHOT;

    /** Signals taken in a call for each place for an event: several may be about one descriptor. */
    private static final int SIGNALS_A_CANDIDATE = 4;

    /** In {@link InterestList#marks}: a one-shot descriptor that has reported. */
    private static final int SILENT = 2;

    private final int capacity;
    private final SignalReceiver receiver = new SignalReceiver();
    private final InterestList watched = new InterestList();
    private final CandidateQueue candidates;
    private long overflows;

    private SigioPoller(int capacity) {
        this.capacity = capacity;
        this.candidates = new CandidateQueue(watched, capacity);
    }

    /** Opens a poller that reports up to {@code capacity} events a call. */
    public static SigioPoller open(int capacity) {
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

    /** Returns how often the queue of signals has overflowed, so that every descriptor was looked at. */
    public long overflows() {
        return overflows;
    }

    @Override
    public @Nullable String whyNot(int fd, int interest) {
        String unknown = super.whyNot(fd, interest);
        return unknown != null ? unknown : SignalDriven.whyNot(fd);
    }

    @Override
    public int add(int fd, int interest, long token) {
        if ((interest & ~SUPPORTED) != 0) {
            return -Errno.EINVAL;
        }
        claim();
        int result = SignalDriven.enable(fd, SignalReceiver.SIGNAL, receiver.thread());
        return result < 0 ? result : put(fd, interest, token);
    }

    /** What happened before sends no signal: look once. */
    private int put(int fd, int interest, long token) {
        int place = watched.put(fd, interest, token);
        watched.marks[place] &= ~SILENT;
        candidates.add(place);
        return 0;
    }

    /**
     * Redirects the signals of all descriptors to the calling thread; those on their way are made up for by looking.
     */
    private void claim() {
        if (receiver.claim()) {
            for (int place = 0; place < watched.count(); place++) {
                Descriptors.ownByThread(watched.fds[place], receiver.thread());
            }
            lookAtAll();
        }
    }

    private void lookAtAll() {
        for (int place = 0; place < watched.count(); place++) {
            look(place);
        }
    }

    private void look(int place) {
        if (place >= 0 && (watched.marks[place] & SILENT) == 0) {
            candidates.add(place);
        }
    }

    @Override
    public int modify(int fd, int interest, long token) {
        boolean fits = watched.find(fd) >= 0 && (interest & ~SUPPORTED) == 0;
        return fits ? put(fd, interest, token) : add(fd, interest, token);
    }

    @Override
    public int remove(int fd) {
        return watched.remove(fd) < 0 ? -Errno.ENOENT : SignalDriven.disable(fd);
    }

    /** Saves the system calls: a closed file sends no signals, and one that is queued already finds nothing. */
    @Override
    public void closing(int fd) {
        watched.remove(fd);
    }

    @Override
    public int registeredInterest(int fd) {
        int place = watched.find(fd);
        if (place < 0) {
            return -Errno.ENOENT;
        }
        boolean silent = (watched.marks[place] & SILENT) != 0;
        return silent ? watched.interests[place] & ~Interest.KINDS : watched.interests[place];
    }

    @Override
    public int poll(long timeoutNanos, Ready ready) {
        ready.clear();
        claim();
        int most = Math.min(capacity, ready.capacity());
        long start = timeoutNanos > 0 ? System.nanoTime() : 0;
        long left = timeoutNanos;
        while (true) {
            // Signals for nothing, such as those of a file that has been closed, do not end the wait.
            int last = take(most, candidates.count() > 0 ? 0 : left);
            int result = report(most, ready);
            boolean over = last == -Errno.EINTR || receiver.tookWakeup() || (left == 0 && candidates.count() == 0);
            if (result < 0 || ready.count() > 0 || over) {
                return result < 0 ? unlessInterrupted(result) : ready.count();
            }
            left = timeoutNanos > 0 ? Math.max(0, timeoutNanos - (System.nanoTime() - start)) : timeoutNanos;
        }
    }

    /** Takes signals while there are any and their candidates fit, waiting for the first one only. Returns the last. */
    private int take(int most, long nanos) {
        int signal = 0;
        for (int i = 0; i < most * SIGNALS_A_CANDIDATE && candidates.count() < most && signal >= 0; i++) {
            signal = receiver.take(i == 0 ? nanos : 0);
            if (signal == Signals.SIGIO) {
                overflows++;
                lookAtAll();
            } else if (signal >= 0) {
                look(watched.find(receiver.descriptor()));
            }
        }
        return signal;
    }

    private int report(int most, Ready ready) {
        int asked = candidates.check(most);
        for (int i = 0; i < asked; i++) {
            int found = candidates.found(i);
            if (found != 0) {
                report(candidates.fd(i), found, ready);
            }
        }
        return Math.min(asked, 0);
    }

    private void report(int fd, int found, Ready ready) {
        int place = watched.find(fd);
        ready.add(watched.tokens[place], found);
        if ((found & Interest.INVALID) != 0) {
            watched.remove(fd);
        } else if ((watched.interests[place] & Interest.ONE_SHOT) != 0) {
            watched.marks[place] |= SILENT;
        } else if ((watched.interests[place] & Interest.EDGE) == 0) {
            candidates.add(place);
        }
    }

    @Override
    public void wakeup() {
        receiver.wakeup();
    }

    @Override
    public void close() {
        for (int place = 0; place < watched.count(); place++) {
            SignalDriven.disable(watched.fds[place]);
        }
        watched.clear();
        receiver.close();
    }
}
