// SPDX-License-Identifier: Apache-2.0
package io.millrace.models;

import io.millrace.core.Buffer;
import io.millrace.core.CloseMode;
import io.millrace.core.Link;
import io.millrace.core.Protocol;
import io.millrace.core.ProtocolFactory;

/** Sends back what comes, without piling it up; refuses with a word of its own. */
final class Echo implements Protocol {
    static final String REFUSAL = "full\n";

    static final ProtocolFactory FACTORY = new ProtocolFactory() {
        @Override
        public Protocol create() {
            return new Echo();
        }

        @Override
        public Protocol refuse() {
            return new Refusal();
        }
    };

    @Override
    public void receive(Buffer in, Link link) {
        link.out().append(in);
        in.consume(in.readable());
        link.flush();
        if (!link.writable()) {
            link.pause(true);
        }
    }

    @Override
    public void drained(Link link) {
        link.pause(false);
    }

    private static final class Refusal implements Protocol {
        @Override
        public void opened(Link link) {
            link.out().appendLatin1(REFUSAL);
            link.flush();
            link.close(CloseMode.LINGERING);
        }

        @Override
        public void receive(Buffer in, Link link) {
            in.clear();
        }
    }
}
