// SPDX-License-Identifier: Apache-2.0
package io.millrace.openssl;

import io.millrace.core.RecordKeys;
import io.millrace.sys.LibAead;
import io.millrace.sys.LibCrypto;
import io.millrace.tls.RecordCipher;

/** A cipher of OpenSSL's, from one heap array to another without a copy. */
final class OpenSslCipher implements RecordCipher {
    private final long context;

    OpenSslCipher(RecordKeys.Cipher kind, byte[] key, boolean encrypts) {
        context = NativeObjects.made(LibAead.create(of(kind), key, encrypts), "a cipher");
    }

    private static LibAead.Cipher of(RecordKeys.Cipher kind) {
        return switch (kind) {
            case AES_128_GCM -> LibAead.Cipher.AES_128_GCM;
            case AES_256_GCM -> LibAead.Cipher.AES_256_GCM;
            case CHACHA20_POLY1305 -> LibAead.Cipher.CHACHA20_POLY1305;
        };
    }

    @Override
    public void seal(int nonceHead, long nonceTail, byte[] from, int offset, int length, byte[] into, int at) {
        if (!LibAead.seal(context, nonceHead, nonceTail, from, offset, length, into, at)) {
            throw new IllegalStateException("OpenSSL cannot encrypt: " + Failures.take());
        }
    }

    @Override
    public boolean open(int nonceHead, long nonceTail, byte[] from, int offset, int length, byte[] into, int at) {
        boolean isAuthentic = LibAead.open(context, nonceHead, nonceTail, from, offset, length, into, at);
        if (!isAuthentic) {
            LibCrypto.clearErrors();
        }
        return isAuthentic;
    }

    @Override
    public void free() {
        LibAead.free(context);
        NativeObjects.freed();
    }
}
