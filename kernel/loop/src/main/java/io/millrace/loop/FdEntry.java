// SPDX-License-Identifier: Apache-2.0
package io.millrace.loop;

import io.millrace.poll.Interest;
import org.jspecify.annotations.Nullable;

/**
 * A descriptor and all watches on it. The poller knows it once, with what the watches ask for together; what it reports
 * is shared out to them.
 */
final class FdEntry extends Source {
    /** What can be asked for; all else is reported in any case. */
    private static final int ASKED = Interest.READ | Interest.WRITE | Interest.PEER_CLOSED | Interest.PRIORITY;

    final FdTable table;

    /** The first of the watches, which are a list by {@link Watch#next}. */
    @Nullable
    Watch first;

    /** What the poller has been asked for. */
    int registered;

    /** Who is told, in a loop that is debugged, when the descriptor is closed before its watches are disabled. */
    private @Nullable LeakTracker debug;

    private LeakTracker.@Nullable OpenIdentity identity;

    FdEntry(FdTable table) {
        this.table = table;
    }

    @Override
    protected void ready(int events) {
        if (identity != null) {
            checkOpen();
        }
        int found = meant(events);
        for (Watch watch = first; watch != null; watch = watch.next) {
            int mine = found & (watch.interest | ~ASKED);
            if (mine != 0) {
                watch.happened(mine);
            }
        }
    }

    /** Remembers what the descriptor stands for, if a change of that is to be told. */
    void debug(@Nullable LeakTracker told) {
        debug = told;
        identity = told == null ? null : LeakTracker.identity(fd);
    }

    /**
     * A descriptor that was closed while a duplicate of it lives goes on being reported by epoll(7), which cannot be
     * asked to stop any more: the loop spins. Said once.
     */
    private void checkOpen() {
        LeakTracker told = debug;
        if (told != null && identity != null && !identity.equals(LeakTracker.identity(fd))) {
            identity = null;
            told.report("descriptor " + fd + " was closed before its watches were disabled, and is still reported"
                    + (first == null ? "" : first.place()));
        }
    }

    /**
     * What the report means to those who wait: after an error, and when both ends are gone, reading and writing do not
     * block (poll(2)), and a caller of either learns why.
     */
    private static int meant(int events) {
        boolean gone = (events & Interest.ERROR) != 0
                || (events & (Interest.HANGUP | Interest.PEER_CLOSED)) == Interest.HANGUP;
        return gone ? events | Interest.READ | Interest.WRITE : events;
    }

    @Override
    protected void resume() {
        throw new IllegalStateException("watches leave nothing over");
    }

    @Override
    protected void expire() {
        throw new IllegalStateException("watches have their own alarms");
    }

    @Override
    protected boolean awaited() {
        return false;
    }

    @Override
    protected void closeNow() {
        while (first != null) {
            first.disable();
        }
    }

    @Override
    public String toString() {
        return "descriptor " + fd + " watched for " + Interest.describe(registered);
    }
}
