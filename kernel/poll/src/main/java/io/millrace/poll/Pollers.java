// SPDX-License-Identifier: Apache-2.0
package io.millrace.poll;

import io.millrace.sys.Kqueue;
import io.millrace.sys.Platform;
import io.millrace.sys.SysException;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The catalogue of pollers: which there are on this machine, why the others are missing, and a factory. */
public final class Pollers {
    private Pollers() {}

    /**
     * The name of a system property: {@code true} gives select its classic limit of 1,024 descriptors. A descriptor
     * beyond it is then refused, and the sets do not grow.
     */
    public static final String CLASSIC_SELECT = "millrace.select.classic";

    /** Explains why a kind is not available on this machine, or returns {@code null} if it is. */
    public static @Nullable String whyNot(PollerKind kind) {
        String whyNot = Platform.whyNot();
        return whyNot == null && kind == PollerKind.KQUEUE ? Kqueue.whyNot() : whyNot;
    }

    /** Returns the kinds that are available on this machine. */
    public static List<PollerKind> available() {
        return Arrays.stream(PollerKind.values())
                .filter(kind -> whyNot(kind) == null)
                .toList();
    }

    /**
     * Opens a poller that reports up to {@code capacity} events a call.
     *
     * @throws UnsupportedOperationException if the kind is not available, with the reason
     * @throws SysException if the kernel refuses what the poller needs, such as another descriptor
     */
    public static Poller open(PollerKind kind, int capacity) throws SysException {
        String whyNot = whyNot(kind);
        if (whyNot != null) {
            throw new UnsupportedOperationException(kind.word() + ": " + whyNot);
        }
        return switch (kind) {
            case SELECT -> SelectPoller.open(Boolean.getBoolean(CLASSIC_SELECT));
            case POLL -> PollPoller.open();
            case SIGIO -> SigioPoller.open(capacity);
            case EPOLL -> EpollPoller.open(capacity);
            case KQUEUE -> KqueuePoller.open(capacity);
        };
    }
}
