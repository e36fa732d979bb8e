// SPDX-License-Identifier: Apache-2.0
package io.millrace.poll;

import io.millrace.sys.Descriptors;
import io.millrace.sys.Errno;
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
public final class SigioPoller extends InterestListPoller {
    private static final int SUPPORTED = Interest.KINDS | Interest.EDGE | Interest.ONE_SHOT;

    private final int capacity;
    private final SignalReceiver receiver = new SignalReceiver();
    private final CandidateQueue candidates;

    private SigioPoller(int capacity) {
        super("sigio", SUPPORTED);
        this.capacity = capacity;
        this.candidates = new CandidateQueue(watched, receiver, capacity);
    }

    /** Opens a poller that reports up to {@code capacity} events a call. */
    public static SigioPoller open(int capacity) {
        return new SigioPoller(capacity);
    }

    /** Returns how often the queue of signals has overflowed, so that every descriptor was looked at. */
    public long overflows() {
        return candidates.overflows();
    }

    @Override
    public @Nullable String whyNot(int fd, int interest) {
        String unknown = super.whyNot(fd, interest);
        return unknown != null ? unknown : SignalDriven.whyNot(fd);
    }

    @Override
    int admit(int fd) {
        claim();
        return SignalDriven.enable(fd, SignalReceiver.SIGNAL, receiver.thread());
    }

    /** What happened before sends no signal: look once. */
    @Override
    int put(int fd, int interest, long token) {
        candidates.renew(watched.put(fd, interest, token));
        return 0;
    }

    @Override
    boolean silent(int place) {
        return candidates.silent(place);
    }

    /**
     * Redirects the signals of all descriptors to the calling thread; those on their way are made up for by looking.
     */
    private void claim() {
        if (receiver.claim()) {
            for (int place = 0; place < watched.count(); place++) {
                Descriptors.ownByThread(watched.fds[place], receiver.thread());
            }
            candidates.addAll();
        }
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
    public int poll(long timeoutNanos, Ready ready) {
        ready.clear();
        claim();
        int most = Math.min(capacity, ready.capacity());
        long start = timeoutNanos > 0 ? System.nanoTime() : 0;
        long left = timeoutNanos;
        while (true) {
            // Signals for nothing, such as those of a file that has been closed, do not end the wait.
            int last = candidates.receive(most, candidates.count() > 0 ? 0 : left);
            int result = report(most, ready);
            boolean over = last == -Errno.EINTR || receiver.tookWakeup() || (left == 0 && candidates.count() == 0);
            if (result < 0 || ready.count() > 0 || over) {
                return result < 0 ? unlessInterrupted(result) : ready.count();
            }
            left = timeoutNanos > 0 ? Math.max(0, timeoutNanos - (System.nanoTime() - start)) : timeoutNanos;
        }
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
            candidates.silence(place);
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
