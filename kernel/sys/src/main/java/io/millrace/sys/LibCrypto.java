// SPDX-License-Identifier: Apache-2.0
package io.millrace.sys;

import io.millrace.sys.Native.Scratch;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.Objects;

/**
 * What OpenSSL's libcrypto does for TLS: errors, memory BIOs, certificates and keys from DER. Pointers are longs, 0 is
 * none; what a method returns has to be freed by the method named. Only where {@link OpenSsl#whyNot} is {@code null}.
 */
public final class LibCrypto {
    private LibCrypto() {}

    private static final int BIO_CTRL_RESET = 1;
    private static final int BIO_C_SET_BUF_MEM_EOF_RETURN = 130;

    private static final MethodHandle ERR_CLEAR_ERROR = Native.criticalShort(OpenSsl.symbol("ERR_clear_error"));
    private static final MethodHandle BIO_CTRL_PENDING = Native.criticalShort(OpenSsl.symbol("BIO_ctrl_pending"));
    private static final MethodHandle BIO_READ = Native.criticalOnHeap(OpenSsl.symbol("BIO_read"));
    private static final MethodHandle BIO_WRITE = Native.criticalOnHeap(OpenSsl.symbol("BIO_write"));
    private static final MethodHandle ERR_GET_ERROR = OpenSsl.function("ERR_get_error");
    private static final MethodHandle ERR_REASON = OpenSsl.function("ERR_reason_error_string");
    private static final MethodHandle BIO_NEW = OpenSsl.function("BIO_new");
    private static final MethodHandle BIO_S_MEM = OpenSsl.function("BIO_s_mem");
    private static final MethodHandle BIO_CTRL = OpenSsl.function("BIO_ctrl");
    private static final MethodHandle BIO_UP_REF = OpenSsl.function("BIO_up_ref");
    private static final MethodHandle BIO_FREE = OpenSsl.function("BIO_free");
    private static final MethodHandle D2I_X509 = OpenSsl.function("d2i_X509");
    private static final MethodHandle I2D_X509 = OpenSsl.function("i2d_X509");
    private static final MethodHandle X509_FREE = OpenSsl.function("X509_free");
    private static final MethodHandle D2I_AUTO_PRIVATE_KEY = OpenSsl.function("d2i_AutoPrivateKey");
    private static final MethodHandle EVP_PKEY_FREE = OpenSsl.function("EVP_PKEY_free");
    private static final MethodHandle X509_VERIFY_ERROR = OpenSsl.function("X509_verify_cert_error_string");
    private static final MethodHandle STACK_NUM = OpenSsl.function("OPENSSL_sk_num");
    private static final MethodHandle STACK_VALUE = OpenSsl.function("OPENSSL_sk_value");

    private static final MethodType ON_ARRAY =
            MethodType.methodType(int.class, long.class, byte[].class, int.class, int.class);

    /** These two are not final: see {@link Native#outOfLine}. */
    private static MethodHandle reading = Native.outOfLine(MethodHandles.lookup(), "readBio", ON_ARRAY);

    private static MethodHandle writing = Native.outOfLine(MethodHandles.lookup(), "writeBio", ON_ARRAY);

    /** All of the address space, to read what C code points to. */
    static final MemorySegment MEMORY = MemorySegment.NULL.reinterpret(Long.MAX_VALUE);

    // ---- errors: a queue for each thread

    /** Empties the thread's queue of errors. */
    public static void clearErrors() {
        try {
            long ignored = (long) ERR_CLEAR_ERROR.invokeExact(0L, 0L);
        } catch (Throwable t) {
            throw Native.bug(t);
        }
    }

    /** Takes the oldest error out of the thread's queue, 0 if there is none. */
    public static long error() {
        return Native.callLong(ERR_GET_ERROR, 0, 0, 0, 0, 0);
    }

    /** Returns the words for an error, without its place; empty if OpenSSL has none. */
    public static String reason(long error) {
        return text(Native.callLong(ERR_REASON, error, 0, 0, 0, 0));
    }

    /** Returns the words for the result of a verification. */
    public static String verifyError(long result) {
        return text(Native.callLong(X509_VERIFY_ERROR, result, 0, 0, 0, 0));
    }

    /** Returns the text that ends with a zero at an address; empty for none. */
    static String text(long address) {
        return address == 0 ? "" : MEMORY.getString(address);
    }

    static byte[] bytes(long address, int length) {
        byte[] bytes = new byte[length];
        MemorySegment.copy(MEMORY, ValueLayout.JAVA_BYTE, address, bytes, 0, length);
        return bytes;
    }

    // ---- memory BIOs

