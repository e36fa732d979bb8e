// SPDX-License-Identifier: Apache-2.0
package io.millrace.poll;

import io.millrace.sys.Descriptors;
import io.millrace.sys.Epoll;
import io.millrace.sys.Errno;
import io.millrace.sys.SysException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * epoll(7), level-triggered and edge-triggered. The kernel keeps the interest list and a list of what is ready, so a
 * wait costs by what is ready and not by what is watched.
 *
 * <p>epoll refuses regular files (EPERM); they are kept in {@link AlwaysReady}.
 */
public final class EpollPoller extends Poller {
    private static final int SUPPORTED =
            Interest.KINDS | Interest.EDGE | Interest.EXCLUSIVE | Interest.ONE_SHOT | Interest.WAKEUP;

    /** What epoll_ctl(2) refuses together with EPOLLEXCLUSIVE. */
    private static final int NOT_EXCLUSIVE = Interest.PEER_CLOSED | Interest.PRIORITY | Interest.ONE_SHOT;

    private final int capacity;
    private final int epoll;
    private final WakeupEvent wakeup;
    private final MemorySegment change = Arena.ofAuto().allocate(Epoll.EVENT_SIZE, 8);
    private final MemorySegment events;
    private final EpollWait waiting = new EpollWait();
    private final AlwaysReady files = new AlwaysReady();

    private EpollPoller(int capacity, int epoll, WakeupEvent wakeup) {
        super("epoll", SUPPORTED);
        this.capacity = capacity;
        this.epoll = epoll;
        this.wakeup = wakeup;
        this.events = Arena.ofAuto().allocate((long) capacity * Epoll.EVENT_SIZE, 8);
    }

    /**
     * Opens a poller that reports up to {@code capacity} events a call.
     *
     * @throws SysException if the kernel refuses a descriptor
     */
    public static EpollPoller open(int capacity) throws SysException {
        WakeupEvent wakeup = new WakeupEvent();
        int epoll = Epoll.create1(Epoll.EPOLL_CLOEXEC);
        EpollPoller poller = new EpollPoller(capacity, epoll, wakeup);
        // Edge-triggered: each write reports once, so the counter never has to be read back.
        int result = epoll < 0 ? epoll : poller.add(wakeup.fd, Interest.READ | Interest.EDGE, WakeupEvent.TOKEN);
        if (result < 0) {
            poller.close();
            throw new SysException(epoll < 0 ? "epoll_create1" : "epoll_ctl", result, "for a poller");
        }
        return poller;
    }

    @Override
    public @Nullable String whyNot(int fd, int interest) {
        int together = interest & NOT_EXCLUSIVE;
        return (interest & Interest.EXCLUSIVE) != 0 && together != 0
                ? "epoll takes EXCLUSIVE with READ, WRITE, EDGE and WAKEUP only, not with "
                        + Interest.describe(together)
                : super.whyNot(fd, interest);
    }

    @Override
    public int add(int fd, int interest, long token) {
        int result = control(Epoll.EPOLL_CTL_ADD, fd, interest, token);
        return switch (result) {
            case -Errno.EEXIST -> control(Epoll.EPOLL_CTL_MOD, fd, interest, token);
            case -Errno.EPERM -> files.put(fd, interest, token);
            default -> result;
        };
    }

    @Override
    public int modify(int fd, int interest, long token) {
        int result = control(Epoll.EPOLL_CTL_MOD, fd, interest, token);
        return switch (result) {
            case -Errno.ENOENT -> control(Epoll.EPOLL_CTL_ADD, fd, interest, token);
            case -Errno.EPERM -> files.put(fd, interest, token);
            default -> result;
        };
    }

    private int control(int operation, int fd, int interest, long token) {
        if ((interest & ~SUPPORTED) != 0) {
            return -Errno.EINVAL;
        }
        Epoll.fill(change, PollBits.toEpoll(interest), token);
        return Epoll.ctl(epoll, operation, fd, change);
    }

    @Override
    public int remove(int fd) {
        return files.remove(fd) ? 0 : Epoll.ctl(epoll, Epoll.EPOLL_CTL_DEL, fd, MemorySegment.NULL);
    }

    /** Saves the EPOLL_CTL_DEL: the kernel forgets a file with its last descriptor (epoll(7)). */
    @Override
    public void closing(int fd) {
        files.remove(fd);
    }

    @Override
    public int registeredInterest(int fd) {
        int ofFile = files.interest(fd);
        return ofFile >= 0 ? ofFile : EpollInfo.registeredInterest(epoll, fd);
    }

    @Override
    public int poll(long timeoutNanos, Ready ready) {
        ready.clear();
        int most = Math.min(capacity, ready.capacity());
        files.report(ready, most);
        int left = most - ready.count();
        int n = left == 0 ? 0 : unlessInterrupted(waiting.await(epoll, events, left, left < most ? 0 : timeoutNanos));
        if (n < 0) {
            return n;
        }
        for (int i = 0; i < n; i++) {
            long token = Epoll.data(events, i);
            if (token >= 0) {
                ready.add(token, PollBits.fromPoll(Epoll.events(events, i)));
            }
        }
        return ready.count();
    }

    @Override
    public EpollPoller sibling() {
        return new EpollPoller(capacity, epoll, wakeup.another());
    }

    @Override
    public void wakeup() {
        wakeup.signal();
    }

    @Override
    public void close() {
        if (wakeup.close() && epoll >= 0) {
            Descriptors.close(epoll);
        }
    }
}
