// SPDX-License-Identifier: Apache-2.0
package io.millrace.compress;

import io.millrace.core.Buffer;
import io.millrace.http.RequestBody;
import java.io.IOException;
import java.util.function.Consumer;
import java.util.function.IntConsumer;
import java.util.zip.ZipException;

/** Decompresses a body for a reader, as much as it asks for; what is left of a piece waits here. On the loop. */
final class DecodedReader implements RequestBody.Reader {
    private static final int PIECE = 16 * 1024;

    private final RequestBody body;
    private final RequestBody.Reader target;
    private final IntConsumer refuse;
    private final long limit;
    private final GzipDecoder decoder = new GzipDecoder();
    private final byte[] piece = new byte[PIECE];
    private final Buffer input = new Buffer();
    private long demand;
    private int ready;
    private long size;
    private boolean paused;
    private boolean arrived;
    private boolean over;
    private boolean pumping;

    /**
     * Decompresses for {@code target}.
     *
     * @param refuse answers with a status
     * @param limit the bytes that the body may have
     */
    DecodedReader(RequestBody body, RequestBody.Reader target, IntConsumer refuse, long limit, long demand) {
        this.body = body;
        this.target = target;
        this.refuse = refuse;
        this.limit = limit;
        this.demand = demand;
    }

    @Override
    public void data(byte[] bytes, int offset, int length) {
        input.clear();
        input.append(bytes, offset, length);
        decoder.input(input.array(), input.head(), length);
        pump();
    }

    @Override
    public void end() {
        arrived = true;
        pump();
    }

    @Override
    public void failed(IOException why) {
        if (!over) {
            release();
            target.failed(why);
        }
    }

    void request(long more) {
        demand = demand + more < 0 ? Long.MAX_VALUE : demand + more;
        pump();
    }

    void pause(boolean on) {
        paused = on;
        pump();
    }

    // The reader may ask for more, or pause, from within its own call.
    private void pump() {
        if (pumping) {
            return;
        }
        pumping = true;
        try {
            deliver();
        } catch (ZipException e) {
            refuse(400, e);
        } finally {
            pumping = false;
        }
    }

    private void deliver() throws ZipException {
        while (!over && !paused) {
            if (ready == 0 && !decode()) {
                return;
            }
            if (demand == 0) {
                return;
            }
            demand -= demand == Long.MAX_VALUE ? 0 : 1;
            int count = ready;
            ready = 0;
            target.data(piece, 0, count);
        }
    }

    /** Decompresses a piece; {@code false} if there is none, and what that means has been done. */
    private boolean decode() throws ZipException {
        ready = decoder.read(piece);
        if (ready == 0) {
            next();
            return false;
        }
        size += ready;
        if (size > limit) {
            refuse(413, new IOException("the body has more than " + limit + " bytes when it is decompressed"));
            return false;
        }
        return true;
    }

    private void next() throws ZipException {
        if (!arrived) {
            body.request(1);
        } else if (decoder.isComplete()) {
            release();
            target.end();
        } else {
            throw new ZipException("the body cannot be decompressed: it ends in the middle");
        }
    }

    private void refuse(int status, IOException why) {
        release();
        target.failed(why);
        refuse.accept(status);
    }

    /** Nothing more is told; the decoder's memory is given back. */
    void release() {
        if (!over) {
            over = true;
            decoder.close();
        }
    }

    /** Gathers a whole body. */
    static final class Whole implements RequestBody.Reader {
        private final Buffer gathered = new Buffer();
        private final int most;
        private final Consumer<byte[]> done;
        private final IntConsumer refuse;
        private boolean refused;

        Whole(int most, Consumer<byte[]> done, IntConsumer refuse) {
            this.most = most;
            this.done = done;
            this.refuse = refuse;
        }

        @Override
        public void data(byte[] bytes, int offset, int length) {
            if (refused) {
                return;
            }
            if (length > most - gathered.readable()) {
                refused = true;
                gathered.clear();
                refuse.accept(413);
            } else {
                gathered.append(bytes, offset, length);
            }
        }

        @Override
        public void end() {
            if (!refused) {
                done.accept(gathered.toBytes());
            }
        }

        // What made it fail has answered, or there is no client left to answer.
        @Override
        public void failed(IOException why) {}
    }
}
