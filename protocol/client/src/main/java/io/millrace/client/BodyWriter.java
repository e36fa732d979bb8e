// SPDX-License-Identifier: Apache-2.0
package io.millrace.client;

import io.millrace.core.Link;
import io.millrace.core.OpenFile;
import io.millrace.core.SharedBytes;
import java.util.Objects;

/**
 * Where a {@link BodyProducer} writes the body of a request: with a length, or chunked (RFC 9112 section 7.1). Only the
 * call's loop may call. Once the body is not wanted any more, what is written is dropped.
 */
public final class BodyWriter {
    private final Link link;
    private final BodyOwner owner;
    private final boolean chunked;

    /** Bytes that may still be written, of a body with a length. */
    private long left;

    private boolean over;

    BodyWriter(Link link, BodyOwner owner, long length) {
        this.link = link;
        this.owner = owner;
        this.chunked = length < 0;
        this.left = chunked ? Long.MAX_VALUE : length;
    }

    /** Returns whether more may be written without piling up. Nothing is refused when it is written all the same. */
    public boolean writable() {
        return link.writable();
    }

    /** Returns whether the body is still wanted. */
    public boolean isOpen() {
        return !over;
    }

    /** Returns the loop's side of the connection, on which a producer may run tasks. */
    public java.util.concurrent.Executor loop() {
        return link;
    }

    /** Writes all of {@code bytes}. */
    public void write(byte[] bytes) {
        write(bytes, 0, bytes.length);
    }

    /**
     * Writes part of an array, which is copied.
     *
     * @throws IllegalStateException if that is more than the length that was announced; the call fails then
     */
    public void write(byte[] bytes, int offset, int length) {
        Objects.checkFromIndexSize(offset, length, bytes.length);
        if (begin(length)) {
            link.out().append(bytes, offset, length);
            finish();
        }
    }

    /**
     * Sends bytes of the caller's without copying them; the link takes a hold of its own.
     *
     * @throws IllegalStateException as {@link #write(byte[], int, int)}
     */
    public void transfer(SharedBytes bytes) {
        if (begin(bytes.length())) {
            link.transfer(bytes);
            finish();
        }
    }

    /**
     * Sends part of a file; takes over the caller's hold on the file, whatever happens.
     *
     * @throws IllegalStateException as {@link #write(byte[], int, int)}
     */
    public void transfer(OpenFile file, long from, long count) {
        boolean begun = false;
        try {
            begun = begin(count);
        } finally {
            if (!begun) {
                file.close();
            }
        }
        if (begun) {
            link.transfer(file, from, count);
            finish();
        }
    }

    private boolean begin(long count) {
        if (over || count == 0) {
            return false;
        }
        if (count > left) {
            IllegalStateException tooMany = new IllegalStateException("the body is longer than was announced");
            fail(tooMany);
            throw tooMany;
        }
        left -= chunked ? 0 : count;
        if (chunked) {
            link.out().appendHex(count);
            link.out().appendLatin1("\r\n");
        }
        return true;
    }

    private void finish() {
        if (chunked) {
            link.out().appendLatin1("\r\n");
        }
        link.flush();
    }

    /** Ends the body. A body that is shorter than was announced fails the call. */
    public void end() {
        if (over) {
            return;
        }
        if (!chunked && left > 0) {
            fail(new IllegalStateException("the body is " + left + " bytes shorter than was announced"));
            return;
        }
        over = true;
        if (chunked) {
            link.out().appendLatin1("0\r\n\r\n");
            link.flush();
        }
        owner.bodyEnded();
    }

    /** Says that the body cannot be completed: ends the call, and its connection, for this reason. */
    public void fail(Throwable why) {
        if (!over) {
            over = true;
            owner.bodyFailed(why);
        }
    }

    /** The body is not wanted any more. */
    void close() {
        over = true;
    }
}
