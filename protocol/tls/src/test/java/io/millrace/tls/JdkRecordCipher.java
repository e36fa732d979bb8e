// SPDX-License-Identifier: Apache-2.0
package io.millrace.tls;

import io.millrace.core.RecordKeys;
import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import java.security.spec.AlgorithmParameterSpec;
import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.IvParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/** Records by the JDK's ciphers: what those of another library are compared with. */
final class JdkRecordCipher implements RecordCipher {
    private static final int HEADER = 5;
    private static final int TAG = 16;

    private final boolean isGcm;
    private final SecretKeySpec key;
    private final int mode;

    JdkRecordCipher(RecordKeys.Cipher kind, byte[] key, boolean encrypts) {
        isGcm = kind != RecordKeys.Cipher.CHACHA20_POLY1305;
        this.key = new SecretKeySpec(key, isGcm ? "AES" : "ChaCha20");
        mode = encrypts ? Cipher.ENCRYPT_MODE : Cipher.DECRYPT_MODE;
    }

    private Cipher begin(int nonceHead, long nonceTail, byte[] records, int at) throws GeneralSecurityException {
        byte[] nonce =
                ByteBuffer.allocate(12).putInt(nonceHead).putLong(nonceTail).array();
        AlgorithmParameterSpec spec = isGcm ? new GCMParameterSpec(128, nonce) : new IvParameterSpec(nonce);
        Cipher cipher = Cipher.getInstance(isGcm ? "AES/GCM/NoPadding" : "ChaCha20-Poly1305");
        cipher.init(mode, key, spec);
        cipher.updateAAD(records, at, HEADER);
        return cipher;
    }

    @Override
    public void seal(int nonceHead, long nonceTail, byte[] from, int offset, int length, byte[] into, int at) {
        try {
            begin(nonceHead, nonceTail, into, at).doFinal(from, offset, length, into, at + HEADER);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public boolean open(int nonceHead, long nonceTail, byte[] from, int offset, int length, byte[] into, int at) {
        try {
            begin(nonceHead, nonceTail, from, offset).doFinal(from, offset + HEADER, length + TAG, into, at);
            return true;
        } catch (GeneralSecurityException e) {
            return false;
        }
    }

    @Override
    public void free() {}
}
