// SPDX-License-Identifier: Apache-2.0
package io.millrace.net;

import io.millrace.core.Buffer;
import io.millrace.core.Link;
import io.millrace.core.Protocol;
import io.millrace.link.LinkFlow;

/** What has arrived at one end of a pair and the protocol has not taken. The sender at the other end appends to it. */
final class PairInput {
    final Buffer bytes = new Buffer();

    /** Whether the protocol has still to be shown what lies here. */
    boolean isNew;

    /** The other end has closed its direction: what lies here is all there will ever be. */
    boolean isLast;

    /** Has the protocol be shown again what it left. */
    void offerAgain() {
        isNew = !bytes.isEmpty();
    }

    /**
     * Shows the protocol what lies here, no more and no less at once than its marks say.
     *
     * @return whether it has taken some
     */
    boolean deliver(Protocol protocol, Link link, LinkFlow flow) {
        isNew = false;
        int before = bytes.readable();
        if (before == 0 || (before < flow.inputLow() && !isLast)) {
            return false;
        }
        boolean whole = before <= flow.inputHigh();
        if (whole) {
            protocol.receive(bytes, link);
        } else {
            deliverPart(protocol, link, flow.inputHigh());
        }
        boolean taken = bytes.readable() < before;
        isNew |= taken && !whole && !bytes.isEmpty();
        return taken;
    }

    /** More came before the mark was set than is to be shown at once. */
    private void deliverPart(Protocol protocol, Link link, int most) {
        Buffer part = new Buffer(most);
        part.append(bytes.array(), bytes.head(), most);
        protocol.receive(part, link);
        bytes.consume(most - part.readable());
    }
}
