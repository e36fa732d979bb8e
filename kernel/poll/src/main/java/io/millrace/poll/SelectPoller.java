// SPDX-License-Identifier: Apache-2.0
package io.millrace.poll;

import io.millrace.sys.Descriptors;
import io.millrace.sys.Errno;
import io.millrace.sys.Select;
import io.millrace.sys.SysException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * select(2): three sets of descriptors go to the kernel with every wait (for reading, for writing, exceptional) and
 * come back with those that are ready, so they are rebuilt before each call, and a wait costs by the highest number
 * that is watched. Level-triggered only.
 *
 * <p>The type fd_set ends at {@value Select#FD_SETSIZE} descriptors, and C programs that go beyond write over whatever
 * lies behind. The kernel does not know that limit; our sets are as large as need be, unless the classic limit is asked
 * for.
 *
 * <p>select tells neither errors nor hang-ups apart from readiness, and nothing of a descriptor that is watched for
 * nothing.
 */
public final class SelectPoller extends Poller {
    private static final int SUPPORTED = Interest.READ | Interest.WRITE | Interest.PRIORITY | Interest.ONE_SHOT;

    private final WakeupEvent wakeup;
    private final boolean classic;
    private final InterestList watches = new InterestList();

    /**
     * What is watched for; {@code found} is what the kernel gets and changes. Each has three sets, one behind the
     * other.
     */
    private MemorySegment[] wanted = sets(Select.bytes(Select.FD_SETSIZE));

    private MemorySegment[] found = sets(Select.bytes(Select.FD_SETSIZE));

    /** One more than the highest descriptor in the sets. */
    private int nfds;

    /** The descriptor at which to begin to look: who did not fit last time comes first. */
    private int next;

    private SelectPoller(boolean classic) throws SysException {
        this.classic = classic;
        this.wakeup = new WakeupEvent();
        int result = add(wakeup.fd, Interest.READ, WakeupEvent.TOKEN);
        if (result < 0) {
            wakeup.close();
            throw new SysException("select", result, whyNot(wakeup.fd, Interest.READ));
        }
    }

    /** A new instance. {@code classic} keeps the limit of {@value Select#FD_SETSIZE} that the type fd_set has. */
    public static SelectPoller open(boolean classic) throws SysException {
        return new SelectPoller(classic);
    }

    private static MemorySegment[] sets(long bytes) {
        MemorySegment all = Arena.ofAuto().allocate(3 * bytes, 8);
        return new MemorySegment[] {all.asSlice(0, bytes), all.asSlice(bytes, bytes), all.asSlice(2 * bytes, bytes)};
    }

    @Override
    public String name() {
        return "select";
    }

    @Override
    public int supports() {
        return SUPPORTED;
    }

    @Override
    public String whyNot(int fd, int interest) {
        return classic && fd >= Select.FD_SETSIZE
                ? "descriptor " + fd + " is beyond FD_SETSIZE: the classic sets of select end at " + Select.FD_SETSIZE
                : super.whyNot(fd, interest);
    }

    @Override
    public int add(int fd, int interest, long token) {
        if ((interest & ~SUPPORTED) != 0 || classic && fd >= Select.FD_SETSIZE) {
            return -Errno.EINVAL;
        }
        // select itself would refuse the whole call.
        int result = Descriptors.fcntl(fd, Descriptors.F_GETFD, 0);
        if (result < 0) {
            return result;
        }
        watches.put(fd, interest, token);
        setBits(fd, interest);
        return 0;
    }

    private void setBits(int fd, int interest) {
        if (Select.bytes(fd + 1) > wanted[0].byteSize()) {
            grow(fd);
        }
        setBit(wanted[0], fd, (interest & Interest.READ) != 0);
        setBit(wanted[1], fd, (interest & Interest.WRITE) != 0);
        setBit(wanted[2], fd, (interest & Interest.PRIORITY) != 0);
        nfds = Math.max(nfds, fd + 1);
    }

    private static void setBit(MemorySegment set, int fd, boolean on) {
        if (on) {
            Select.set(set, fd);
        } else {
            Select.clear(set, fd);
        }
    }

    private void grow(int fd) {
        long bytes = Math.max(Select.bytes(fd + 1), 2 * wanted[0].byteSize());
        MemorySegment[] larger = sets(bytes);
        for (int i = 0; i < larger.length; i++) {
            larger[i].copyFrom(wanted[i]);
        }
        wanted = larger;
        found = sets(bytes);
    }

    @Override
    public int modify(int fd, int interest, long token) {
        if (watches.find(fd) < 0 || (interest & ~SUPPORTED) != 0) {
            return add(fd, interest, token);
        }
        watches.put(fd, interest, token);
        setBits(fd, interest);
        return 0;
    }

    @Override
    public int remove(int fd) {
        if (watches.remove(fd) < 0) {
            return -Errno.ENOENT;
        }
        setBits(fd, 0);
        // A high number that has gone must not be scanned for ever.
        while (nfds > 0 && watches.find(nfds - 1) < 0) {
            nfds--;
        }
        return 0;
    }

    @Override
    public int registeredInterest(int fd) {
        int place = watches.find(fd);
        if (place < 0) {
            return -Errno.ENOENT;
        }
        int interest = watches.interests[place];
        boolean silent = (interest & Interest.ONE_SHOT) != 0
                && !Select.isSet(wanted[0], fd)
                && !Select.isSet(wanted[1], fd)
                && !Select.isSet(wanted[2], fd);
        return silent ? Interest.ONE_SHOT : interest;
    }

    @Override
    public int poll(long timeoutNanos, Ready ready) {
        ready.clear();
        long bytes = Select.bytes(nfds);
        for (int i = 0; i < wanted.length; i++) {
            MemorySegment.copy(wanted[i], 0, found[i], 0, bytes);
        }
        int n = Select.select(nfds, found[0], found[1], found[2], timeoutNanos);
        if (n == -Errno.EBADF) {
            return sortOut(ready);
        }
        if (n <= 0) {
            return unlessInterrupted(n);
        }
        if (Select.isSet(found[0], wakeup.fd)) {
            Select.clear(found[0], wakeup.fd);
            wakeup.reset();
        }
        collect(ready);
        return ready.count();
    }

    private void collect(Ready ready) {
        int words = (nfds + Select.WORD - 1) / Select.WORD;
        int word = next < nfds ? next / Select.WORD : 0;
        long from = next < nfds ? -1L << next % Select.WORD : -1L;
        // One word more than there are: of the first one the beginning comes last.
        for (int i = 0; i <= words && ready.count() < ready.capacity(); i++, word++, from = -1L) {
            word = word >= words ? 0 : word;
            long any = (Select.word(found[0], word) | Select.word(found[1], word) | Select.word(found[2], word)) & from;
            while (any != 0 && ready.count() < ready.capacity()) {
                int fd = word * Select.WORD + Long.numberOfTrailingZeros(any);
                any &= any - 1;
                report(fd, ready);
                next = fd + 1;
            }
        }
    }

    private void report(int fd, Ready ready) {
        int place = watches.find(fd);
        int events = (take(found[0], fd) ? Interest.READ : 0)
                | (take(found[1], fd) ? Interest.WRITE : 0)
                | (take(found[2], fd) ? Interest.PRIORITY : 0);
        ready.add(watches.tokens[place], events);
        if ((watches.interests[place] & Interest.ONE_SHOT) != 0) {
            setBits(fd, 0);
        }
    }

    private static boolean take(MemorySegment set, int fd) {
        boolean in = Select.isSet(set, fd);
        Select.clear(set, fd);
        return in;
    }

    /** One of the descriptors has been closed and the kernel does not say which. */
    private int sortOut(Ready ready) {
        for (int i = watches.count() - 1; i >= 0 && ready.count() < ready.capacity(); i--) {
            int fd = watches.fds[i];
            if (Descriptors.fcntl(fd, Descriptors.F_GETFD, 0) == -Errno.EBADF) {
                ready.add(watches.tokens[i], Interest.INVALID);
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
