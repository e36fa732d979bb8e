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
 * One connection of OpenSSL's libssl: SSL_new(3), SSL_do_handshake(3), SSL_read(3), SSL_write(3), SSL_shutdown(3) and
 * what can be asked. Pointers are longs. An SSL may be used by one thread at a time. {@link LibSslContext} has
 * contexts. Only where {@link OpenSsl#whyNot} is {@code null}.
 */
public final class LibSsl {
    private LibSsl() {}

    public static final int ERROR_SSL = 1;
    public static final int ERROR_WANT_READ = 2;
    public static final int ERROR_ZERO_RETURN = 6;

    private static final int CTRL_SET_HOST_NAME = 55;
    private static final int NO_PARTIAL_WILDCARDS = 4;
    private static final int SENT_AND_RECEIVED = 3;

    private static final MethodHandle SSL_READ = Native.criticalOnHeap(OpenSsl.symbol("SSL_read"));
    private static final MethodHandle SSL_WRITE = Native.criticalOnHeap(OpenSsl.symbol("SSL_write"));
    private static final MethodHandle SSL_GET_ERROR = Native.criticalShort(OpenSsl.symbol("SSL_get_error"));
    private static final MethodHandle READ_ORDINARY = OpenSsl.function("SSL_read");
    private static final MethodHandle WRITE_ORDINARY = OpenSsl.function("SSL_write");
    private static final MethodHandle NEW = OpenSsl.function("SSL_new");
    private static final MethodHandle FREE = OpenSsl.function("SSL_free");
    private static final MethodHandle SET0_RBIO = OpenSsl.function("SSL_set0_rbio");
    private static final MethodHandle SET0_WBIO = OpenSsl.function("SSL_set0_wbio");
    private static final MethodHandle ACCEPT_STATE = OpenSsl.function("SSL_set_accept_state");
    private static final MethodHandle CONNECT_STATE = OpenSsl.function("SSL_set_connect_state");
    private static final MethodHandle DO_HANDSHAKE = OpenSsl.function("SSL_do_handshake");
    private static final MethodHandle SHUTDOWN = OpenSsl.function("SSL_shutdown");
    private static final MethodHandle SET_SHUTDOWN = OpenSsl.function("SSL_set_shutdown");
    private static final MethodHandle CTRL = OpenSsl.function("SSL_ctrl");
    private static final MethodHandle SET1_HOST = OpenSsl.function("SSL_set1_host");
    private static final MethodHandle SET_HOSTFLAGS = OpenSsl.function("SSL_set_hostflags");
    private static final MethodHandle GET0_PARAM = OpenSsl.function("SSL_get0_param");
    private static final MethodHandle SET1_IP = OpenSsl.function("X509_VERIFY_PARAM_set1_ip_asc");
    private static final MethodHandle VERIFY_RESULT = OpenSsl.function("SSL_get_verify_result");
    private static final MethodHandle GET_VERSION = OpenSsl.function("SSL_get_version");
    private static final MethodHandle GET_CIPHER = OpenSsl.function("SSL_get_current_cipher");
    private static final MethodHandle CIPHER_NAME = OpenSsl.function("SSL_CIPHER_standard_name");
    private static final MethodHandle GET0_ALPN = OpenSsl.function("SSL_get0_alpn_selected");
    private static final MethodHandle SESSION_REUSED = OpenSsl.function("SSL_session_reused");
    private static final MethodHandle GET1_PEER = OpenSsl.function("SSL_get1_peer_certificate");
    private static final MethodHandle PEER_CHAIN = OpenSsl.function("SSL_get_peer_cert_chain");
    private static final MethodHandle GET_SESSION = OpenSsl.function("SSL_get_session");
    private static final MethodHandle GET1_SESSION = OpenSsl.function("SSL_get1_session");
    private static final MethodHandle SET_SESSION = OpenSsl.function("SSL_set_session");
    private static final MethodHandle SESSION_ID = OpenSsl.function("SSL_SESSION_get_id");
    private static final MethodHandle SESSION_RESUMABLE = OpenSsl.function("SSL_SESSION_is_resumable");
    private static final MethodHandle SESSION_FREE = OpenSsl.function("SSL_SESSION_free");
    private static final MethodHandle EXPORT = Native.eight(OpenSsl.symbol("SSL_export_keying_material"));

    private static final MethodType ON_ARRAY =
            MethodType.methodType(int.class, long.class, byte[].class, int.class, int.class);

    /** These two are not final: see {@link Native#outOfLine}. */
    private static MethodHandle opening = Native.outOfLine(MethodHandles.lookup(), "open", ON_ARRAY);

    private static MethodHandle sealing = Native.outOfLine(MethodHandles.lookup(), "seal", ON_ARRAY);

    // ---- life

    /** Makes a connection, which holds its context. Returns 0 if memory is out; to be freed by {@link #free}. */
    public static long create(long context, boolean isServer) {
        long ssl = Native.callLong(NEW, context, 0, 0, 0, 0);
        if (ssl != 0) {
            Native.call(isServer ? ACCEPT_STATE : CONNECT_STATE, ssl, 0, 0, 0, 0);
        }
        return ssl;
    }

    /** Frees a connection. Its session stays good to be resumed. */
    public static void free(long ssl) {
        Native.call(SET_SHUTDOWN, ssl, SENT_AND_RECEIVED, 0, 0, 0);
        Native.call(FREE, ssl, 0, 0, 0, 0);
    }

    /** Has a connection read from one BIO and write to another; adds a holder to each. */
    public static void carry(long ssl, long input, long output) {
        LibCrypto.holdBio(input);
        LibCrypto.holdBio(output);
        Native.call(SET0_RBIO, ssl, input, 0, 0, 0);
        Native.call(SET0_WBIO, ssl, output, 0, 0, 0);
    }

    // ---- work

    /** Goes on with the handshake. Returns 1 when it is done; else {@link #error} says why not. May call back. */
    public static int handshake(long ssl) {
        return Native.call(DO_HANDSHAKE, ssl, 0, 0, 0, 0);
    }

    /** Reads plaintext into a heap array. Returns the number of bytes; else {@link #error} says why none. */
    public static int read(long ssl, byte[] into, int offset, int length) {
        Objects.checkFromIndexSize(offset, length, into.length);
        try {
            return (int) opening.invokeExact(ssl, into, offset, length);
        } catch (Throwable t) {
            throw Native.bug(t);
        }
    }

    static int open(long ssl, byte[] into, int offset, int length) {
        try {
            return (int) (long)
                    SSL_READ.invokeExact(ssl, Scratch.mine().segments().plainIn.from(into, offset), (long) length);
        } catch (Throwable t) {
            throw Native.bug(t);
        }
    }

    /** Writes plaintext of a heap array. Returns the number of bytes taken; else {@link #error} says why none. */
    public static int write(long ssl, byte[] from, int offset, int length) {
        Objects.checkFromIndexSize(offset, length, from.length);
        try {
            return (int) sealing.invokeExact(ssl, from, offset, length);
        } catch (Throwable t) {
            throw Native.bug(t);
        }
    }

    static int seal(long ssl, byte[] from, int offset, int length) {
        try {
            return (int) (long) SSL_WRITE.invokeExact(
                    ssl, Scratch.mine().segments().plainOut.from(from, offset), (long) length);
        } catch (Throwable t) {
            throw Native.bug(t);
        }
    }

    /**
     * Reads plaintext as {@link #read} does, where the context {@link LibSslContext#keepSecrets keeps secrets}: a key
     * update tells of new ones, and nothing may be called back out of a critical call.
     */
    public static int readCalledBack(long ssl, byte[] into, int offset, int length) {
        MemorySegment bytes = Scratch.mine().bytes();
        int n = Native.call(READ_ORDINARY, ssl, bytes.address(), Math.min(length, Scratch.BYTES), 0, 0);
        if (n > 0) {
            MemorySegment.copy(bytes, ValueLayout.JAVA_BYTE, 0, into, offset, n);
        }
        return n;
    }

    /** Writes plaintext as {@link #write} does, where the context keeps secrets. */
    public static int writeCalledBack(long ssl, byte[] from, int offset, int length) {
        MemorySegment bytes = Scratch.mine().bytes();
        int count = Math.min(length, Scratch.BYTES);
        MemorySegment.copy(from, offset, bytes, ValueLayout.JAVA_BYTE, 0, count);
        return Native.call(WRITE_ORDINARY, ssl, bytes.address(), count, 0, 0);
    }

    /** Returns what a result of the last call means (SSL_get_error(3)). */
    public static int error(long ssl, int result) {
        try {
            return (int) (long) SSL_GET_ERROR.invokeExact(ssl, (long) result);
        } catch (Throwable t) {
            throw Native.bug(t);
        }
    }

    /** Writes the end of our direction. */
    public static void shutdown(long ssl) {
        Native.call(SHUTDOWN, ssl, 0, 0, 0, 0);
    }

    // ---- a client's wishes

    /** Asks the server for the certificate of that host (SNI). */
    public static void askFor(long ssl, String host) {
        try (Arena arena = Arena.ofConfined()) {
            Native.callLong(
                    CTRL, ssl, CTRL_SET_HOST_NAME, 0, arena.allocateFrom(host).address(), 0);
        }
    }

    /** Accepts a certificate for that name alone. */
    public static void verifyName(long ssl, String host) {
        try (Arena arena = Arena.ofConfined()) {
            Native.call(SET_HOSTFLAGS, ssl, NO_PARTIAL_WILDCARDS, 0, 0, 0);
            Native.call(SET1_HOST, ssl, arena.allocateFrom(host).address(), 0, 0, 0);
        }
    }

    /** Accepts a certificate for that address alone. Returns 0 if it is no address. */
    public static int verifyAddress(long ssl, String address) {
        try (Arena arena = Arena.ofConfined()) {
            long parameters = Native.callLong(GET0_PARAM, ssl, 0, 0, 0, 0);
            return Native.call(SET1_IP, parameters, arena.allocateFrom(address).address(), 0, 0, 0);
        }
    }

    // ---- facts

    /** Returns what the verification of the peer's certificate came to, 0 for well (SSL_get_verify_result(3)). */
    public static long verifyResult(long ssl) {
        return Native.callLong(VERIFY_RESULT, ssl, 0, 0, 0, 0);
    }

    /** Returns the version of the protocol, such as {@code TLSv1.3}. */
    public static String version(long ssl) {
        return LibCrypto.text(Native.callLong(GET_VERSION, ssl, 0, 0, 0, 0));
    }

    /** Returns the registered name of the cipher suite. */
    public static String cipher(long ssl) {
        long cipher = Native.callLong(GET_CIPHER, ssl, 0, 0, 0, 0);
        return LibCrypto.text(Native.callLong(CIPHER_NAME, cipher, 0, 0, 0, 0));
    }

    /** Returns the name of the protocol that was agreed upon by ALPN; empty for none. */
    public static byte[] alpn(long ssl) {
        MemorySegment struct = Scratch.mine().struct;
        Native.call(GET0_ALPN, ssl, struct.address(), struct.address() + 8, 0, 0);
        long address = struct.get(ValueLayout.JAVA_LONG, 0);
        return address == 0 ? new byte[0] : LibCrypto.bytes(address, struct.get(ValueLayout.JAVA_INT, 8));
    }

    /** Returns whether an earlier session goes on. */
    public static boolean isResumed(long ssl) {
        return Native.call(SESSION_REUSED, ssl, 0, 0, 0, 0) == 1;
    }

    /** Returns the encoded certificates that the peer has shown, its own first. */
    public static byte[][] peerCertificates(long ssl, boolean isServer) {
        byte[][] chain = LibCrypto.encodedStack(Native.callLong(PEER_CHAIN, ssl, 0, 0, 0, 0));
        // The stack of a server has its client's own certificate not in it.
        long own = isServer || chain.length == 0 ? Native.callLong(GET1_PEER, ssl, 0, 0, 0, 0) : 0;
        if (own == 0) {
            return chain;
        }
        byte[][] all = new byte[chain.length + 1][];
        all[0] = LibCrypto.encoded(own);
        System.arraycopy(chain, 0, all, 1, chain.length);
        LibCrypto.freeCertificate(own);
        return all;
    }

    /** Derives secret bytes (SSL_export_keying_material(3)). Returns whether it could. */
    public static boolean export(long ssl, byte[] label, byte[] context, boolean hasContext, byte[] into) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment out = arena.allocate(into.length);
            MemorySegment name = arena.allocateFrom(ValueLayout.JAVA_BYTE, label);
            MemorySegment bound = arena.allocateFrom(ValueLayout.JAVA_BYTE, context);
            int result = (int) (long) EXPORT.invokeExact(
                    ssl,
                    out.address(),
                    (long) into.length,
                    name.address(),
                    (long) label.length,
                    bound.address(),
                    (long) context.length,
                    hasContext ? 1L : 0L);
            MemorySegment.copy(out, ValueLayout.JAVA_BYTE, 0, into, 0, into.length);
            return result == 1;
        } catch (Throwable t) {
            throw Native.bug(t);
        }
    }

    // ---- sessions

    /** Returns the session's identifier, empty if it has none. */
    public static byte[] sessionId(long ssl) {
        long session = Native.callLong(GET_SESSION, ssl, 0, 0, 0, 0);
        if (session == 0) {
            return new byte[0];
        }
        MemorySegment struct = Scratch.mine().struct;
        long address = Native.callLong(SESSION_ID, session, struct.address(), 0, 0, 0);
        return LibCrypto.bytes(address, struct.get(ValueLayout.JAVA_INT, 0));
    }

    /** Returns the session if it can be resumed, else 0; to be freed by {@link #freeSession}. */
    public static long resumableSession(long ssl) {
        long session = Native.callLong(GET1_SESSION, ssl, 0, 0, 0, 0);
        if (session != 0 && Native.call(SESSION_RESUMABLE, session, 0, 0, 0, 0) != 1) {
            freeSession(session);
            return 0;
        }
        return session;
    }

    /** Has a client's connection resume a session, to which it adds a holder. */
    public static void resume(long ssl, long session) {
        Native.call(SET_SESSION, ssl, session, 0, 0, 0);
    }

    /** Takes a holder from a session. */
    public static void freeSession(long session) {
        Native.call(SESSION_FREE, session, 0, 0, 0, 0);
    }
}
