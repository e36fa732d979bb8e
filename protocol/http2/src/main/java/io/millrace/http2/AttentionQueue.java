// SPDX-License-Identifier: Apache-2.0
package io.millrace.http2;

import io.millrace.core.Link;
import java.util.concurrent.RejectedExecutionException;

/** The streams that have something to tell, in the order in which they noted it. */
final class AttentionQueue {
    private StreamEntry first;
    private StreamEntry last;
    private boolean posted;

    boolean isEmpty() {
        return first == null;
    }

    /** Adds a stream, which must not be there already. */
    void add(StreamEntry stream) {
        stream.nextToAttend = null;
        if (last == null) {
            first = stream;
        } else {
            last.nextToAttend = stream;
        }
        last = stream;
    }

    /** Has {@code task} run soon, once for all that have something to tell until then. */
    void post(Link link, Runnable task) {
        if (!posted) {
            posted = true;
            try {
                link.execute(task);
            } catch (RejectedExecutionException e) {
                // The loop has been closed: the connection has told all streams of its end, or is about to.
            }
        }
    }

    /** Returns whether a task is still to run. */
    boolean isPosted() {
        return posted;
    }

    /** The task runs. */
    void ran() {
        posted = false;
    }

    /** Lets every stream tell what it has noted, those included that note something meanwhile. */
    void tellAll() {
        while (first != null) {
            StreamEntry stream = first;
            first = stream.nextToAttend;
            last = first == null ? null : last;
            stream.nextToAttend = null;
            stream.attended();
        }
    }
}
