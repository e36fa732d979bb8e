// SPDX-License-Identifier: Apache-2.0
package io.millrace.net;

import io.millrace.core.Link;
import io.millrace.core.Protocol;
import io.millrace.loop.EventLoop;

/**
 * Two links joined in memory, without a kernel between them: what one sends the other receives. For parts of one
 * program that speak a protocol with each other, and for tests. They behave as the ends of a connection do: water
 * marks, half-close, time limits, files and bodies, no call of a protocol from within its own.
 *
 * <p>Both ends live on one loop, and end with it, for {@link io.millrace.core.CloseCause#SHUTDOWN}.
 */
public final class Pair {
    private final PairLink a;
    private final PairLink b;

    private Pair(PairLink a, PairLink b) {
        this.a = a;
        this.b = b;
    }

    /**
     * Joins two protocols, which are told so soon on the loop. Any thread may call.
     *
     * @throws java.util.concurrent.RejectedExecutionException if the loop has been closed
     */
    public static Pair join(EventLoop loop, Protocol a, Protocol b) {
        Pair pair = new Pair(new PairLink(loop), new PairLink(loop));
        pair.a.peer = pair.b;
        pair.b.peer = pair.a;
        loop.execute(() -> {
            pair.a.open(a);
            pair.b.open(b);
        });
        return pair;
    }

    /** The end of the first protocol. */
    public Link a() {
        return a;
    }

    /** The end of the second protocol. */
    public Link b() {
        return b;
    }
}
