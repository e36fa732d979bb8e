// SPDX-License-Identifier: Apache-2.0
package io.millrace.jetty;

import io.millrace.http.Headers;
import io.millrace.http.Request;
import io.millrace.http.RequestBody;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Arrays;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.Trailers;
import org.eclipse.jetty.io.Content;

/**
 * The body of a request as chunks. A few are read ahead of the handler; then the client is stopped. The loop adds, one
 * thread of Jetty's takes.
 */
final class RequestBodyChunks implements RequestBody.Reader {
    private static final int READ_AHEAD = 2;

    private final RequestExchange exchange;
    private final Request request;
    private final RequestBody body;
    private final ArrayDeque<Content.Chunk> chunks = new ArrayDeque<>();
    private Content.Chunk last;
    private boolean begun;
    private boolean demanded;
    private int asked;

    RequestBodyChunks(RequestExchange exchange, Request request) {
        this.exchange = exchange;
        this.request = request;
        this.body = request.body();
        if (body.isEmpty()) {
            last = Content.Chunk.EOF;
        }
    }

    /** Returns the next chunk, the last one again and again; {@code null} if none has come yet. */
    Content.Chunk take() {
        Content.Chunk taken;
        int more;
        synchronized (this) {
            taken = chunks.poll();
            if (taken == null && last != null) {
                taken = last;
                last = Content.Chunk.next(last);
                return taken;
            }
            more = more();
        }
        ask(more);
        return taken;
    }

    /** Has the channel told when there is a chunk, at once if there is one. */
    void demand() {
        boolean now;
        int more;
        synchronized (this) {
            now = !chunks.isEmpty() || last != null;
            demanded = !now;
            more = more();
        }
        ask(more);
        if (now) {
            available();
        }
    }

    /** Returns whether the whole body has come, taken or not. */
    synchronized boolean isEnded() {
        return last != null;
    }

    private int more() {
        int more = last != null ? 0 : Math.max(0, READ_AHEAD - asked - chunks.size());
        asked += more;
        return more;
    }

    private void ask(int more) {
        if (more > 0 && !exchange.onLoop(() -> request(more))) {
            failed(new IOException("the connection has ended"));
        }
    }

    private void request(int more) {
        try {
            if (begun) {
                body.request(more);
            } else {
                begun = true;
                body.read(this, more);
            }
        } catch (IllegalStateException e) {
            failed(new IOException("the exchange is over", e));
        }
    }

    private void available() {
        exchange.run(exchange.channel().onContentAvailable());
    }

    // ---- the loop's side

    @Override
    public void data(byte[] bytes, int offset, int length) {
        // The array is lent.
        ByteBuffer copy = ByteBuffer.wrap(Arrays.copyOfRange(bytes, offset, offset + length));
        boolean tell;
        synchronized (this) {
            asked--;
            chunks.add(Content.Chunk.from(copy, false));
            tell = demanded;
            demanded = false;
        }
        if (tell) {
            available();
        }
    }

    @Override
    public void end() {
        Headers trailers = request.trailers();
        end(trailers.size() == 0 ? Content.Chunk.EOF : new Trailers(copy(trailers)));
    }

    private static HttpFields copy(Headers trailers) {
        HttpFields.Mutable fields = HttpFields.build();
        for (int i = 0, n = trailers.size(); i < n; i++) {
            fields.add(trailers.name(i), trailers.value(i));
        }
        return fields.asImmutable();
    }

    @Override
    public void failed(IOException why) {
        end(Content.Chunk.from(why, true));
    }

    private void end(Content.Chunk chunk) {
        boolean tell;
        synchronized (this) {
            if (last != null) {
                return;
            }
            last = chunk;
            tell = demanded;
            demanded = false;
        }
        if (tell) {
            available();
        }
    }
}
