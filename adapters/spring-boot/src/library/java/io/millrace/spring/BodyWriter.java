// SPDX-License-Identifier: Apache-2.0
package io.millrace.spring;

import io.millrace.http.ResponseStream;
import java.io.IOException;
import org.reactivestreams.Publisher;
import org.reactivestreams.Subscriber;
import org.reactivestreams.Subscription;
import org.springframework.core.io.buffer.DataBuffer;
import reactor.core.CoreSubscriber;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Operators;
import reactor.util.context.Context;

/**
 * Writes the buffers of publishers, one publisher after the other, and completes when all have been written. Asks for
 * more when the connection has taken what it was given; cancels when the client goes.
 */
final class BodyWriter implements Publisher<Void> {
    private static final int AHEAD = 8;

    private final MillraceServerHttpResponse answer;
    private final LoopExchange exchange;
    private final Publisher<? extends Publisher<? extends DataBuffer>> parts;

    BodyWriter(
            MillraceServerHttpResponse answer,
            LoopExchange exchange,
            Publisher<? extends Publisher<? extends DataBuffer>> parts) {
        this.answer = answer;
        this.exchange = exchange;
        this.parts = parts;
    }

    @Override
    public void subscribe(Subscriber<? super Void> done) {
        Flux.from(parts).concatMap(part -> part, 1).subscribe(new Writing(done));
    }

    private final class Writing implements CoreSubscriber<DataBuffer>, Subscription {
        private final Subscriber<? super Void> done;
        private Subscription source;

        // On the loop.
        private ResponseStream stream;
        private int owed;
        private boolean isOver;

        Writing(Subscriber<? super Void> done) {
            this.done = done;
        }

        @Override
        public Context currentContext() {
            return done instanceof CoreSubscriber<?> core ? core.currentContext() : Context.empty();
        }

        @Override
        public void onSubscribe(Subscription subscription) {
            source = subscription;
            done.onSubscribe(this);
            if (!exchange.onLoop(this::begin)) {
                fail(new IOException("the connection has ended"));
            }
        }

        private void begin() {
            exchange.onAborted(() -> fail(new IOException("the client has gone")));
            if (!isOver) {
                source.request(AHEAD);
            }
        }

        @Override
        public void onNext(DataBuffer buffer) {
            byte[] bytes = MillraceServerHttpResponse.taken(buffer);
            if (!exchange.onLoop(() -> write(bytes))) {
                fail(new IOException("the connection has ended"));
            }
        }

        private void write(byte[] bytes) {
            if (isOver) {
                return;
            }
            try {
                if (stream == null) {
                    stream = answer.stream();
                    stream.onWritable(this::writable);
                }
                stream.write(bytes, 0, bytes.length);
                stream.flush();
            } catch (IOException | RuntimeException e) {
                fail(e);
                return;
            }
            owed++;
            if (stream.writable() && owed >= AHEAD / 2) {
                writable();
            }
        }

        private void writable() {
            int more = owed;
            owed = 0;
            if (more > 0 && !isOver) {
                source.request(more);
            }
        }

        private void fail(Throwable why) {
            if (!isOver) {
                isOver = true;
                source.cancel();
                done.onError(why);
            }
        }

        @Override
        public void onError(Throwable failure) {
            if (!exchange.onLoop(() -> end(() -> done.onError(failure)))) {
                done.onError(failure);
            }
        }

        @Override
        public void onComplete() {
            if (!exchange.onLoop(() -> end(done::onComplete))) {
                done.onError(new IOException("the connection has ended"));
            }
        }

        private void end(Runnable signal) {
            if (isOver) {
                return;
            }
            isOver = true;
            try {
                if (stream == null) {
                    stream = answer.streamUnlessNone();
                }
                signal.run();
            } catch (IOException e) {
                done.onError(e);
            }
        }

        // ---- what the one who waits for the end may say

        @Override
        public void request(long n) {
            Operators.validate(n);
        }

        @Override
        public void cancel() {
            exchange.onLoop(() -> isOver = true);
            source.cancel();
        }
    }
}
