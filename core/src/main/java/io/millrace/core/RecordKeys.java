// SPDX-License-Identifier: Apache-2.0
package io.millrace.core;

/**
 * What it takes to go on with one direction of a TLS 1.3 connection. The arrays are not copied, and a receiver that has
 * taken the keys over fills them with zeros.
 *
 * @param cipher how records are protected
 * @param key the key, 16 or 32 bytes
 * @param iv the initialization vector, 12 bytes
 * @param sequence the number of the next record
 */
public record RecordKeys(Cipher cipher, byte[] key, byte[] iv, long sequence) {

    /** The ways to protect records. */
    public enum Cipher {
        /** AES with 128 bits in Galois/counter mode. */
        AES_128_GCM,

        /** AES with 256 bits in Galois/counter mode. */
        AES_256_GCM,

        /** ChaCha20 with Poly1305. */
        CHACHA20_POLY1305
    }
}
