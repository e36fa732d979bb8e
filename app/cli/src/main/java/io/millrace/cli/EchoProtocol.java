// SPDX-License-Identifier: Apache-2.0
package io.millrace.cli;

import io.millrace.core.Buffer;
import io.millrace.core.Link;
import io.millrace.core.Protocol;

/**
 * Sends back whatever comes (RFC 862). The smallest protocol there is, and with back-pressure all the same: a peer that
 * sends and does not read is not read from either, so it fills its own buffers and none of ours.
 */
final class EchoProtocol implements Protocol {

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
}
