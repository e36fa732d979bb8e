// SPDX-License-Identifier: Apache-2.0
package io.millrace.compress;

import io.millrace.core.Buffer;

/** Compresses one content, piece by piece. For one thread at a time. */
public interface ContentEncoder extends AutoCloseable {

    /** Takes a piece of the content and appends to {@code out} what can be said of it by now, perhaps nothing. */
    void encode(byte[] bytes, int offset, int length, Buffer out);

    /** Appends all that the pieces so far amount to: the receiver can decode them. */
    void flush(Buffer out);

    /** Appends the rest, and the end of the content. */
    void finish(Buffer out);

    /** Returns bytes that stand for nothing and may follow whatever {@link #flush} has completed. */
    byte[] filler();

    /** Gives up what the encoder holds. A second call does nothing. */
    @Override
    void close();
}
