// SPDX-License-Identifier: Apache-2.0
package io.millrace.poll;

import io.millrace.sys.Descriptors;
import io.millrace.sys.Errno;
import io.millrace.sys.Kqueue;
import io.millrace.sys.SysException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * kqueue(2), level-triggered and, by EV_CLEAR, edge-triggered. The kernel keeps a filter for reading and one for
 * writing ({@link KqueueFilters}) and reports each by itself; a poller's event puts both together.
 *
 * <p>The end of the stream is a flag (EV_EOF) that comes together with the bytes still to be read: read until recv
 * returns 0. Nothing is reported of a descriptor that is watched for neither READ nor WRITE.
 */
public final class KqueuePoller extends InterestListPoller {
    private static final int SUPPORTED =
            Interest.READ | Interest.WRITE | Interest.PEER_CLOSED | Interest.EDGE | Interest.ONE_SHOT;

    private final int queue;
    private final KqueueFilters filters;
    private final KqueueWakeup wakeup;
    private final MemorySegment events;
    private final int capacity;

    private KqueuePoller(int capacity) throws SysException {
        super("kqueue", SUPPORTED);
        this.capacity = capacity;
        this.events = Arena.ofAuto().allocate((long) capacity * Kqueue.KEVENT_SIZE, 8);
        this.queue = Kqueue.kqueue();
        if (queue < 0) {
            throw new SysException("kqueue", queue, "for a poller");
        }
        // A child process that inherited it could take our events. Some systems set this flag by themselves.
        Descriptors.fcntl(queue, Descriptors.F_SETFD, Descriptors.FD_CLOEXEC);
        this.filters = new KqueueFilters(queue);
        this.wakeup = new KqueueWakeup(queue, filters);
    }

    /**
     * Opens a poller that reports up to {@code capacity} events a call.
     *
     * @throws SysException if the kernel refuses a descriptor
     */
    public static KqueuePoller open(int capacity) throws SysException {
        return new KqueuePoller(capacity);
    }

    @Override
    int put(int fd, int interest, long token) {
        int place = watched.find(fd);
        int result = filters.change(fd, place < 0 ? 0 : watched.interests[place], interest);
        if (result == 0) {
            watched.put(fd, interest, token);
        } else if (place < 0) {
            filters.change(fd, interest, 0);
        }
        return result;
    }

    @Override
    public int remove(int fd) {
        int place = watched.find(fd);
        if (place < 0) {
            return -Errno.ENOENT;
        }
        filters.change(fd, watched.interests[place], 0);
        watched.remove(fd);
        return 0;
    }

    @Override
    public int poll(long timeoutNanos, Ready ready) {
        ready.clear();
        int n = Kqueue.kevent(queue, events, 0, events, Math.min(capacity, ready.capacity()), timeoutNanos);
        if (n < 0) {
            return unlessInterrupted(n);
        }
        for (int i = 0; i < n; i++) {
            int place = Kqueue.filter(events, i) == Kqueue.EVFILT_USER ? -1 : watched.find(Kqueue.ident(events, i));
            if (place >= 0) {
                report(place, KqueueFilters.found(events, i) & (watched.interests[place] | Interest.ALWAYS), ready);
            }
        }
        clearMarks(n);
        return ready.count();
    }

    /** The mark of a descriptor is the index of its event in this call plus one, 0 if it has none yet. */
    private void report(int place, int found, Ready ready) {
        int mark = watched.marks[place];
        if (mark > 0) {
            ready.events[mark - 1] |= found;
            return;
        }
        ready.add(watched.tokens[place], found);
        watched.marks[place] = ready.count();
        if ((watched.interests[place] & Interest.ONE_SHOT) != 0) {
            filters.silence(watched.fds[place], watched.interests[place]);
        }
    }

    private void clearMarks(int n) {
        for (int i = 0; i < n; i++) {
            int place = watched.find(Kqueue.ident(events, i));
            if (place >= 0) {
                watched.marks[place] = 0;
            }
        }
    }

    @Override
    public void wakeup() {
        wakeup.signal();
    }

    @Override
    public void close() {
        if (wakeup.close()) {
            Descriptors.close(queue);
        }
    }
}
