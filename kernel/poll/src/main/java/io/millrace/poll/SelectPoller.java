// SPDX-License-Identifier: Apache-2.0
package io.millrace.poll;

import io.millrace.sys.Descriptors;
import io.millrace.sys.Errno;
import io.millrace.sys.Select;
import io.millrace.sys.SysException;
import org.jspecify.annotations.Nullable;

/**
 * select(2), level-triggered only. Three sets of descriptors go to the kernel with every wait and come back with those
 * that are ready. So they are rebuilt before each call, and a wait costs by the highest descriptor that is watched.
 *
 * <p>The type fd_set ends at {@value Select#FD_SETSIZE} descriptors; a C program that goes beyond writes over what lies
 * behind it. The kernel has no such limit, and {@link FdSets} grow, unless the classic limit is asked for.
 *
 * <p>select does not tell errors and hang-ups from readiness, and tells nothing of a descriptor that is in no set.
 */
public final class SelectPoller extends InterestListPoller {
    private static final int SUPPORTED = Interest.READ | Interest.WRITE | Interest.PRIORITY | Interest.ONE_SHOT;

    private final WakeupEvent wakeup;
    private final boolean classic;

    /** What is waited for: the kernel gets a copy, {@code found}, and changes it. */
    private final FdSets wanted = new FdSets();

    private final FdSets found = new FdSets();

    /** The descriptor to begin with when events are collected: those that did not fit last time come first. */
    private int next;

    private SelectPoller(boolean classic) throws SysException {
        super("select", SUPPORTED);
        this.classic = classic;
        this.wakeup = new WakeupEvent();
        int result = add(wakeup.fd, Interest.READ, WakeupEvent.TOKEN);
        if (result < 0) {
            wakeup.close();
            throw new SysException("select", result, String.valueOf(whyNot(wakeup.fd, Interest.READ)));
        }
    }

    /**
     * Opens a poller.
     *
     * @param classic whether to keep the limit of {@value Select#FD_SETSIZE} that the type fd_set has
     * @throws SysException if the kernel refuses a descriptor, or gives one beyond the classic limit
     */
    public static SelectPoller open(boolean classic) throws SysException {
        return new SelectPoller(classic);
    }

    @Override
    public @Nullable String whyNot(int fd, int interest) {
        return classic && fd >= Select.FD_SETSIZE
                ? "descriptor " + fd + " is beyond FD_SETSIZE: the classic sets of select end at " + Select.FD_SETSIZE
                : super.whyNot(fd, interest);
    }

    @Override
    int admit(int fd) {
        return classic && fd >= Select.FD_SETSIZE ? -Errno.EINVAL : super.admit(fd);
    }

    @Override
    int put(int fd, int interest, long token) {
        watched.put(fd, interest, token);
        wanted.put(fd, interest);
        return 0;
    }

    /** Taken out of the sets by a report. */
    @Override
    boolean silent(int place) {
        return (watched.interests[place] & Interest.ONE_SHOT) != 0 && wanted.get(watched.fds[place]) == 0;
    }

    @Override
    public int remove(int fd) {
        if (watched.remove(fd) < 0) {
            return -Errno.ENOENT;
        }
        wanted.put(fd, 0);
        return 0;
    }

    @Override
    public int poll(long timeoutNanos, Ready ready) {
        ready.clear();
        found.copyFrom(wanted);
        int n = found.select(timeoutNanos);
        if (n == -Errno.EBADF) {
            return reportInvalid(ready);
        }
        if (n <= 0) {
            return unlessInterrupted(n);
        }
        if (found.get(wakeup.fd) != 0) {
            wakeup.reset();
        }
        collect(ready);
        return ready.count();
    }

    private void collect(Ready ready) {
        int begin = next < found.end() ? next : 0;
        collect(begin, found.end(), ready);
        collect(0, begin, ready);
    }

    private void collect(int from, int end, Ready ready) {
        int fd = found.next(from, end);
        while (fd >= 0 && ready.count() < ready.capacity()) {
            report(fd, ready);
            next = fd + 1;
            fd = found.next(next, end);
        }
    }

    private void report(int fd, Ready ready) {
        int place = watched.find(fd);
        if (fd != wakeup.fd) {
            ready.add(watched.tokens[place], found.get(fd));
        }
        if ((watched.interests[place] & Interest.ONE_SHOT) != 0) {
            wanted.put(fd, 0);
        }
    }

    /** Finds the descriptors that have been closed: select refuses the whole call and does not say which they are. */
    private int reportInvalid(Ready ready) {
        for (int i = watched.count() - 1; i >= 0 && ready.count() < ready.capacity(); i--) {
            int fd = watched.fds[i];
            if (Descriptors.fcntl(fd, Descriptors.F_GETFD, 0) == -Errno.EBADF) {
                ready.add(watched.tokens[i], Interest.INVALID);
                remove(fd);
            }
        }
        return ready.count();
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