    /** Makes an empty memory BIO that asks for more when it is empty, to be freed by {@link #freeBio}. */
    public static long newBio() {
        long bio = Native.callLong(BIO_NEW, Native.callLong(BIO_S_MEM, 0, 0, 0, 0, 0), 0, 0, 0, 0);
        Native.callLong(BIO_CTRL, bio, BIO_C_SET_BUF_MEM_EOF_RETURN, -1, 0, 0);
        return bio;
    }

    /** Adds a holder to a BIO. */
    public static void holdBio(long bio) {
        Native.call(BIO_UP_REF, bio, 0, 0, 0, 0);
    }

    /** Takes a holder from a BIO; the last one frees it. */
    public static void freeBio(long bio) {
        Native.call(BIO_FREE, bio, 0, 0, 0, 0);
    }

    /** Drops what is in a BIO. */
    public static void empty(long bio) {
        Native.callLong(BIO_CTRL, bio, BIO_CTRL_RESET, 0, 0, 0);
    }

    /** Returns the number of bytes in a BIO. */
    public static int pending(long bio) {
        try {
            return (int) (long) BIO_CTRL_PENDING.invokeExact(bio, 0L);
        } catch (Throwable t) {
            throw Native.bug(t);
        }
    }

    /** Reads from a BIO into a heap array. Returns the number of bytes, negative if there are none. */
    public static int read(long bio, byte[] into, int offset, int length) {
        Objects.checkFromIndexSize(offset, length, into.length);
        try {
            return (int) reading.invokeExact(bio, into, offset, length);
        } catch (Throwable t) {
            throw Native.bug(t);
        }
    }

    static int readBio(long bio, byte[] into, int offset, int length) {
        try {
            return (int) (long) BIO_READ.invokeExact(
                    bio, Scratch.mine().segments().recordsOut.from(into, offset), (long) length);
        } catch (Throwable t) {
            throw Native.bug(t);
        }
    }

    /** Writes a heap array's bytes to a BIO. Returns the number of bytes, which is all of them unless memory is out. */
    public static int write(long bio, byte[] from, int offset, int length) {
        Objects.checkFromIndexSize(offset, length, from.length);
        try {
            return (int) writing.invokeExact(bio, from, offset, length);
        } catch (Throwable t) {
            throw Native.bug(t);
        }
    }

    static int writeBio(long bio, byte[] from, int offset, int length) {
        try {
            return (int) (long) BIO_WRITE.invokeExact(
                    bio, Scratch.mine().segments().recordsIn.from(from, offset), (long) length);
        } catch (Throwable t) {
            throw Native.bug(t);
        }
    }

    // ---- certificates and keys

    /** Reads a certificate. Returns 0 if it is none; to be freed by {@link #freeCertificate}. */
    public static long certificate(byte[] der) {
        return decode(D2I_X509, der);
    }

    /** Takes a holder from a certificate. */
    public static void freeCertificate(long certificate) {
        Native.call(X509_FREE, certificate, 0, 0, 0, 0);
    }

    /** Returns the DER form of a certificate. */
    public static byte[] encoded(long certificate) {
        try (Arena arena = Arena.ofConfined()) {
            int length = Native.call(I2D_X509, certificate, 0, 0, 0, 0);
            MemorySegment bytes = arena.allocate(length);
            MemorySegment at = arena.allocateFrom(ValueLayout.JAVA_LONG, bytes.address());
            Native.call(I2D_X509, certificate, at.address(), 0, 0, 0);
            return bytes.toArray(ValueLayout.JAVA_BYTE);
        }
    }

    /** Returns the encoded certificates of a stack; none if there is no stack. */
    static byte[][] encodedStack(long stack) {
        int count = stack == 0 ? 0 : Native.call(STACK_NUM, stack, 0, 0, 0, 0);
        byte[][] all = new byte[Math.max(0, count)][];
        for (int i = 0; i < all.length; i++) {
            all[i] = encoded(Native.callLong(STACK_VALUE, stack, i, 0, 0, 0));
        }
        return all;
    }

    /** Reads a private key in PKCS#8. Returns 0 if it is none; to be freed by {@link #freeKey}. */
    public static long privateKey(byte[] pkcs8) {
        return decode(D2I_AUTO_PRIVATE_KEY, pkcs8);
    }

    /** Takes a holder from a private key. */
    public static void freeKey(long key) {
        Native.call(EVP_PKEY_FREE, key, 0, 0, 0, 0);
    }

    /** d2i(3): reads from a pointer that it moves on. */
    private static long decode(MethodHandle decoder, byte[] der) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment bytes = arena.allocateFrom(ValueLayout.JAVA_BYTE, der);
            MemorySegment at = arena.allocateFrom(ValueLayout.JAVA_LONG, bytes.address());
            long result = Native.callLong(decoder, 0, at.address(), der.length, 0, 0);
            bytes.fill((byte) 0);
            return result;
        }
    }
}
