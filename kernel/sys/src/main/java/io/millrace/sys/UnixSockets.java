// SPDX-License-Identifier: Apache-2.0
package io.millrace.sys;

import io.millrace.sys.Native.Scratch;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/**
 * What only Unix sockets can do (unix(7)): tell who is at the other end, and pass descriptors together with bytes:
 * sendmsg(2), recvmsg(2), cmsg(3).
 *
 * <pre>
 * struct msghdr    name ptr | name length u32 | iov ptr | iov count u64 | control ptr | control length u64 | flags i32   = 56
 * struct iovec     base ptr | length u64                                                                             = 16
 * struct cmsghdr   length u64, this header included | level i32 | type i32 | data, padded to 8                           = 16 + data
 * struct ucred     process i32 | user u32 | group u32                                                                = 12
 * </pre>
 */
public final class UnixSockets {
    private UnixSockets() {}

    public static final int SO_PEERCRED = 17;
    public static final int SCM_RIGHTS = 1;
    public static final int MSG_CTRUNC = 8;
    public static final int MSG_CMSG_CLOEXEC = 0x40000000;

    /** The most descriptors that one message carries; more are EINVAL (unix(7)). */
    public static final int SCM_MAX_FD = 253;

    static final int MSGHDR_SIZE = 56;
    static final int MSG_NAME = 0;
    static final int MSG_NAMELEN = 8;
    static final int MSG_IOV = 16;
    static final int MSG_IOVLEN = 24;
    static final int MSG_CONTROL = 32;
    static final int MSG_CONTROLLEN = 40;
    static final int MSG_FLAGS = 48;
    static final int IOVEC_SIZE = 16;
    static final int IOV_LEN = 8;
    static final int CMSG_LEVEL = 8;
    static final int CMSG_TYPE = 12;
    static final int CMSG_DATA = 16;
    static final int UCRED_SIZE = 12;

    /** In the scratch structure: a message, and behind it its one part. */
    private static final int PART_AT = 64;

    private static final MethodHandle SENDMSG = Native.function("sendmsg");
    private static final MethodHandle RECVMSG = Native.function("recvmsg");

    /**
     * Reads who connected, or made the pair, as the kernel noted it at that time: process, user and group into
     * {@code values[0..2]} (struct ucred). The process is 0 if it is in another namespace. Returns 0 or -errno.
     */
    public static int credentials(int fd, int[] values) {
        byte[] struct = new byte[UCRED_SIZE];
        int result = Sockets.getsockopt(fd, Sockets.SOL_SOCKET, SO_PEERCRED, struct);
        for (int i = 0; i < values.length; i++) {
            values[i] = MemorySegment.ofArray(struct).get(ValueLayout.JAVA_INT_UNALIGNED, i * ((long) Integer.BYTES));
        }
        return Math.min(result, 0);
    }

    /** Descriptors that are passed: {@link #send} takes them and {@link #receive} fills them in. */
    public static final class Rights {
        /** The descriptors, the first {@link #count} entries. */
        public final int[] descriptors;

        /** The number of descriptors. */
        public int count;

        /** Whether more came than there was room for (MSG_CTRUNC); the kernel has closed those. */
        public boolean truncated;

        /** Makes room for {@code capacity} descriptors, at most {@link #SCM_MAX_FD}. */
        public Rights(int capacity) {
            descriptors = new int[capacity];
        }
    }

