// SPDX-License-Identifier: Apache-2.0
package io.millrace.testkit;

import io.millrace.core.Buffer;
import java.nio.ByteBuffer;

/** TLS in the simulated kernel, for what one connection sends: each call makes a record. */
final class SimTls {
    /** The longest text of a record. */
    static final int MOST = 16 * 1024;

    static final int DATA = 23;

    private final AesGcmRecords records;
    private final int ivHead;
    private final long ivTail;
    private long sequence;

    SimTls(byte[] key, byte[] iv, long sequence) {
        this.records = new AesGcmRecords(key);
        ByteBuffer bytes = ByteBuffer.wrap(iv);
        this.ivHead = bytes.getInt();
        this.ivTail = bytes.getLong();
        this.sequence = sequence;
    }

    /** Appends a record of that type. */
    void seal(int type, byte[] from, int offset, int length, Buffer into) {
        byte[] text = new byte[length + 1];
        System.arraycopy(from, offset, text, 0, length);
        text[length] = (byte) type;
        int behind = text.length + AesGcmRecords.TAG;
        byte[] record = new byte[AesGcmRecords.HEADER + behind];
        record[0] = DATA;
        record[1] = 3;
        record[2] = 3;
        record[3] = (byte) (behind >> 8);
        record[4] = (byte) behind;
        records.seal(ivHead, ivTail ^ sequence++, text, 0, text.length, record, 0);
        into.append(record);
    }
}
