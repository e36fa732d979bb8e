// SPDX-License-Identifier: Apache-2.0
package io.millrace.poll;

import io.millrace.sys.Descriptors;
import io.millrace.sys.Errno;

/**
 * A back end that keeps the interest list itself, since its kernel has none or has one of another shape. It checks and
 * looks up; a subclass says what it takes ({@link #admit}) and where it writes an interest down ({@link #put}).
 */
abstract class InterestListPoller extends Poller {
    final InterestList watched = new InterestList();

    InterestListPoller(String name, int supported) {
        super(name, supported);
    }

    /**
     * Checks a descriptor that is about to be added. Returns 0, or -errno if it cannot be watched: select(2) and
     * poll(2) would take a closed one, and complain with every wait.
     */
    int admit(int fd) {
        return Descriptors.fcntl(fd, Descriptors.F_GETFD, 0);
    }

    /** Writes down the interest in a descriptor that was admitted. Returns 0 or -errno. */
    abstract int put(int fd, int interest, long token);

    /** Tells whether the one-shot descriptor at an index has reported, so that nothing is registered for it. */
    boolean silent(int place) {
        return false;
    }

    @Override
    public final int add(int fd, int interest, long token) {
        int result = (interest & ~supports()) != 0 ? -Errno.EINVAL : admit(fd);
        return result < 0 ? result : put(fd, interest, token);
    }

    @Override
    public final int modify(int fd, int interest, long token) {
        boolean fits = watched.find(fd) >= 0 && (interest & ~supports()) == 0;
        return fits ? put(fd, interest, token) : add(fd, interest, token);
    }

    @Override
    public final int registeredInterest(int fd) {
        int place = watched.find(fd);
        if (place < 0) {
            return -Errno.ENOENT;
        }
        return silent(place) ? watched.interests[place] & ~Interest.KINDS : watched.interests[place];
    }
}
