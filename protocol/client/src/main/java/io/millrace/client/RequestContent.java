// SPDX-License-Identifier: Apache-2.0
package io.millrace.client;

import io.millrace.core.OpenFile;
import io.millrace.core.SharedBytes;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Objects;

/** The body of a request. */
public abstract sealed class RequestContent {

    /** No body. */
    public static final RequestContent NONE = new Bytes(SharedBytes.of(new byte[0]), false);

    private final long length;
    private final boolean repeatable;

    private RequestContent(long length, boolean repeatable) {
        this.length = length;
        this.repeatable = repeatable;
    }

    /** Returns a body of these bytes, which are not copied and must not change until the call has ended. */
    public static RequestContent of(byte[] bytes) {
        return new Bytes(SharedBytes.of(bytes), true);
    }

    /** Returns a body of a text in UTF-8. */
    public static RequestContent of(String text) {
        return of(text.getBytes(StandardCharsets.UTF_8));
    }

    /** Returns a body of these bytes, of which each call takes holds of its own for as long as it lasts. */
    public static RequestContent of(SharedBytes bytes) {
        return new Bytes(bytes, true);
    }

    /**
     * Returns a body that is part of a file. The caller keeps its hold on the file until the call has ended.
     *
     * @throws IndexOutOfBoundsException if the file had fewer bytes when it was opened
     */
    public static RequestContent of(OpenFile file, long from, long count) {
        Objects.checkFromIndexSize(from, count, file.size());
        return new FilePart(file, from, count);
    }

    /** Returns a body that is made while it is sent, without a length: chunked. */
    public static RequestContent of(BodyProducer producer) {
        return new Produced(producer, -1);
    }

    /**
     * Returns a body of that many bytes that is made while it is sent.
     *
     * @throws IllegalArgumentException if the length is negative
     */
    public static RequestContent of(BodyProducer producer, long length) {
        if (length < 0) {
            throw new IllegalArgumentException("a body of " + length + " bytes");
        }
        return new Produced(producer, length);
    }

    /**
     * Returns a body that the calling thread reads from a stream while it waits for the answer: only for the calls that
     * wait. The stream is not closed.
     *
     * @param length in bytes, or -1 if it is not known: chunked then
     */
    public static RequestContent of(InputStream in, long length) {
        return new Read(in, Math.max(-1, length));
    }

    /** Returns the length in bytes, or -1 if it is not known. */
    public final long length() {
        return length;
    }

    /** Returns whether the same bytes can be sent again. */
    public final boolean repeatable() {
        return repeatable;
    }

    /** Returns whether there is a body, be it empty. */
    final boolean exists() {
        return this != NONE;
    }

    /** Bytes in memory. */
    static final class Bytes extends RequestContent {
        final SharedBytes bytes;

        private Bytes(SharedBytes bytes, boolean some) {
            super(bytes.length(), true);
            assert some || bytes.length() == 0;
            this.bytes = bytes;
        }
    }

    /** Part of a file. */
    static final class FilePart extends RequestContent {
        final OpenFile file;
        final long from;

        private FilePart(OpenFile file, long from, long count) {
            super(count, true);
            this.file = file;
            this.from = from;
        }
    }

    /** Made piece by piece. */
    static final class Produced extends RequestContent {
        final BodyProducer producer;

        private Produced(BodyProducer producer, long length) {
            super(length, false);
            this.producer = Objects.requireNonNull(producer, "producer");
        }
    }

    /** Read by the calling thread. */
    static final class Read extends RequestContent {
        final InputStream in;

        private Read(InputStream in, long length) {
            super(length, false);
            this.in = Objects.requireNonNull(in, "in");
        }
    }
}
