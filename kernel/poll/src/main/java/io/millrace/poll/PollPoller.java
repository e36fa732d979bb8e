// SPDX-License-Identifier: Apache-2.0
package io.millrace.poll;

import io.millrace.sys.Descriptors;
import io.millrace.sys.Errno;
import io.millrace.sys.Poll;
import io.millrace.sys.SysException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * poll(2): an array of all that is watched goes to the kernel with every wait and comes back with what was found, so a
 * wait costs by what is watched. Level-triggered only. No limit but that of descriptors.
 *
 * <p>The array has no holes: the last entry moves to where one is taken out. The first is our own eventfd.
 */
public final class PollPoller extends Poller {
    private static final int SUPPORTED = Interest.KINDS | Interest.ONE_SHOT;

    private final WakeupEvent wakeup;
    private final InterestList watches = new InterestList();

    /**
     * One struct pollfd for each place of {@link #watches}; a one-shot watch that has reported has its descriptor
     * negated.
     */
    private MemorySegment array = Arena.ofAuto().allocate((long) 64 * Poll.POLLFD_SIZE, 8);

    /** Where to begin to look at what was found: who did not fit last time comes first. */
    private int next;

    private PollPoller() throws SysException {
        wakeup = new WakeupEvent();
        arm(wakeup.fd, Interest.READ, WakeupEvent.TOKEN);
    }

    /** A new instance. */
    public static PollPoller open() throws SysException {
        return new PollPoller();
    }

    @Override
    public String name() {
        return "poll";
    }

    @Override
    public int supports() {
        return SUPPORTED;
    }

    @Override
    public int add(int fd, int interest, long token) {
        if ((interest & ~SUPPORTED) != 0) {
            return -Errno.EINVAL;
        }
        // poll itself would take it, and report it as invalid each time.
        int result = Descriptors.fcntl(fd, Descriptors.F_GETFD, 0);
        if (result < 0) {
            return result;
        }
        arm(fd, interest, token);
        return 0;
    }

    private void arm(int fd, int interest, long token) {
        int place = watches.put(fd, interest, token);
        long bytes = (long) watches.count() * Poll.POLLFD_SIZE;
        if (bytes > array.byteSize()) {
            array = Arena.ofAuto().allocate(2 * array.byteSize(), 8).copyFrom(array);
        }
        Poll.fill(array, place, fd, PollBits.toPoll(interest));
    }

    @Override
    public int modify(int fd, int interest, long token) {
        if (watches.find(fd) < 0 || (interest & ~SUPPORTED) != 0) {
            return add(fd, interest, token);
        }
        arm(fd, interest, token);
        return 0;
    }

    @Override
    public int remove(int fd) {
        int place = watches.remove(fd);
        if (place < 0) {
            return -Errno.ENOENT;
        }
        int last = watches.count();
        Poll.fill(array, place, Poll.fd(array, last), Poll.events(array, last));
        return 0;
    }

    @Override
    public int registeredInterest(int fd) {
        int place = watches.find(fd);
        if (place < 0) {
            return -Errno.ENOENT;
        }
        return Poll.fd(array, place) < 0 ? Interest.ONE_SHOT : watches.interests[place];
    }

    @Override
    public int poll(long timeoutNanos, Ready ready) {
        ready.clear();
        int left = Poll.poll(array, watches.count(), timeoutNanos);
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
        int count = watches.count();
        int place = next;
        for (int i = 0; i < count && left > 0 && ready.count() < ready.capacity(); i++) {
            place = place >= count || place < 1 ? 1 : place;
            int found = Poll.revents(array, place);
            if (found != 0 && place < watches.count()) {
                left--;
                place += report(place, PollBits.fromPoll(found), ready);
            } else {
                place++;
            }
        }
        next = place;
    }

    /** Returns how far it is to the next place: 0 if another entry has moved here. */
    private int report(int place, int found, Ready ready) {
        ready.add(watches.tokens[place], found);
        int fd = watches.fds[place];
        if ((found & Interest.INVALID) != 0) {
            int last = watches.count() - 1;
            int moved = Poll.revents(array, last);
            remove(fd);
            Poll.found(array, place, moved);
            return 0;
        }
        if ((watches.interests[place] & Interest.ONE_SHOT) != 0) {
            // Passed over by the kernel until it is armed again.
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
