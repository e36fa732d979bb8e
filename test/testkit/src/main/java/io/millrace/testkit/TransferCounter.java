// SPDX-License-Identifier: Apache-2.0
package io.millrace.testkit;

import io.millrace.core.Buffer;
import io.millrace.core.CloseCause;
import io.millrace.core.ForwardingLink;
import io.millrace.core.Link;
import io.millrace.core.Protocol;
import io.millrace.core.SharedBytes;
import io.millrace.core.TimeLimit;
import java.util.ArrayList;
import java.util.List;

/**
 * A protocol around another one that notes which bytes the inner one gives its link by reference. The other bytes that
 * the peer gets were copied for this connection. Counts on after a switch of protocols too. For the link's thread.
 */
public final class TransferCounter implements Protocol {
    private final Protocol inner;
    private final List<SharedBytes> transfers;
    private Link counting;

    /** Makes a protocol that does what {@code inner} does. */
    public TransferCounter(Protocol inner) {
        this(inner, new ArrayList<>());
    }

    private TransferCounter(Protocol inner, List<SharedBytes> transfers) {
        this.inner = inner;
        this.transfers = transfers;
    }

    /** Returns what was transferred by reference, in order. */
    public List<SharedBytes> transfers() {
        return transfers;
    }

    /** Returns the number of bytes that were transferred by reference. */
    public long transferred() {
        return transfers.stream().mapToLong(SharedBytes::length).sum();
    }

    private final class Counting extends ForwardingLink {
        Counting(Link lower) {
            super(lower);
        }

        @Override
        public void transfer(SharedBytes body) {
            transfers.add(body);
            super.transfer(body);
        }

        @Override
        public void switchProtocol(Protocol next) {
            super.switchProtocol(new TransferCounter(next, transfers));
        }
    }

    @Override
    public void opened(Link link) {
        counting = new Counting(link);
        inner.opened(counting);
    }

    @Override
    public void receive(Buffer in, Link link) {
        inner.receive(in, counting);
    }

    @Override
    public void inputClosed(Link link) {
        inner.inputClosed(counting);
    }

    @Override
    public void drained(Link link) {
        inner.drained(counting);
    }

    @Override
    public void expired(Link link) {
        inner.expired(counting);
    }

    @Override
    public void timedOut(Link link, TimeLimit which) {
        inner.timedOut(counting, which);
    }

    @Override
    public void shuttingDown(Link link) {
        inner.shuttingDown(counting);
    }

    @Override
    public long heldBytes() {
        return inner.heldBytes();
    }

    @Override
    public void closed(CloseCause why) {
        inner.closed(why);
    }
}
