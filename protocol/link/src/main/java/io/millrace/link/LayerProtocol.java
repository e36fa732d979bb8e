// SPDX-License-Identifier: Apache-2.0
package io.millrace.link;

import io.millrace.core.Buffer;
import io.millrace.core.CloseCause;
import io.millrace.core.Link;
import io.millrace.core.Protocol;
import io.millrace.core.TimeLimit;

/**
 * Puts a {@link Layer} between a link and a protocol, neither of which notices: to the link this is a protocol, and the
 * protocol is given a link. Layers can stand on one another.
 *
 * <pre>
 *   socket ─► link ─► receive ─► layer.input ─► protocol
 *   socket ◄─ link ◄─ out() ◄── layer.output ◄─ LayerLink.out() ◄─ protocol
 * </pre>
 */
public final class LayerProtocol implements Protocol {
    private final Layer layer;
    private final Protocol inner;
    private LayerLink upper;

    /**
     * Makes the protocol {@code inner} with {@code layer} below it.
     *
     * @param inner what {@link LayerContext#established()} opens; {@code null} if the layer chooses it
     */
    public LayerProtocol(Layer layer, Protocol inner) {
        this.layer = layer;
        this.inner = inner;
    }

    /**
     * Sends what is in the link's output; the layer right below it keeps as much to itself as {@code mode} says, a link
     * without one keeps nothing. {@code FINISHED} closes our direction.
     */
    public static void flush(Link link, Flush mode) {
        if (link instanceof LayerLink above) {
            above.flush(mode);
        } else if (mode == Flush.FINISHED) {
            link.shutdownOutput();
        } else {
            link.flush();
        }
    }

    @Override
    public void opened(Link link) {
        upper = new LayerLink(link, layer, inner);
        upper.open();
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
        upper.expired();
    }

    @Override
    public void timedOut(Link link, TimeLimit which) {
        upper.timedOut(which);
    }

    @Override
    public void shuttingDown(Link link) {
        upper.shuttingDown();
    }

    @Override
    public long heldBytes() {
        return upper == null ? 0 : upper.heldByProtocol();
    }

    @Override
    public void closed(CloseCause why) {
        if (upper != null) {
            upper.closed(why);
        }
    }
}
