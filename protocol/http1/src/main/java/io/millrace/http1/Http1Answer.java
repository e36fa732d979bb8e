// SPDX-License-Identifier: Apache-2.0
package io.millrace.http1;

import io.millrace.core.Buffer;
import io.millrace.core.OpenFile;
import io.millrace.core.SharedBytes;
import io.millrace.http.Exchange;
import io.millrace.http.FieldBlock;
import io.millrace.http.HttpContext;
import io.millrace.http1.ResponseWriter.Persistence;
import org.jspecify.annotations.Nullable;

/**
 * The answer of an exchange in HTTP/1.1's form: decides how the body is framed and whether the connection lasts, and
 * writes both. A superclass of the exchange, and not a part of it, for the sake of a call less on the way to the link.
 */
abstract class Http1Answer extends Exchange {
    final ResponseWriter writer;
    private final FieldLines lines = new FieldLines();

    /** The version of the request, 10 or 11. */
    int version;

    /** Whether the connection goes on after this answer, as far as is known. */
    boolean lasts;

    private boolean chunked;

    Http1Answer(HttpContext context, ResponseWriter writer) {
        super(context);
        this.writer = writer;
    }

    /** Forgets the answer before. */
    final void beginWriting() {
        version = 11;
        lasts = false;
        chunked = false;
    }

    /** Returns whether the server and the rest of the request let the connection go on after the answer that begins. */
    abstract boolean canLast();

    @Override
    protected void writeHead(int status, FieldBlock fields, long length) {
        lasts &= !isLastAnswer() && canLast();
        Buffer out = link().out();
        long turn = link().now();
        if (status != 200 || length < 0 || !lasts || version < 11) {
            writeHead(out, status, fields, length, turn);
        } else if (!writer.recent.append(out, status, fields, length, turn)) {
            int before = out.readable();
            writeHead(out, status, fields, length, turn);
            writer.recent.written(out, out.readable() - before);
        }
    }

    private void writeHead(Buffer out, int status, FieldBlock fields, long length, long turn) {
        writer.begin(out, status, fields, turn);
        decideFraming(out, status, length);
        if (status == 426) {
            writer.upgradeRequired(out);
        }
        writer.end(out, fields, lines, persistence());
    }

    @Override
    protected void writeInterim(int status, FieldBlock fields) {
        if (version > 10) {
            writer.interim(link().out(), status, fields);
        }
    }

    // RFC 9112 section 6. 204 has neither field, 304 the length that a 200 would have had if the handler told one.
    private void decideFraming(Buffer out, int status, long length) {
        if (status == 204 || (status == 304 && length <= 0)) {
            return;
        }
        if (length >= 0) {
            writer.length(out, length);
        } else if (version > 10) {
            chunked = true;
            writer.chunked(out);
        } else {
            lasts = false; // the end of the connection is the end of the body
        }
    }

    private Persistence persistence() {
        if (!lasts) {
            return Persistence.CLOSE;
        }
        return version > 10 ? Persistence.IMPLIED : Persistence.KEEP_ALIVE;
    }

    @Override
    protected void writeBody(byte[] bytes, int offset, int length) {
        Buffer out = link().out();
        if (chunked) {
            writer.chunk(out, length);
        }
        out.append(bytes, offset, length);
        if (chunked) {
            writer.chunkEnd(out);
        }
    }

    // The length is known, so nothing is chunked.
    @Override
    protected void writeLasting(byte[] bytes, int offset, int length) {
        link().transfer(bytes, offset, length);
    }

    @Override
    protected void writeShared(SharedBytes bytes) {
        if (chunked) {
            writer.chunk(link().out(), bytes.length());
        }
        link().transfer(bytes);
        if (chunked) {
            writer.chunkEnd(link().out());
        }
    }

    @Override
    protected void writeBody(OpenFile file, long from, long count) {
        if (chunked) {
            writer.chunk(link().out(), count);
        }
        link().transfer(file, from, count);
        if (chunked) {
            writer.chunkEnd(link().out());
        }
    }

    @Override
    protected void writeEnd(@Nullable FieldBlock trailers) {
        if (chunked && !isBodiless()) {
            writer.lastChunk(link().out(), trailers);
        }
    }

    @Override
    protected boolean writable() {
        return link().writable();
    }
}
