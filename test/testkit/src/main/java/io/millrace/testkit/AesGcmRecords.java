// SPDX-License-Identifier: Apache-2.0
package io.millrace.testkit;

import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/** Encrypts and decrypts records of TLS 1.3 by the JDK's AES-GCM, one call for each. */
public final class AesGcmRecords {
    /** Bytes before the text, which are authenticated with it. */
    public static final int HEADER = 5;

    /** Bytes behind the text. */
    public static final int TAG = 16;

    private final SecretKeySpec key;

    /** Makes what works with that key, which is copied. */
    public AesGcmRecords(byte[] key) {
        this.key = new SecretKeySpec(key, "AES");
    }

    private Cipher begin(int mode, int nonceHead, long nonceTail, byte[] records, int at)
            throws GeneralSecurityException {
        byte[] nonce =
                ByteBuffer.allocate(12).putInt(nonceHead).putLong(nonceTail).array();
        Cipher cipher = Cipher.getInstance("AES/GCM/NoPadding");
        cipher.init(mode, key, new GCMParameterSpec(8 * TAG, nonce));
        cipher.updateAAD(records, at, HEADER);
        return cipher;
    }

    /** Encrypts a text behind the header that stands in {@code into} at {@code at}. */
    public void seal(int nonceHead, long nonceTail, byte[] from, int offset, int length, byte[] into, int at) {
        try {
            begin(Cipher.ENCRYPT_MODE, nonceHead, nonceTail, into, at).doFinal(from, offset, length, into, at + HEADER);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Decrypts a record whose text has that length; returns whether it is authentic. */
    public boolean open(int nonceHead, long nonceTail, byte[] from, int offset, int length, byte[] into, int at) {
        try {
            begin(Cipher.DECRYPT_MODE, nonceHead, nonceTail, from, offset)
                    .doFinal(from, offset + HEADER, length + TAG, into, at);
            return true;
        } catch (GeneralSecurityException e) {
            return false;
        }
    }
}
