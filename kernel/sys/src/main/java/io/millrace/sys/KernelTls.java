// SPDX-License-Identifier: Apache-2.0
package io.millrace.sys;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * TLS in the kernel: TCP_ULP "tls" (tcp(7)), SOL_TLS and its options, records of another type by sendmsg(2) and
 * cmsg(3). For the direction that is sent, of TLS 1.3.
 *
 * <pre>
 *   struct tls12_crypto_info_aes_gcm_128    version u16 | cipher u16 | iv 8 | key 16 | salt 4 | sequence 8    40 bytes
 *   struct tls12_crypto_info_aes_gcm_256    version u16 | cipher u16 | iv 8 | key 32 | salt 4 | sequence 8    56
 *   struct tls12_crypto_info_chacha20_...   version u16 | cipher u16 | iv 12 | key 32 | sequence 8            56
 * </pre>
 */
public final class KernelTls {
    private KernelTls() {}

    public static final int AES_GCM_128 = 51;
    public static final int AES_GCM_256 = 52;
    public static final int CHACHA20_POLY1305 = 54;

    private static final int TCP_ULP = 31;
    private static final int SOL_TLS = 282;
    private static final int TLS_TX = 1;
    private static final int TLS_SET_RECORD_TYPE = 1;
    private static final short TLS_1_3 = 0x0304;
    private static final int SALT = 4;

    /**
     * Offsets in the scratch structure: struct msghdr, struct iovec, struct cmsghdr with a byte behind it, the content.
     */
    private static final int IOVEC = 56;

    private static final int CONTROL = 72;
    private static final int CMSG_LEN = 17;
    private static final int CMSG_SPACE = 24;
    private static final int CONTENT = CONTROL + CMSG_SPACE;

    /** The longest content of a record that is sent by {@link #sendRecord}. */
    public static final int MOST_CONTENT = 128;

    private static final MethodHandle SENDMSG = Native.function("sendmsg");

    /** Puts TLS on a connected TCP socket; until keys are set nothing changes. Returns 0 or -errno. */
    public static int attach(int fd) {
        return Sockets.setsockopt(fd, Sockets.IPPROTO_TCP, TCP_ULP, new byte[] {'t', 'l', 's'});
    }

    /**
     * Has a socket protect what is sent from now on. {@code iv} has 12 bytes, {@code sequence} is the number of the
     * next record. Returns 0 or -errno.
     */
    public static int protectOutput(int fd, int cipher, byte[] key, byte[] iv, long sequence) {
        byte[] info = new byte[4 + iv.length + key.length + Long.BYTES];
        ByteBuffer struct = ByteBuffer.wrap(info).order(ByteOrder.nativeOrder());
        struct.putShort(TLS_1_3).putShort((short) cipher);
        if (cipher == CHACHA20_POLY1305) {
            struct.put(iv).put(key);
        } else {
            struct.put(iv, SALT, iv.length - SALT).put(key).put(iv, 0, SALT);
        }
        struct.order(ByteOrder.BIG_ENDIAN).putLong(sequence);
        int result = Sockets.setsockopt(fd, SOL_TLS, TLS_TX, info);
        Arrays.fill(info, (byte) 0);
        return result;
    }

    /**
     * Sends a record of that content type, up to {@value #MOST_CONTENT} bytes, without waiting. Returns the number of
     * bytes, or -errno.
     */
    public static int sendRecord(int fd, int type, byte[] content, int offset, int length) {
        MemorySegment struct = Native.Scratch.mine().struct;
        struct.asSlice(0, CONTENT).fill((byte) 0);
        MemorySegment.copy(content, offset, struct, ValueLayout.JAVA_BYTE, CONTENT, length);
        struct.set(ValueLayout.JAVA_LONG, 16, struct.address() + IOVEC);
        struct.set(ValueLayout.JAVA_LONG, 24, 1);
        struct.set(ValueLayout.JAVA_LONG, 32, struct.address() + CONTROL);
        struct.set(ValueLayout.JAVA_LONG, 40, CMSG_SPACE);
        struct.set(ValueLayout.JAVA_LONG, IOVEC, struct.address() + CONTENT);
        struct.set(ValueLayout.JAVA_LONG, IOVEC + 8, length);
        struct.set(ValueLayout.JAVA_LONG, CONTROL, CMSG_LEN);
        struct.set(ValueLayout.JAVA_INT, CONTROL + 8, SOL_TLS);
        struct.set(ValueLayout.JAVA_INT, CONTROL + 12, TLS_SET_RECORD_TYPE);
        struct.set(ValueLayout.JAVA_BYTE, CONTROL + 16, (byte) type);
        return Native.call(SENDMSG, fd, struct.address(), Sockets.MSG_DONTWAIT | Sockets.MSG_NOSIGNAL, 0, 0);
    }
}
