// SPDX-License-Identifier: Apache-2.0
package io.millrace.loop;

import io.millrace.core.Buffer;

/**
 * What a thread lends to the link it is serving: the buffer where input arrives and those for output. A link that waits
 * holds none of them. To be used by one thread at a time, for any number of links one after the other.
 */
public final class Desk {
    private static final int USUAL = 16 * 1024;

    final Buffer lent;
    final OutputPool outputs = new OutputPool(2);

    /** A desk with an input buffer of 16 KiB. */
    public Desk() {
        this.lent = new Buffer(USUAL);
    }
}
