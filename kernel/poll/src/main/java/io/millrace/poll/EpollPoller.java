// SPDX-License-Identifier: Apache-2.0
package io.millrace.poll;

import io.millrace.sys.Descriptors;
import io.millrace.sys.Epoll;
import io.millrace.sys.Errno;
import io.millrace.sys.SysException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * epoll(7), level and edge triggered: the kernel keeps the list of what is watched, and a wait costs by what is ready
 * and not by what is watched.
 *
 * <p>Regular files, which epoll refuses (EPERM), are always ready, as select and poll have it; they are kept aside.
 */
public final class EpollPoller extends Poller {
    private static final int MILLION = 1_000_000;

    /** Waits shorter than this are exact; of longer ones nobody minds a millisecond. */
    private static final long FINE = 100L * MILLION;

    private static final int SUPPORTED =
            Interest.KINDS | Interest.EDGE | Interest.EXCLUSIVE | Interest.ONE_SHOT | Interest.WAKEUP;

    /** What epoll_ctl(2) refuses together with EPOLLEXCLUSIVE. */
    private static final int NOT_EXCLUSIVE = Interest.PEER_CLOSED | Interest.PRIORITY | Interest.ONE_SHOT;

    private final MemorySegment events;
    private final MemorySegment change = Arena.ofAuto().allocate(Epoll.EVENT_SIZE, 8);
    private final int capacity;
    private final int epoll;
    private final WakeupEvent wakeup;

    /** {@code null} as long as there are none. */
    private AlwaysReady files;

    /** Whether there is epoll_pwait2(2), as far as we know. */
    private boolean fine = true;

    private EpollPoller(int capacity) throws SysException {
        this.capacity = capacity;
        this.events = Arena.ofAuto().allocate((long) capacity * Epoll.EVENT_SIZE, 8);
        this.wakeup = new WakeupEvent();
        this.epoll = Epoll.create1(Epoll.EPOLL_CLOEXEC);
        // Edge-triggered: each write reports once, so the counter never has to be read back.
        int result = epoll < 0 ? epoll : add(wakeup.fd, Interest.READ | Interest.EDGE, WakeupEvent.TOKEN);
        if (result < 0) {
            close();
            throw new SysException(epoll < 0 ? "epoll_create1" : "epoll_ctl", result, "for a poller");
        }
    }

    /** A new instance that reports up to {@code capacity} events a call. */
    public static EpollPoller open(int capacity) throws SysException {
        return new EpollPoller(capacity);
    }

    @Override
    public EpollPoller sibling() {
        return new EpollPoller(this);
    }

    private EpollPoller(EpollPoller first) {
        this.capacity = first.capacity;
        this.events = Arena.ofAuto().allocate((long) capacity * Epoll.EVENT_SIZE, 8);
        this.epoll = first.epoll;
        this.wakeup = first.wakeup.another();
    }

    @Override
    public String name() {
        return "epoll";
    }

    @Override
    public int supports() {
        return SUPPORTED;
    }

    @Override
    public String whyNot(int fd, int interest) {
        int together = interest & NOT_EXCLUSIVE;
        return (interest & Interest.EXCLUSIVE) != 0 && together != 0
                ? "epoll takes EXCLUSIVE with READ, WRITE, EDGE and WAKEUP only, not with "
                        + Interest.describe(together)
                : super.whyNot(fd, interest);
    }

    /** As {@link Poller#add}; a descriptor that is watched already is modified (epoll_ctl(2) EEXIST). */
    @Override
    public int add(int fd, int interest, long token) {
        int result = control(Epoll.EPOLL_CTL_ADD, fd, interest, token);
        return switch (result) {
            case -Errno.EEXIST -> control(Epoll.EPOLL_CTL_MOD, fd, interest, token);
            case -Errno.EPERM -> keepAside(fd, interest, token);
            default -> result;
        };
    }

    /** As {@link Poller#modify}; a descriptor that is not watched, its number having been closed, is added (ENOENT). */
    @Override
    public int modify(int fd, int interest, long token) {
        int result = control(Epoll.EPOLL_CTL_MOD, fd, interest, token);
        return switch (result) {
            case -Errno.ENOENT -> control(Epoll.EPOLL_CTL_ADD, fd, interest, token);
            case -Errno.EPERM -> keepAside(fd, interest, token);
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

    private int keepAside(int fd, int interest, long token) {
        files = files == null ? new AlwaysReady() : files;
        files.put(fd, interest, token);
        return 0;
    }

    @Override
    public int remove(int fd) {
        if (files != null && files.remove(fd)) {
            return 0;
        }
        return Epoll.ctl(epoll, Epoll.EPOLL_CTL_DEL, fd, MemorySegment.NULL);
    }

    /** The kernel forgets the last descriptor of a socket when it is closed (epoll(7)). */
    @Override
    public void closing(int fd) {
        if (files != null) {
            files.remove(fd);
        }
    }

    /**
     * As the kernel tells in /proc (proc_pid_fdinfo(5)): it drops EPOLLWAKEUP silently from those that may not hold up
     * suspending.
     */
    @Override
    public int registeredInterest(int fd) {
        if (files != null && files.interest(fd) >= 0) {
            return files.interest(fd);
        }
        try {
            for (String line : Files.readAllLines(Path.of("/proc/self/fdinfo/" + epoll))) {
                String[] words = line.trim().split("\\s+");
                if (words.length > 3 && words[0].equals("tfd:") && Integer.parseInt(words[1]) == fd) {
                    return PollBits.fromEpoll(Integer.parseUnsignedInt(words[3], 16));
                }
            }
            return -Errno.ENOENT;
        } catch (IOException e) {
            return -Errno.EIO;
        }
    }

    @Override
    public int poll(long timeoutNanos, Ready ready) {
        ready.clear();
        int room = Math.min(capacity, ready.capacity());
        int n = files == null ? wait(room, timeoutNanos) : waitBesideFiles(room, timeoutNanos, ready);
        if (n < 0) {
            return unlessInterrupted(n);
        }
        for (int i = 0; i < n; i++) {
            long token = Epoll.data(events, i);
            if (token >= 0) {
                ready.add(token, PollBits.fromPoll(Epoll.events(events, i)));
            }
        }
        return ready.count();
    }

    private int waitBesideFiles(int room, long timeoutNanos, Ready ready) {
        // No more than half, so that sockets have their turn as well.
        files.report(ready, Math.max(1, room / 2));
        int left = room - ready.count();
        return left == 0 ? 0 : wait(left, ready.count() > 0 ? 0 : timeoutNanos);
    }

    private int wait(int room, long nanos) {
        if (nanos > 0 && nanos < FINE && fine) {
            int n = Epoll.waitNanos(epoll, events, room, nanos);
            // A seccomp filter that is older than the call says EPERM.
            if (n != -Errno.ENOSYS && n != -Errno.EPERM) {
                return n;
            }
            fine = false;
        }
        return Epoll.wait(epoll, events, room, millis(nanos));
    }

    /** Rounded up, for a wait that ends too early is a busy loop; epoll_wait(2) takes no more than some 24 days. */
    static int millis(long nanos) {
        if (nanos < 0) {
            return -1;
        }
        long millis = nanos / MILLION + (nanos % MILLION == 0 ? 0 : 1);
        return (int) Math.min(millis, Integer.MAX_VALUE);
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
