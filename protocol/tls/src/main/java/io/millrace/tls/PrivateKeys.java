// SPDX-License-Identifier: Apache-2.0
package io.millrace.tls;

import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Arrays;
import java.util.List;
import javax.crypto.Cipher;
import javax.crypto.EncryptedPrivateKeyInfo;
import javax.crypto.SecretKeyFactory;
import javax.crypto.spec.PBEKeySpec;
import org.jspecify.annotations.Nullable;

/** Makes private keys of the blocks that hold one: PKCS#8, plain and encrypted, PKCS#1 for RSA, SEC 1 for EC. */
final class PrivateKeys {
    private static final List<String> ALGORITHMS = List.of("RSA", "EC", "EdDSA", "RSASSA-PSS");
    private static final String CONVERT = "; convert it: openssl pkcs8 -topk8 -in OLD -out NEW";

    // DER of the algorithm identifiers' parts.
    private static final byte[] VERSION_0 = {0x02, 0x01, 0x00};
    private static final byte[] RSA = {
        0x30, 0x0d, 0x06, 0x09, 0x2a, (byte) 0x86, 0x48, (byte) 0x86, (byte) 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00
    };
    private static final byte[] EC = {0x06, 0x07, 0x2a, (byte) 0x86, 0x48, (byte) 0xce, 0x3d, 0x02, 0x01};

    private PrivateKeys() {}

    /** Whether a block holds a private key. */
    static boolean isKey(Pem.Block block) {
        return block.label().endsWith("PRIVATE KEY");
    }

    /**
     * Returns the key of a block.
     *
     * @param password what an encrypted one is decrypted with, {@code null} if there is none
     * @throws IOException if the block holds no key that can be used; the message names the block
     */
    static PrivateKey of(Pem.Block block, char @Nullable [] password) throws IOException {
        if (block.hasHeaders()) {
            throw block.wrong("is encrypted in OpenSSL's old way" + CONVERT);
        }
        return switch (block.label()) {
            case "PRIVATE KEY" -> decode(block, block.der());
            case "RSA PRIVATE KEY" -> decode(block, wrap(RSA, block.der()));
            case "EC PRIVATE KEY" -> decode(block, wrap(Der.sequence(EC, curveOf(block)), block.der()));
            case "ENCRYPTED PRIVATE KEY" -> decode(block, decrypt(block, password));
            default -> throw block.wrong("is no kind of private key that is known" + CONVERT);
        };
    }

    private static PrivateKey decode(Pem.Block block, byte[] pkcs8) throws IOException {
        GeneralSecurityException last = null;
        for (String algorithm : ALGORITHMS) {
            try {
                return KeyFactory.getInstance(algorithm).generatePrivate(new PKCS8EncodedKeySpec(pkcs8));
            } catch (InvalidKeySpecException e) {
                last = e;
            } catch (GeneralSecurityException e) {
                throw block.wrong("needs " + algorithm + ", which this JDK lacks", e);
            }
        }
        throw block.wrong("is no key of RSA, EC, Ed25519 or Ed448", last);
    }

    private static byte[] decrypt(Pem.Block block, char @Nullable [] password) throws IOException {
        if (password == null) {
            throw block.wrong("is encrypted, and no password was given");
        }
        EncryptedPrivateKeyInfo info = new EncryptedPrivateKeyInfo(block.der());
        // PBES2 is the name of a family; its parameters print as the member's name.
        String name = info.getAlgName().equals("PBES2") || info.getAlgName().startsWith("1.2.840.113549.1.5.13")
                ? String.valueOf(info.getAlgParameters())
                : info.getAlgName();
        PBEKeySpec spec = new PBEKeySpec(password);
        try {
            Cipher cipher = Cipher.getInstance(name);
            cipher.init(
                    Cipher.DECRYPT_MODE,
                    SecretKeyFactory.getInstance(name).generateSecret(spec),
                    info.getAlgParameters());
            return info.getKeySpec(cipher).getEncoded();
        } catch (GeneralSecurityException e) {
            throw block.wrong("cannot be decrypted (" + name + "): the password is wrong, or the method unknown", e);
        } finally {
            spec.clearPassword();
        }
    }

    /** PKCS#8 around a key in the form of its algorithm. */
    private static byte[] wrap(byte[] algorithm, byte[] key) {
        return Der.sequence(VERSION_0, algorithm, Der.value(Der.OCTET_STRING, key));
    }

    /** The parameters of an EC key (RFC 5915): what is tagged [0] in it. */
    private static byte[] curveOf(Pem.Block block) throws IOException {
        byte[] der = block.der();
        try {
            int at = content(der, 0);
            while (at < der.length) {
                int from = content(der, at);
                int end = from + length(der, at);
                if (der[at] == (byte) 0xa0) {
                    return Arrays.copyOfRange(der, from, end);
                }
                at = end;
            }
        } catch (ArrayIndexOutOfBoundsException e) {
            throw block.wrong("is cut off", e);
        }
        throw block.wrong("does not name its curve" + CONVERT);
    }

    private static int content(byte[] der, int at) {
        return at + 2 + (der[at + 1] < 0 ? der[at + 1] & 0x7f : 0);
    }

    private static int length(byte[] der, int at) {
        if (der[at + 1] >= 0) {
            return der[at + 1];
        }
        int length = 0;
        for (int i = 0; i < (der[at + 1] & 0x7f); i++) {
            length = (length << 8) | (der[at + 2 + i] & 0xff);
        }
        return length;
    }
}
