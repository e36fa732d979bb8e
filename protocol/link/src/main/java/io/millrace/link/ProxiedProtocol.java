// SPDX-License-Identifier: Apache-2.0
package io.millrace.link;

import io.millrace.core.Buffer;
import io.millrace.core.CloseCause;
import io.millrace.core.ForwardingLink;
import io.millrace.core.Link;
import io.millrace.core.Protocol;
import io.millrace.core.TimeLimit;
import java.net.SocketAddress;

/** Shows a protocol a link whose addresses are those that a {@link ProxyHeader} names. */
final class ProxiedProtocol implements Protocol {
    private final Protocol inner;
    private final ProxyHeader header;
    private Link upper;

    ProxiedProtocol(Protocol inner, ProxyHeader header) {
        this.inner = inner;
        this.header = header;
    }

    /** The next protocol of a connection sees the same link. */
    private ProxiedProtocol(Protocol inner, Link upper) {
        this.inner = inner;
        this.header = null;
        this.upper = upper;
    }

    private Link upper(Link lower) {
        Link known = upper;
        if (known == null) {
            known = new ProxiedLink(lower, header);
            upper = known;
        }
        return known;
    }

    @Override
    public void opened(Link link) {
        inner.opened(upper(link));
    }

    @Override
    public void receive(Buffer in, Link link) {
        inner.receive(in, upper(link));
    }

    @Override
    public void inputClosed(Link link) {
        inner.inputClosed(upper(link));
    }

    @Override
    public void drained(Link link) {
        inner.drained(upper(link));
    }

    @Override
    public void expired(Link link) {
        inner.expired(upper(link));
    }

    @Override
    public void timedOut(Link link, TimeLimit which) {
        inner.timedOut(upper(link), which);
    }

    @Override
    public void shuttingDown(Link link) {
        inner.shuttingDown(upper(link));
    }

    @Override
    public void closed(CloseCause why) {
        inner.closed(why);
    }

    /** Returns the addresses that the header names, where it names some. */
    private static final class ProxiedLink extends ForwardingLink {
        private final SocketAddress peer;
        private final SocketAddress local;

        ProxiedLink(Link lower, ProxyHeader header) {
            super(lower);
            this.peer = header == null || header.source() == null ? lower.peer() : header.source();
            this.local = header == null || header.destination() == null ? lower.local() : header.destination();
        }

        @Override
        public SocketAddress peer() {
            return peer;
        }

        @Override
        public SocketAddress local() {
            return local;
        }

        @Override
        public void switchProtocol(Protocol next) {
            lower().switchProtocol(new ProxiedProtocol(next, this));
        }
    }
}
