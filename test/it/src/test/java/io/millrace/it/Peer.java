// SPDX-License-Identifier: Apache-2.0
package io.millrace.it;

import java.io.IOException;

/** The other end of a link under test, driven by the test's thread. Every wait has a generous limit. */
interface Peer extends AutoCloseable {

    /** Sends bytes, which arrive soon. */
    void send(byte[] bytes) throws IOException;

    /** Closes the peer's direction: the link reads the end of its input. */
    void shutdownOutput() throws IOException;

    /** Breaks the connection off. */
    void reset() throws IOException;

    /**
     * Reads exactly {@code count} bytes. What is not asked for is not taken: the link has to keep it sooner or later.
     *
     * @throws IOException if the link ends before
     */
    byte[] read(int count) throws IOException;

    /** Reads up to the end of the stream. */
    byte[] readAll() throws IOException;

    /** Whether the link breaks the connection off: waits for its end and tells a reset from an orderly one. */
    boolean readsReset() throws IOException;

    @Override
    void close() throws IOException;
}
