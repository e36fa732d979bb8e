// SPDX-License-Identifier: Apache-2.0
package io.millrace.tls;

import io.millrace.core.RecordKeys;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** The cipher of one direction of a TLS 1.3 connection: its traffic secret, its key, the number of the next record. */
final class RecordDirection {
    private static final int NONCE_HEAD = 4;

    private final RecordCipher.Factory ciphers;
    private final String suite;
    private final boolean encrypts;
    private byte[] secret;
    private @Nullable RecordCipher cipher;

    /** The initialization vector, of which each record's nonce is made (RFC 8446 section 5.3). */
    private int ivHead;

    private long ivTail;
    private long sequence;

    /** Takes the secret over. */
    RecordDirection(RecordCipher.Factory ciphers, String suite, byte[] secret, long sequence, boolean encrypts) {
        this.ciphers = ciphers;
        this.suite = suite;
        this.encrypts = encrypts;
        this.secret = secret;
        this.sequence = sequence;
        install();
    }

    private void install() {
        RecordKeys keys = Objects.requireNonNull(TrafficKeys.of(suite, secret, sequence), suite);
        cipher = ciphers.make(keys.cipher(), keys.key(), encrypts);
        ByteBuffer iv = ByteBuffer.wrap(keys.iv());
        ivHead = iv.getInt();
        ivTail = iv.getLong(NONCE_HEAD);
        Arrays.fill(keys.key(), (byte) 0);
    }

    /** The number of the next record. */
    long sequence() {
        return sequence;
    }

    /** Encrypts a record behind its header. */
    void seal(byte[] from, int offset, int length, byte[] into, int at) {
        Objects.requireNonNull(cipher).seal(ivHead, ivTail ^ sequence++, from, offset, length, into, at);
    }

    /** Decrypts a record; returns whether it is authentic. */
    boolean open(byte[] from, int offset, int length, byte[] into, int at) {
        return Objects.requireNonNull(cipher).open(ivHead, ivTail ^ sequence++, from, offset, length, into, at);
    }

    /** Goes on with new keys (RFC 8446 section 7.2). */
    void update() {
        byte[] next = TrafficKeys.next(suite, secret);
        Arrays.fill(secret, (byte) 0);
        secret = next;
        sequence = 0;
        Objects.requireNonNull(cipher).free();
        install();
    }

    /** Returns what it takes to go on elsewhere. */
    @Nullable
    RecordKeys keys() {
        return TrafficKeys.of(suite, secret, sequence);
    }

    /** Frees the cipher and wipes the secret. Called last. */
    void free() {
        if (cipher != null) {
            cipher.free();
            cipher = null;
            Arrays.fill(secret, (byte) 0);
        }
    }
}
