// SPDX-License-Identifier: Apache-2.0
package io.millrace.client;

import io.millrace.core.Link;

/** Sends the bodies of requests over their connection, each behind its head, one at a time. */
final class RequestSender implements BodyOwner {
    private final BodyOwner owner;
    private RequestContent content;

    /** What a producer writes to, {@code null} unless it does just now. */
    private BodyWriter body;

    private boolean done;

    /** Sends nothing yet; {@code owner} is told how each body ends. */
    RequestSender(BodyOwner owner) {
        this.owner = owner;
    }

    /** Takes on the body of the next request. */
    void begin(RequestContent next) {
        content = next;
        done = false;
    }

    /** Sends the body to {@code link}, or begins to. */
    void send(Link link) {
        switch (content) {
            case RequestContent.Bytes inMemory -> {
                if (inMemory.length() > 0) {
                    link.transfer(inMemory.bytes);
                    link.flush();
                }
                bodyEnded();
            }
            case RequestContent.FilePart part -> {
                link.transfer(part.file.hold(), part.from, part.length());
                link.flush();
                bodyEnded();
            }
            case RequestContent.Produced made -> {
                body = new BodyWriter(link, this, made.length());
                produce(made.producer);
            }
            case RequestContent.Read read -> throw new IllegalStateException("only for calls that wait");
        }
    }

    private void produce(BodyProducer producer) {
        BodyWriter writer = body;
        try {
            producer.produce(writer);
        } catch (Throwable t) {
            writer.fail(t);
        }
    }

    /** There is room for more. */
    void drained() {
        if (body != null && body.isOpen() && content instanceof RequestContent.Produced made) {
            produce(made.producer);
        }
    }

    /** Whether all has been handed to the link, or nothing more will be. */
    boolean isDone() {
        return done;
    }

    @Override
    public void bodyEnded() {
        body = null;
        done = true;
        owner.bodyEnded();
    }

    @Override
    public void bodyFailed(Throwable why) {
        body = null;
        owner.bodyFailed(why);
    }

    /** The rest of the request is not wanted any more. */
    void stop() {
        if (body != null) {
            body.close();
            body = null;
        }
        if (!done && content instanceof RequestContent.Produced made) {
            done = true;
            Guarded.run(made.producer::cancelled);
        }
    }
}
