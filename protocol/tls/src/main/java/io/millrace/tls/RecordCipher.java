// SPDX-License-Identifier: Apache-2.0
package io.millrace.tls;

import io.millrace.core.RecordKeys;

/**
 * Encrypts or decrypts records of TLS 1.3 with one key: five bytes of header are authenticated, a tag of sixteen stands
 * behind the text (RFC 8446 section 5.2). One thread at a time calls.
 */
public interface RecordCipher {

    /** Makes ciphers of some library. */
    interface Factory {

        /**
         * Makes a cipher, to be freed by {@link RecordCipher#free}.
         *
         * @param key its bytes, which are not kept
         */
        RecordCipher make(RecordKeys.Cipher kind, byte[] key, boolean encrypts);
    }

    /**
     * Encrypts {@code length} bytes of {@code from}. The header stands in {@code into} at {@code at} already; the
     * encrypted text and the tag are put behind it. The nonce is 4 bytes and 8.
     *
     * @throws IllegalStateException if the library cannot
     */
    void seal(int nonceHead, long nonceTail, byte[] from, int offset, int length, byte[] into, int at);

    /**
     * Decrypts a record of {@code from} at {@code offset}: the header, {@code length} bytes of text, the tag. The text
     * is put into {@code into} at {@code at}. Returns whether it is authentic; if not, what is there means nothing.
     */
    boolean open(int nonceHead, long nonceTail, byte[] from, int offset, int length, byte[] into, int at);

    /** Frees what the garbage collector does not know of, and wipes the key. Called last, once. */
    void free();
}
