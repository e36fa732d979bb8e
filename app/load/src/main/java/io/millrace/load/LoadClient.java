// SPDX-License-Identifier: Apache-2.0
package io.millrace.load;

import io.millrace.core.CloseMode;
import io.millrace.core.Link;
import io.millrace.core.Protocol;

/**
 * The end of one connection at a time that the generator opens: what those who ask and those who are in the way have in
 * common.
 */
abstract class LoadClient implements Protocol {
    final Worker worker;

    /** The connection that stands, or {@code null}. */
    Link link;

    LoadClient(Worker worker) {
        this.worker = worker;
    }

    /** Whether there is a connection. */
    final boolean stands() {
        return link != null;
    }

    /** Ends the connection: the run is over. */
    final void leave() {
        if (link != null) {
            link.close(CloseMode.NOW);
        }
    }

    @Override
    public final void shuttingDown(Link from) {
        from.close(CloseMode.NOW);
    }
}
