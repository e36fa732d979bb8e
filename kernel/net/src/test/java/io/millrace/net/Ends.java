// SPDX-License-Identifier: Apache-2.0
package io.millrace.net;

import io.millrace.core.Buffer;
import io.millrace.core.CloseCause;
import io.millrace.core.CloseMode;
import io.millrace.core.Link;
import io.millrace.core.Protocol;
import java.net.SocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/** The two ends of what the tests of this room connect, and what they tell. */
final class Ends {
    private Ends() {}

    /** Something that happened on a loop, for a test to wait for. */
    static final class Events<T> {
        private final BlockingQueue<T> queue = new LinkedBlockingQueue<>();

        void add(T event) {
            queue.add(event);
        }

        T next() throws InterruptedException {
            T event = queue.poll(20, TimeUnit.SECONDS);
            if (event == null) {
                throw new AssertionError("nothing happened in time");
            }
            return event;
        }

        boolean isEmpty() {
            return queue.isEmpty();
        }
    }

    /** Sends back what comes. */
    static class Echo implements Protocol {
        @Override
        public void receive(Buffer in, Link link) {
            link.out().append(in);
            in.clear();
            link.flush();
        }
    }

    /** Says a word, waits for it to come back, tells, and closes. */
    static final class Caller implements Protocol {
        private final Events<String> told;

        Caller(Events<String> told) {
            this.told = told;
        }

        @Override
        public void opened(Link link) {
            link.out().appendLatin1("hello");
            link.flush();
        }

        @Override
        public void receive(Buffer in, Link link) {
            if (in.readable() == 5) {
                told.add(new String(in.toBytes(), StandardCharsets.ISO_8859_1) + " from " + link.peer());
                in.clear();
                link.close(CloseMode.FLUSHED);
            }
        }

        @Override
        public void closed(CloseCause why) {
            told.add("closed");
        }
    }

    /** Tells whatever comes of it. */
    static final class Told implements Connector.Outcome {
        final Events<Object> outcomes = new Events<>();
        private final Supplier<Protocol> protocols;

        Told(Supplier<Protocol> protocols) {
            this.protocols = protocols;
        }

        @Override
        public Protocol connected(SocketAddress peer) {
            outcomes.add(peer);
            return protocols.get();
        }

        @Override
        public void failed(ConnectFailure why) {
            outcomes.add(why);
        }
    }
}
