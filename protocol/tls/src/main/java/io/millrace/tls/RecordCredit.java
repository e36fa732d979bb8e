// SPDX-License-Identifier: Apache-2.0
package io.millrace.tls;

/**
 * Bounds the records without a payload that a peer may send (key updates, empty ones): so many in a row, and one more
 * for each 16 KiB of payload, so that a peer cannot keep an engine busy with nothing.
 */
public final class RecordCredit {

    /** What is told of a connection that has ended because there were too many. */
    public static final String EXHAUSTED = "too many records without a payload";

    /** So many may come in a row. */
    private static final int MOST = 64;

    /** Payload that pays for one more. */
    private static final int BYTES = 16 * 1024;

    private int credit = MOST;
    private int paid;

    /** Makes the credit of a new connection. */
    public RecordCredit() {}

    /** Counts a record with {@code bytes} of payload; returns {@code false} if it is one too many without. */
    public boolean allows(int bytes) {
        if (bytes == 0) {
            return --credit >= 0;
        }
        paid += bytes;
        credit = Math.min(MOST, credit + paid / BYTES);
        paid %= BYTES;
        return true;
    }
}
