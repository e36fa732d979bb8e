// SPDX-License-Identifier: Apache-2.0
package io.millrace.sys;

import io.millrace.sys.Native.Scratch;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.ByteOrder;
import java.util.Objects;

/**
 * Authenticated encryption by OpenSSL's libcrypto (EVP_EncryptInit(3)), from one heap array to another, for records of
 * TLS 1.3: the five bytes of the header are authenticated, the tag of 16 bytes stands behind the text. A context is a
 * long, has one key and one direction, and may be used by one thread at a time. Only where {@link OpenSsl#whyNot} is
 * {@code null}.
 */
public final class LibAead {
    private LibAead() {}

    /** Bytes that stand before the text and are authenticated with it. */
    public static final int HEADER_BYTES = 5;

    /** Bytes that stand behind the text. */
    public static final int TAG_BYTES = 16;

    private static final long SET_TAG = 0x11;
    private static final long GET_TAG = 0x10;
    private static final long SAME_DIRECTION = -1;

    /** Offsets in the scratch structure: the nonce, a length that is returned, the tag, the header. */
    private static final int NONCE_TAIL = 4;

    private static final int LENGTH = 16;
    private static final int TAG = 32;
    private static final int HEADER = 48;

    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT.withOrder(ByteOrder.BIG_ENDIAN);
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);

    private static final MethodHandle NEW = OpenSsl.function("EVP_CIPHER_CTX_new");
    private static final MethodHandle FREE = OpenSsl.function("EVP_CIPHER_CTX_free");
    private static final MethodHandle FETCH = OpenSsl.function("EVP_CIPHER_fetch");
    private static final MethodHandle INIT = Native.criticalWide(OpenSsl.symbol("EVP_CipherInit_ex"));
    private static final MethodHandle AUTHENTICATE = Native.criticalWide(OpenSsl.symbol("EVP_CipherUpdate"));
    private static final MethodHandle UPDATE = Native.criticalOnTwoArrays(OpenSsl.symbol("EVP_CipherUpdate"));
    private static final MethodHandle FINAL = Native.criticalWide(OpenSsl.symbol("EVP_CipherFinal_ex"));
    private static final MethodHandle CTRL = Native.criticalWide(OpenSsl.symbol("EVP_CIPHER_CTX_ctrl"));

    /** A kind of cipher, found once. */
    public enum Cipher {
        /** AES with 128 bits in Galois/counter mode. */
        AES_128_GCM("AES-128-GCM"),

        /** AES with 256 bits in Galois/counter mode. */
        AES_256_GCM("AES-256-GCM"),

        /** ChaCha20 with Poly1305. */
        CHACHA20_POLY1305("ChaCha20-Poly1305");

        private final long address;

        Cipher(String name) {
            try (Arena arena = Arena.ofConfined()) {
                address = Native.callLong(FETCH, 0, arena.allocateFrom(name).address(), 0, 0, 0);
            }
        }
    }

    /**
     * Makes a context. Returns 0 if the library does not have the cipher or the memory; to be freed by {@link #free}.
     */
    public static long create(Cipher cipher, byte[] key, boolean encrypts) {
        long context = cipher.address == 0 ? 0 : Native.callLong(NEW, 0, 0, 0, 0, 0);
        if (context == 0) {
            return 0;
        }
        MemorySegment struct = Scratch.mine().struct;
        MemorySegment.copy(key, 0, struct, ValueLayout.JAVA_BYTE, 0, key.length);
        int done = init(context, cipher.address, struct.address(), 0, encrypts ? 1 : 0);
        struct.asSlice(0, key.length).fill((byte) 0);
        if (done == 1) {
            return context;
        }
        free(context);
        return 0;
    }

    private static int init(long context, long cipher, long key, long nonce, long direction) {
        try {
            return (int) (long) INIT.invokeExact(context, cipher, 0L, key, nonce, direction);
        } catch (Throwable t) {
            throw Native.bug(t);
        }
    }

    /** Frees a context, and wipes its key. */
    public static void free(long context) {
        Native.call(FREE, context, 0, 0, 0, 0);
    }

    /**
     * Encrypts {@code length} bytes of {@code from}. The header stands in {@code into} at {@code at} already; the
     * encrypted text and the tag are put behind it. The nonce is 4 bytes and 8. Returns whether it could.
     */
    public static boolean seal(
            long context, int nonceHead, long nonceTail, byte[] from, int offset, int length, byte[] into, int at) {
        Objects.checkFromIndexSize(offset, length, from.length);
        Objects.checkFromIndexSize(at, HEADER_BYTES + length + TAG_BYTES, into.length);
        Scratch mine = Scratch.mine();
        MemorySegment struct = mine.struct;
        HeapSegments.OfThread segments = mine.segments();
        int text = at + HEADER_BYTES;
        try {
            boolean ok = begin(context, nonceHead, nonceTail, into, at, struct);
            ok &= update(
                            context,
                            struct,
                            segments.plainOut.from(from, offset),
                            length,
                            segments.recordsOut.from(into, text))
                    == 1;
            ok &= end(context, struct) && tag(context, GET_TAG, struct);
            MemorySegment.copy(struct, ValueLayout.JAVA_BYTE, TAG, into, text + length, TAG_BYTES);
            return ok;
        } catch (Throwable t) {
            throw Native.bug(t);
        }
    }

    /**
     * Decrypts a record of {@code from} at {@code offset}: the header, {@code length} bytes of text, the tag. The text
     * is put into {@code into} at {@code at}. Returns whether it is authentic; if not, what is there means nothing.
     */
    public static boolean open(
            long context, int nonceHead, long nonceTail, byte[] from, int offset, int length, byte[] into, int at) {
        Objects.checkFromIndexSize(offset, HEADER_BYTES + length + TAG_BYTES, from.length);
        Objects.checkFromIndexSize(at, length, into.length);
        Scratch mine = Scratch.mine();
        MemorySegment struct = mine.struct;
        HeapSegments.OfThread segments = mine.segments();
        int text = offset + HEADER_BYTES;
        try {
            boolean ok = begin(context, nonceHead, nonceTail, from, offset, struct);
            MemorySegment.copy(from, text + length, struct, ValueLayout.JAVA_BYTE, TAG, TAG_BYTES);
            ok &= tag(context, SET_TAG, struct);
            ok &= update(context, struct, segments.recordsIn.from(from, text), length, segments.plainIn.from(into, at))
                    == 1;
            return ok & end(context, struct);
        } catch (Throwable t) {
            throw Native.bug(t);
        }
    }

    /** Sets the nonce and has the header authenticated. */
    private static boolean begin(
            long context, int nonceHead, long nonceTail, byte[] records, int at, MemorySegment struct)
            throws Throwable {
        struct.set(INT, 0, nonceHead);
        struct.set(LONG, NONCE_TAIL, nonceTail);
        MemorySegment.copy(records, at, struct, ValueLayout.JAVA_BYTE, HEADER, HEADER_BYTES);
        long address = struct.address();
        return init(context, 0, 0, address, SAME_DIRECTION) == 1
                && (int) (long) AUTHENTICATE.invokeExact(
                                context, 0L, address + LENGTH, address + HEADER, (long) HEADER_BYTES, 0L)
                        == 1;
    }

    private static int update(long context, MemorySegment struct, MemorySegment from, long length, MemorySegment into)
            throws Throwable {
        return (int) (long) UPDATE.invokeExact(context, into, struct.address() + LENGTH, from, length);
    }

    private static boolean end(long context, MemorySegment struct) throws Throwable {
        long address = struct.address();
        return (int) (long) FINAL.invokeExact(context, address + LENGTH + 8, address + LENGTH, 0L, 0L, 0L) == 1;
    }

    private static boolean tag(long context, long what, MemorySegment struct) throws Throwable {
        return (int) (long) CTRL.invokeExact(context, what, (long) TAG_BYTES, struct.address() + TAG, 0L, 0L) == 1;
    }
}
