// SPDX-License-Identifier: Apache-2.0
package io.millrace.poll;

import io.millrace.sys.Errno;
import io.millrace.sys.Poll;
import io.millrace.sys.SysException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * poll(2), level-triggered only. An array of everything that is watched goes to the kernel with every wait and comes
 * back with what was found, so a wait costs by what is watched. There is no limit but that of descriptors.
 *
 * <p>The array has no gaps: the last entry moves to the place of one that is removed. The first is the wake-up event.
 */
public final class PollPoller extends InterestListPoller {
    private static final int SUPPORTED = Interest.KINDS | Interest.ONE_SHOT;

    private final WakeupEvent wakeup;

    /** A struct pollfd for each index of {@code watched}. One-shot descriptors that have reported are negated. */
    private MemorySegment array = Arena.ofAuto().allocate((long) 64 * Poll.POLLFD_SIZE, 8);

    /** The index to begin with when events are collected: those that did not fit last time come first. */
    private int next;

    private PollPoller() throws SysException {
        super("poll", SUPPORTED);
        wakeup = new WakeupEvent();
        put(wakeup.fd, Interest.READ, WakeupEvent.TOKEN);
    }

    /**
     * Opens a poller.
     *
     * @throws SysException if the kernel refuses a descriptor
     */
    public static PollPoller open() throws SysException {
        return new PollPoller();
    }

    @Override
    int put(int fd, int interest, long token) {
        int place = watched.put(fd, interest, token);
        long bytes = (long) watched.count() * Poll.POLLFD_SIZE;
        if (bytes > array.byteSize()) {
            array = Arena.ofAuto().allocate(2 * array.byteSize(), 8).copyFrom(array);
        }
        Poll.fill(array, place, fd, PollBits.toPoll(interest));
        return 0;
    }

    /** Negated by a report. */
    @Override
    boolean silent(int place) {
        return Poll.fd(array, place) < 0;
    }

    @Override
    public int remove(int fd) {
        int place = watched.remove(fd);
        if (place < 0) {
            return -Errno.ENOENT;
        }
        int last = watched.count();
        Poll.fill(array, place, Poll.fd(array, last), Poll.events(array, last));
        return 0;
    }

    @Override
    public int poll(long timeoutNanos, Ready ready) {
        ready.clear();
        int left = Poll.poll(array, watched.count(), timeoutNanos);
        if (left <= 0) {
            return unlessInterrupted(left);
        }
        if (Poll.revents(array, 0) != 0) {
            wakeup.reset();
            left--;
        }
        collect(left, ready);
        return ready.count();
    }

    private void collect(int left, Ready ready) {
        int count = watched.count();
        int place = next;
        for (int i = 0; i < count && left > 0 && ready.count() < ready.capacity(); i++) {
            place = place >= count || place < 1 ? 1 : place;
            int found = Poll.revents(array, place);
            if (found != 0 && place < watched.count()) {
                left--;
                place += report(place, PollBits.fromPoll(found), ready);
            } else {
                place++;
            }
        }
        next = place;
    }

    /** Returns the distance to the next entry: 0 if the last one has moved here. */
    private int report(int place, int found, Ready ready) {
        ready.add(watched.tokens[place], found);
        int fd = watched.fds[place];
        if ((found & Interest.INVALID) != 0) {
            int last = watched.count() - 1;
            int moved = Poll.revents(array, last);
            remove(fd);
            Poll.found(array, place, moved);
            return 0;
        }
        if ((watched.interests[place] & Interest.ONE_SHOT) != 0) {
            // The kernel skips negative descriptors; modify puts it back.
            Poll.fill(array, place, ~fd, 0);
        }
        return 1;
    }

    @Override
    public void wakeup() {
        wakeup.signal();
    }

    @Override
    public void close() {
        wakeup.close();
    }
}
