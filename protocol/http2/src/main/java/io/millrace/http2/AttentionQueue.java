// SPDX-License-Identifier: Apache-2.0
package io.millrace.http2;

/** The streams that have something to tell, in the order in which they noted it. */
final class AttentionQueue {
    private StreamEntry first;
    private StreamEntry last;

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
