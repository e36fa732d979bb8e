// SPDX-License-Identifier: Apache-2.0
package io.millrace.load;

import io.millrace.core.Buffer;
import io.millrace.core.CloseCause;
import io.millrace.core.CloseMode;
import io.millrace.core.Link;
import io.millrace.core.Protocol;
import java.io.IOException;
import java.util.concurrent.CompletableFuture;

/** Opens one WebSocket to see whether the target does, and ends it: what a server answers instead is said. */
final class OpeningProbe implements Protocol {
    private final WebSocketRequest request;
    private final long timeLimit;
    private final Dialer dialer;
    private final CompletableFuture<Dialer> found;

    OpeningProbe(LoadPlan plan, Dialer dialer, CompletableFuture<Dialer> found) {
        this.request = WebSocketRequest.of(plan);
        this.timeLimit = plan.pace().timeout().toNanos();
        this.dialer = dialer;
        this.found = found;
    }

    @Override
    public void opened(Link link) {
        request.writeOpening(link.out());
        link.flush();
        link.deadline(link.now() + timeLimit);
    }

    @Override
    public void receive(Buffer in, Link link) {
        if (found.isDone()) {
            in.consume(in.readable());
            return;
        }
        switch (request.readAnswer(in)) {
            case NEED_MORE -> {
                return;
            }
            case OPENED -> {
                found.complete(dialer);
                WebSocketRequest.writeClose(link.out());
                link.flush();
            }
            case REFUSED -> fail("the server opens no WebSocket, it answers " + request.answer());
        }
        link.close(CloseMode.FLUSHED);
    }

    @Override
    public void expired(Link link) {
        fail("the server has not opened a WebSocket in time");
        link.close(CloseMode.NOW);
    }

    @Override
    public void closed(CloseCause why) {
        fail("the server has closed the connection without opening a WebSocket");
    }

    private void fail(String why) {
        found.completeExceptionally(new IOException(why));
    }
}
