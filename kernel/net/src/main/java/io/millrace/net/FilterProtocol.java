// SPDX-License-Identifier: Apache-2.0
package io.millrace.net;

import io.millrace.core.Buffer;
import io.millrace.core.CloseCause;
import io.millrace.core.Link;
import io.millrace.core.Protocol;
import io.millrace.core.TimeLimit;

/**
 * Puts a {@link Filter} between a link and a protocol, neither of which notices: to the link this is a protocol, and
 * the protocol is given a link. Filters can stand on one another.
 *
 * <pre>
 *   socket ─► link ─► receive ─► filter.input ─► protocol
 *   socket ◄─ link ◄─ out() ◄── filter.output ◄─ FilteredLink.out() ◄─ protocol
 * </pre>
 */
public final class FilterProtocol implements Protocol {
    private final Filter filter;
    private final Protocol first;
    private FilteredLink upper;

    /** The protocol {@code inner} with {@code filter} below it. */
    public FilterProtocol(Filter filter, Protocol inner) {
        this.filter = filter;
        this.first = inner;
    }

    @Override
    public void opened(Link link) {
        upper = new FilteredLink(link, filter);
        upper.switchProtocol(first);
    }

    @Override
    public void receive(Buffer in, Link link) {
        upper.received(in);
    }

    @Override
    public void inputClosed(Link link) {
        upper.ended();
    }

    @Override
    public void drained(Link link) {
        upper.drained();
    }

    @Override
    public void expired(Link link) {
        upper.protocol().expired(upper);
    }

    @Override
    public void timedOut(Link link, TimeLimit which) {
        upper.protocol().timedOut(upper, which);
    }

    @Override
    public void shuttingDown(Link link) {
        upper.protocol().shuttingDown(upper);
    }

    @Override
    public void closed(CloseCause why) {
        upper.closed(why);
    }
}