    /**
     * Sends at least one byte with copies of descriptors. Does not block. Returns the number of bytes taken, which may
     * be fewer than {@code length}, or -errno. The descriptors have been sent if any byte was.
     */
    public static int send(int fd, byte[] bytes, int offset, int length, Rights rights) {
        Scratch scratch = Scratch.mine();
        int taken = Math.min(length, Scratch.BYTES);
        MemorySegment.copy(bytes, offset, scratch.bytes(), ValueLayout.JAVA_BYTE, 0, taken);
        MemorySegment control = scratch.path;
        int size = CMSG_DATA + rights.count * Integer.BYTES;
        control.set(ValueLayout.JAVA_LONG, 0, size);
        control.set(ValueLayout.JAVA_INT, CMSG_LEVEL, Sockets.SOL_SOCKET);
        control.set(ValueLayout.JAVA_INT, CMSG_TYPE, SCM_RIGHTS);
        MemorySegment.copy(rights.descriptors, 0, control, ValueLayout.JAVA_INT, CMSG_DATA, rights.count);
        long message = message(scratch, taken, rights.count == 0 ? 0 : size);
        return Native.call(SENDMSG, fd, message, Sockets.MSG_NOSIGNAL | Sockets.MSG_DONTWAIT, 0, 0);
    }

    /**
     * Receives bytes and the descriptors that came with them, which are marked to be closed on exec and which the
     * caller has to close. Does not block. Returns the number of bytes, 0 at the end of the stream, or -errno.
     */
    public static int receive(int fd, byte[] into, int offset, int length, Rights rights) {
        Scratch scratch = Scratch.mine();
        // Not padded as CMSG_SPACE would: the kernel would put one more descriptor into the padding than there is room
        // for.
        int size = CMSG_DATA + Math.min(rights.descriptors.length, SCM_MAX_FD) * Integer.BYTES;
        long message = message(scratch, Math.min(length, Scratch.BYTES), size);
        rights.count = 0;
        rights.truncated = false;
        int n = Native.call(RECVMSG, fd, message, MSG_CMSG_CLOEXEC | Sockets.MSG_DONTWAIT, 0, 0);
        if (n >= 0) {
            MemorySegment.copy(scratch.bytes(), ValueLayout.JAVA_BYTE, 0, into, offset, n);
            takeRights(scratch.path, (int) scratch.struct.get(ValueLayout.JAVA_LONG, MSG_CONTROLLEN), rights);
            rights.truncated = (scratch.struct.get(ValueLayout.JAVA_INT, MSG_FLAGS) & MSG_CTRUNC) != 0;
        }
        return n;
    }

    /** Makes a message of one part in the scratch memory and returns its address. */
    private static long message(Scratch scratch, int length, int control) {
        MemorySegment struct = scratch.struct;
        struct.asSlice(0, PART_AT).fill((byte) 0);
        struct.set(ValueLayout.JAVA_LONG, MSG_IOV, struct.address() + PART_AT);
        struct.set(ValueLayout.JAVA_LONG, MSG_IOVLEN, 1);
        struct.set(ValueLayout.JAVA_LONG, MSG_CONTROL, control == 0 ? 0 : scratch.path.address());
        struct.set(ValueLayout.JAVA_LONG, MSG_CONTROLLEN, control);
        struct.set(ValueLayout.JAVA_LONG, PART_AT, scratch.bytes().address());
        struct.set(ValueLayout.JAVA_LONG, PART_AT + IOV_LEN, length);
        return struct.address();
    }

    /** Looks through the control messages: there may be others beside the one with descriptors. */
    private static void takeRights(MemorySegment control, int length, Rights rights) {
        for (int at = 0; at + CMSG_DATA <= length; ) {
            int size = (int) control.get(ValueLayout.JAVA_LONG, at);
            if (size < CMSG_DATA) {
                break;
            }
            if (control.get(ValueLayout.JAVA_INT, at + CMSG_LEVEL) == Sockets.SOL_SOCKET
                    && control.get(ValueLayout.JAVA_INT, at + CMSG_TYPE) == SCM_RIGHTS) {
                for (int fd = at + CMSG_DATA; fd < at + size; fd += Integer.BYTES) {
                    rights.descriptors[rights.count++] = control.get(ValueLayout.JAVA_INT, fd);
                }
            }
            at += aligned(size);
        }
    }

    private static int aligned(int size) {
        return size + 7 & ~7;
    }
}
