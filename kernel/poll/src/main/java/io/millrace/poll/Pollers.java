// SPDX-License-Identifier: Apache-2.0
package io.millrace.poll;

import io.millrace.sys.Kqueue;
import io.millrace.sys.Platform;
import io.millrace.sys.SysException;
import java.util.Arrays;
import java.util.List;

/** The catalogue of pollers: which this machine has, why it has not the others, and a factory by kind. */
public final class Pollers {
    private Pollers() {}

    /**
     * The system property that keeps select's classic limit of 1,024 descriptors when it is {@code true}: a connection
     * beyond it is refused with that reason, instead of being served by larger sets.
     */
    public static final String CLASSIC_SELECT = "millrace.select.classic";

    /** Why a kind cannot be had here, or {@code null} if it can. */
    public static String whyNot(PollerKind kind) {
        String whyNot = Platform.whyNot();
        return whyNot == null && kind == PollerKind.KQUEUE ? Kqueue.whyNot() : whyNot;
    }

    /** The kinds that can be had here. */
    public static List<PollerKind> available() {
        return Arrays.stream(PollerKind.values())
                .filter(kind -> whyNot(kind) == null)
                .toList();
    }

    /**
     * A new poller that reports up to {@code capacity} events a call.
     *
     * @throws UnsupportedOperationException saying why, where this kind cannot be had
     * @throws SysException if the kernel refuses what it needs, such as another descriptor
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
