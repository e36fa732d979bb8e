// SPDX-License-Identifier: Apache-2.0
package io.millrace.client;

import io.millrace.core.Buffer;
import io.millrace.http.Headers;
import java.util.concurrent.CompletableFuture;

/** Collects an answer up to a size. */
final class Collector implements ResponseListener {
    private static final int MOST_AT_FIRST = 64 * 1024;

    private final CompletableFuture<CollectedResponse> future = new CompletableFuture<>();
    private final int most;
    private final Buffer body = new Buffer();
    private ResponseHead head;
    private Call call;

    Collector(int most) {
        this.most = most;
    }

    CompletableFuture<CollectedResponse> future() {
        return future;
    }

    @Override
    public void head(ResponseHead answer, Call asked) {
        head = answer;
        call = asked;
        body.reserve(Math.clamp(answer.contentLength(), 0, Math.min(most, MOST_AT_FIRST)));
        call.request(Long.MAX_VALUE);
    }

    @Override
    public void data(byte[] bytes, int offset, int length) {
        if (length > most - body.readable()) {
            future.completeExceptionally(new HttpFailure.ResponseTooLarge(most));
            call.cancel();
        } else {
            body.append(bytes, offset, length);
        }
    }

    @Override
    public void complete(Headers trailers) {
        future.complete(new CollectedResponse(head, body.toBytes(), trailers));
    }

    @Override
    public void failed(HttpFailure why) {
        future.completeExceptionally(why);
    }
}
