// SPDX-License-Identifier: Apache-2.0
package io.millrace.tls;

import io.millrace.core.RecordKeys;
import io.millrace.core.RecordKeys.Cipher;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import javax.crypto.KDF;
import javax.crypto.spec.HKDFParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/** Derives the keys of records from a traffic secret (RFC 8446 section 7.3). */
public final class TrafficKeys {
    private static final int IV_BYTES = 12;

    private TrafficKeys() {}

    /**
     * Returns the keys for a traffic secret of TLS 1.3, {@code null} for suites that no kernel knows.
     *
     * @param suite the cipher suite by its registered name
     * @param secret the traffic secret of the direction
     * @param sequence the number of the next record
     */
    public static RecordKeys of(String suite, byte[] secret, long sequence) {
        return switch (suite) {
            case "TLS_AES_128_GCM_SHA256" -> keys(Cipher.AES_128_GCM, "HKDF-SHA256", 16, secret, sequence);
            case "TLS_AES_256_GCM_SHA384" -> keys(Cipher.AES_256_GCM, "HKDF-SHA384", 32, secret, sequence);
            case "TLS_CHACHA20_POLY1305_SHA256" -> keys(Cipher.CHACHA20_POLY1305, "HKDF-SHA256", 32, secret, sequence);
            default -> null;
        };
    }

    private static RecordKeys keys(Cipher cipher, String hkdf, int keyBytes, byte[] secret, long sequence) {
        return new RecordKeys(
                cipher, expand(hkdf, secret, "key", keyBytes), expand(hkdf, secret, "iv", IV_BYTES), sequence);
    }

    /** HKDF-Expand-Label (RFC 8446 section 7.1) with an empty context. */
    private static byte[] expand(String hkdf, byte[] secret, String label, int length) {
        byte[] full = ("tls13 " + label).getBytes(StandardCharsets.US_ASCII);
        byte[] info = ByteBuffer.allocate(2 + 1 + full.length + 1)
                .putShort((short) length)
                .put((byte) full.length)
                .put(full)
                .array();
        try {
            return KDF.getInstance(hkdf)
                    .deriveData(HKDFParameterSpec.expandOnly(new SecretKeySpec(secret, "Generic"), info, length));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("this JDK has no HKDF", e);
        }
    }
}
