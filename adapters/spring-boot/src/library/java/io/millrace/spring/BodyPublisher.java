// SPDX-License-Identifier: Apache-2.0
package io.millrace.spring;

import io.millrace.http.RequestBody;
import java.io.IOException;
import java.util.Arrays;
import org.reactivestreams.Publisher;
import org.reactivestreams.Subscriber;
import org.reactivestreams.Subscription;
import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.core.io.buffer.DefaultDataBufferFactory;

/**
 * The body of a request for one subscriber, as much as it asks for. Signals come on the loop. What the subscriber does
 * not ask for stops the client.
 */
final class BodyPublisher implements Publisher<DataBuffer>, Subscription, RequestBody.Reader {
    private final LoopExchange exchange;
    private final RequestBody body;

    // On the loop.
    private Subscriber<? super DataBuffer> subscriber;
    private boolean isBegun;
    private boolean isCancelled;
    private boolean isTold;
    private boolean isEnded;
    private IOException failure;

    BodyPublisher(LoopExchange exchange) {
        this.exchange = exchange;
        this.body = exchange.request.body();
        this.isEnded = body.isEmpty();
    }

    @Override
    public void subscribe(Subscriber<? super DataBuffer> newSubscriber) {
        if (!exchange.onLoop(() -> subscribeOnLoop(newSubscriber))) {
            refuse(newSubscriber, new IOException("the connection has ended"));
        }
    }

    private void subscribeOnLoop(Subscriber<? super DataBuffer> newSubscriber) {
        if (subscriber != null) {
            refuse(newSubscriber, new IllegalStateException("a body can be read once"));
            return;
        }
        subscriber = newSubscriber;
        newSubscriber.onSubscribe(this);
        tell();
    }

    private static void refuse(Subscriber<? super DataBuffer> refused, Throwable why) {
        refused.onSubscribe(new Subscription() {
            @Override
            public void request(long n) {}

            @Override
            public void cancel() {}
        });
        refused.onError(why);
    }

    @Override
    public void request(long n) {
        if (n <= 0) {
            exchange.onLoop(() -> failed(new IOException("a demand of " + n)));
            return;
        }
        exchange.onLoop(() -> ask(n));
    }

    private void ask(long n) {
        if (isEnded || isCancelled || failure != null) {
            return;
        }
        try {
            if (isBegun) {
                body.request(n);
            } else {
                isBegun = true;
                body.read(this, n);
            }
        } catch (IllegalStateException e) {
            failed(new IOException("the exchange is over", e));
        }
    }

    @Override
    public void cancel() {
        exchange.onLoop(() -> isCancelled = true);
    }

    // ---- on the loop

    @Override
    public void data(byte[] bytes, int offset, int length) {
        if (!isCancelled) {
            // The array is lent.
            subscriber.onNext(
                    DefaultDataBufferFactory.sharedInstance.wrap(Arrays.copyOfRange(bytes, offset, offset + length)));
        }
    }

    @Override
    public void end() {
        isEnded = true;
        tell();
    }

    @Override
    public void failed(IOException why) {
        if (!isEnded && failure == null) {
            failure = why;
            tell();
        }
    }

    /** Returns whether the whole body has come: the answer may end the exchange. */
    boolean isEnded() {
        return isEnded;
    }

    private void tell() {
        if (subscriber == null || isTold || isCancelled) {
            return;
        }
        if (failure != null) {
            isTold = true;
            subscriber.onError(failure);
        } else if (isEnded) {
            isTold = true;
            subscriber.onComplete();
        }
    }
}
