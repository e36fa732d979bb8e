// SPDX-License-Identifier: Apache-2.0
package io.millrace.tls;

import java.util.concurrent.Executor;

/** Where the slow part of a handshake runs: signatures and key agreement take a millisecond, in a cold JVM fifty. */
final class HandshakeTasks {

    /** A virtual thread for each, so that no loop waits. */
    static final Executor VIRTUAL = Thread::startVirtualThread;

    private HandshakeTasks() {}
}
