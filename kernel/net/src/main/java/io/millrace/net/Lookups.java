// SPDX-License-Identifier: Apache-2.0
package io.millrace.net;

import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * The threads that resolvers may hold up. Platform threads: the JDK's resolver waits in the C library, which a virtual
 * thread cannot leave its carrier for. Daemons, and gone when nothing has been looked up for a while.
 */
final class Lookups {
    /** With so many that hang, others wait; each caller has its own time limit. */
    private static final int THREADS = 32;

    private static final ThreadPoolExecutor POOL = new ThreadPoolExecutor(
            THREADS,
            THREADS,
            10,
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(),
            Thread.ofPlatform().daemon().name("millrace-lookup-", 0).factory());

    static {
        POOL.allowCoreThreadTimeOut(true);
    }

    private Lookups() {}

    static void submit(Runnable lookup) {
        POOL.execute(lookup);
    }
}
