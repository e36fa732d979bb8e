// SPDX-License-Identifier: Apache-2.0
package io.millrace.sys;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * What connections of OpenSSL's libssl have in common: SSL_CTX_new(3) and its settings. Pointers are longs. A context
 * may be used by several threads once it is set. Only where {@link OpenSsl#whyNot} is {@code null}.
 */
public final class LibSslContext {
    private LibSslContext() {}

    public static final int TLS1_2 = 0x0303;
    public static final int TLS1_3 = 0x0304;
    public static final long OP_NO_COMPRESSION = 1L << 17;
    public static final long OP_CIPHER_SERVER_PREFERENCE = 1L << 22;
    public static final long OP_NO_RENEGOTIATION = 1L << 30;
    public static final long MODE_ENABLE_PARTIAL_WRITE = 0x1;
    public static final long MODE_ACCEPT_MOVING_WRITE_BUFFER = 0x2;
    public static final long MODE_NO_AUTO_CHAIN = 0x8;
    public static final long MODE_RELEASE_BUFFERS = 0x10;
    public static final int VERIFY_PEER = 1;
    public static final int VERIFY_FAIL_IF_NO_PEER_CERT = 2;

    /** Bytes that session tickets are protected with: a name and two keys. */
    public static final int TICKET_KEY_BYTES = 80;

    private static final int CTRL_MODE = 33;
    private static final int CTRL_SET_SESS_CACHE_MODE = 44;
    private static final int CTRL_SET_TICKET_KEYS = 59;
    private static final int CTRL_CHAIN_CERT = 89;
    private static final int CTRL_SET_MIN_PROTO_VERSION = 123;
    private static final int OK = 0;
    private static final int ALERT_FATAL = 2;
    private static final int NEGOTIATED = 1;

    private static final MethodHandle SERVER_METHOD = OpenSsl.function("TLS_server_method");
    private static final MethodHandle CLIENT_METHOD = OpenSsl.function("TLS_client_method");
    private static final MethodHandle NEW = OpenSsl.function("SSL_CTX_new");
    private static final MethodHandle FREE = OpenSsl.function("SSL_CTX_free");
    private static final MethodHandle CTRL = OpenSsl.function("SSL_CTX_ctrl");
    private static final MethodHandle SET_OPTIONS = OpenSsl.function("SSL_CTX_set_options");
    private static final MethodHandle SET_CIPHER_LIST = OpenSsl.function("SSL_CTX_set_cipher_list");
    private static final MethodHandle USE_CERTIFICATE = OpenSsl.function("SSL_CTX_use_certificate");
    private static final MethodHandle USE_KEY = OpenSsl.function("SSL_CTX_use_PrivateKey");
    private static final MethodHandle CHECK_KEY = OpenSsl.function("SSL_CTX_check_private_key");
    private static final MethodHandle SET_VERIFY = OpenSsl.function("SSL_CTX_set_verify");
    private static final MethodHandle GET_STORE = OpenSsl.function("SSL_CTX_get_cert_store");
    private static final MethodHandle STORE_ADD = OpenSsl.function("X509_STORE_add_cert");
    private static final MethodHandle ADD_CLIENT_CA = OpenSsl.function("SSL_CTX_add_client_CA");
    private static final MethodHandle SET_ID_CONTEXT = OpenSsl.function("SSL_CTX_set_session_id_context");
    private static final MethodHandle SET_NUM_TICKETS = OpenSsl.function("SSL_CTX_set_num_tickets");
    private static final MethodHandle SET_ALPN_PROTOS = OpenSsl.function("SSL_CTX_set_alpn_protos");
    private static final MethodHandle SET_ALPN_SELECT = OpenSsl.function("SSL_CTX_set_alpn_select_cb");
    private static final MethodHandle SET_KEYLOG = OpenSsl.function("SSL_CTX_set_keylog_callback");
    private static final MethodHandle SELECT_NEXT = OpenSsl.function("SSL_select_next_proto");

    // ---- life

    /** Makes a context. Returns 0 if memory is out; to be freed by {@link #free}. */
    public static long create(boolean isServer) {
        long method = Native.callLong(isServer ? SERVER_METHOD : CLIENT_METHOD, 0, 0, 0, 0, 0);
        return Native.callLong(NEW, method, 0, 0, 0, 0);
    }

    /** Takes a holder from a context; connections are holders, too. */
    public static void free(long context) {
        Native.call(FREE, context, 0, 0, 0, 0);
    }

    // ---- settings

    /** Sets the lowest version that is spoken. */
    public static void minVersion(long context, int version) {
        Native.callLong(CTRL, context, CTRL_SET_MIN_PROTO_VERSION, version, 0, 0);
    }

    /** Adds modes (SSL_CTX_set_mode(3)). */
    public static void addModes(long context, long modes) {
        Native.callLong(CTRL, context, CTRL_MODE, modes, 0, 0);
    }

    /** Adds options (SSL_CTX_set_options(3)). */
    public static void addOptions(long context, long options) {
        Native.callLong(SET_OPTIONS, context, options, 0, 0, 0);
    }

    /** Sets the cipher suites of TLS 1.2. Returns 1, or 0 if none of them is known. */
    public static int ciphers(long context, String list) {
        try (Arena arena = Arena.ofConfined()) {
            return Native.call(
                    SET_CIPHER_LIST, context, arena.allocateFrom(list).address(), 0, 0, 0);
        }
    }

    /** Keeps no sessions in memory: tickets alone carry them. */
    public static void noSessionCache(long context) {
        Native.callLong(CTRL, context, CTRL_SET_SESS_CACHE_MODE, 0, 0, 0);
    }

    /** Sets what tickets are protected with: {@value #TICKET_KEY_BYTES} bytes. Returns 1, or 0 if it cannot be. */
    public static int ticketKeys(long context, byte[] keys) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment bytes = arena.allocateFrom(ValueLayout.JAVA_BYTE, keys);
            int result = (int) Native.callLong(CTRL, context, CTRL_SET_TICKET_KEYS, keys.length, bytes.address(), 0);
            bytes.fill((byte) 0);
            return result;
        }
    }

    /** Sets how many tickets a full handshake gives out. */
    public static void tickets(long context, int count) {
        Native.call(SET_NUM_TICKETS, context, count, 0, 0, 0);
    }

    /** Names what sessions belong to: up to 32 bytes. */
    public static void sessionIdContext(long context, byte[] id) {
        try (Arena arena = Arena.ofConfined()) {
            long bytes = arena.allocateFrom(ValueLayout.JAVA_BYTE, id).address();
            Native.call(SET_ID_CONTEXT, context, bytes, id.length, 0, 0);
        }
    }

    // ---- certificates

    /** Uses a certificate, to which the context adds a holder. Returns 1, or 0 if it cannot. */
    public static int useCertificate(long context, long certificate) {
        return Native.call(USE_CERTIFICATE, context, certificate, 0, 0, 0);
    }

    /** Sends another certificate behind the one used last. Returns 1, or 0 if it cannot. */
    public static int addToChain(long context, long certificate) {
        return (int) Native.callLong(CTRL, context, CTRL_CHAIN_CERT, 1, certificate, 0);
    }

    /** Uses the private key of the certificate used last. Returns 1, or 0 if it does not belong to it. */
    public static int useKey(long context, long key) {
        int result = Native.call(USE_KEY, context, key, 0, 0, 0);
        return result == 1 ? Native.call(CHECK_KEY, context, 0, 0, 0, 0) : result;
    }

    /** Believes what an authority has signed. */
    public static void trust(long context, long certificate) {
        Native.call(STORE_ADD, Native.callLong(GET_STORE, context, 0, 0, 0, 0), certificate, 0, 0, 0);
    }

    /** Names an authority to clients that are asked for certificates. */
    public static void nameToClients(long context, long certificate) {
        Native.call(ADD_CLIENT_CA, context, certificate, 0, 0, 0);
    }

    /** Sets how the peer's certificate is verified (SSL_CTX_set_verify(3)). */
    public static void verify(long context, int mode) {
        Native.call(SET_VERIFY, context, mode, 0, 0, 0);
    }

    // ---- ALPN

    /** A list of protocols in native memory, which lives as long as this object. */
    public static final class Protocols {
        private final MemorySegment list;
        private final int length;

        /** Copies a list: each name behind its length. */
        public Protocols(byte[] wire) {
            this.length = wire.length;
            this.list = Arena.ofAuto().allocate(Integer.BYTES + Math.max(1, wire.length), 8);
            list.set(ValueLayout.JAVA_INT, 0, length);
            MemorySegment.copy(wire, 0, list, ValueLayout.JAVA_BYTE, Integer.BYTES, length);
        }
    }

    /** Has a client offer protocols, the preferred one first. */
    public static void offer(long context, Protocols protocols) {
        Native.call(SET_ALPN_PROTOS, context, protocols.list.address() + Integer.BYTES, protocols.length, 0, 0);
    }

    /**
     * Has a server choose among protocols, the preferred one first, and refuse clients that offer others alone. The
     * list must live as long as the context and its connections.
     */
    public static void choose(long context, Protocols protocols) {
        Native.call(SET_ALPN_SELECT, context, Chooser.ADDRESS, protocols.list.address(), 0, 0);
    }

    // ---- secrets

    /**
     * What a handshake of TLS 1.3 agrees upon, one after another; {@code null} is what has not been yet.
     *
     * @param client the traffic secret of what the client sends
     * @param server the traffic secret of what the server sends
     * @param exporter what other secrets are derived from
     */
    public record Secrets(byte @Nullable [] client, byte @Nullable [] server, byte @Nullable [] exporter) {

        /** Returns these, and what another has instead of what is not here yet. */
        public Secrets or(@Nullable Secrets other) {
            return other == null
                    ? this
                    : new Secrets(
                            client == null ? other.client : client,
                            server == null ? other.server : server,
                            exporter == null ? other.exporter : exporter);
        }
    }

    /** Has {@link #takeSecrets} know what handshakes of the context agree upon. */
    public static void keepSecrets(long context) {
        Native.call(SET_KEYLOG, context, SecretKeeper.ADDRESS, 0, 0, 0);
    }

    /**
     * Returns the secrets that a handshake on this thread has agreed upon since this was last asked, {@code null} for
     * none. Those of the handshake itself are not kept.
     */
    public static @Nullable Secrets takeSecrets() {
        return SecretKeeper.take();
    }

    /** Called back in {@link LibSsl#handshake} with a line for each secret (SSL_CTX_set_keylog_callback(3)). */
    private static final class SecretKeeper {
        private static final byte[][] WANTED = {
            "CLIENT_TRAFFIC_SECRET_0 ".getBytes(StandardCharsets.US_ASCII),
            "SERVER_TRAFFIC_SECRET_0 ".getBytes(StandardCharsets.US_ASCII),
            "EXPORTER_SECRET ".getBytes(StandardCharsets.US_ASCII)
        };

        /** What stands between the label and the secret: the client's random bytes, in hexadecimal digits. */
        private static final int RANDOM_DIGITS = 64;

        private static final int MOST_SECRET = 48;
        private static final ThreadLocal<@Nullable Secrets> SECRETS = new ThreadLocal<>();
        static final long ADDRESS = Native.callback(
                Native.outOfLine(
                        MethodHandles.lookup(), "keep", MethodType.methodType(void.class, long.class, long.class)),
                FunctionDescriptor.ofVoid(ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG));

        static @Nullable Secrets take() {
            Secrets taken = SECRETS.get();
            if (taken != null) {
                SECRETS.remove();
            }
            return taken;
        }

        static void keep(long ssl, long line) {
            try {
                for (int i = 0; i < WANTED.length; i++) {
                    if (startsWith(line, WANTED[i])) {
                        byte[] secret = digits(line + WANTED[i].length + RANDOM_DIGITS + 1);
                        Secrets one =
                                new Secrets(i == 0 ? secret : null, i == 1 ? secret : null, i == 2 ? secret : null);
                        SECRETS.set(one.or(SECRETS.get()));
                    }
                }
            } catch (Throwable t) {
                // Nothing may be thrown through C code; without secrets OpenSSL goes on with the records itself.
                SECRETS.remove();
            }
        }

        private static boolean startsWith(long line, byte[] label) {
            for (int i = 0; i < label.length; i++) {
                if (LibCrypto.MEMORY.get(ValueLayout.JAVA_BYTE, line + i) != label[i]) {
                    return false;
                }
            }
            return true;
        }

        private static byte[] digits(long at) {
            byte[] bytes = new byte[MOST_SECRET];
            int count = 0;
            for (; LibCrypto.MEMORY.get(ValueLayout.JAVA_BYTE, at + 2L * count) != 0; count++) {
                bytes[count] = (byte) (digit(at + 2L * count) << 4 | digit(at + 2L * count + 1));
            }
            return count == MOST_SECRET ? bytes : Arrays.copyOf(bytes, count);
        }

        private static int digit(long at) {
            return Character.digit(LibCrypto.MEMORY.get(ValueLayout.JAVA_BYTE, at), 16);
        }
    }

    /** Called back to choose among protocols, in {@link LibSsl#handshake} alone. */
    private static final class Chooser {
        private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG;
        private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT;
        static final long ADDRESS = Native.callback(
                Native.outOfLine(
                        MethodHandles.lookup(),
                        "select",
                        MethodType.methodType(
                                int.class, long.class, long.class, long.class, long.class, int.class, long.class)),
                FunctionDescriptor.of(INT, LONG, LONG, LONG, LONG, INT, LONG));

        static int select(long ssl, long out, long outLength, long offered, int length, long list) {
            try {
                int own = LibCrypto.MEMORY.get(INT, list);
                int result = Native.call(SELECT_NEXT, out, outLength, list + Integer.BYTES, own, offered, length);
                return result == NEGOTIATED ? OK : ALERT_FATAL;
            } catch (Throwable t) {
                // Nothing may be thrown through C code.
                return ALERT_FATAL;
            }
        }
    }
}
