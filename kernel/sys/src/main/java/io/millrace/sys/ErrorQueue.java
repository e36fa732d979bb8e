// SPDX-License-Identifier: Apache-2.0
package io.millrace.sys;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/**
 * The error queue of a socket: what the network has answered to datagrams that it has sent (ip(7) IP_RECVERR,
 * recvmsg(2) MSG_ERRQUEUE). An object is the native memory for one message. Not safe for use by several threads at
 * once.
 *
 * <pre>
 * struct sock_extended_err   errno u32 | origin u8 | type u8 | code u8 | pad u8 | info u32 | data u32      = 16
 * one message                msghdr 56, padded | iovec 16 | receiver's address 32 | cmsghdr 16 | sock_extended_err 16, then who said so
 * </pre>
 */
public final class ErrorQueue {
    public static final int MSG_ERRQUEUE = 0x2000;
    public static final int IP_RECVERR = 11;
    public static final int IPV6_RECVERR = 25;

    static final int EE_ERRNO = 0;
    static final int EXTENDED_ERR_SIZE = 16;

    private static final int PART_AT = 64;
    private static final int ADDRESS_AT = PART_AT + UnixSockets.IOVEC_SIZE;
    private static final int ADDRESS_ROOM = 32;
    private static final int CONTROL_AT = ADDRESS_AT + ADDRESS_ROOM;
    private static final int CONTROL_ROOM = 128;

    private static final MethodHandle RECVMSG = Native.function("recvmsg");

    private final MemorySegment memory = Arena.ofAuto().allocate(CONTROL_AT + CONTROL_ROOM, 8);

    /** Makes room for one message. The garbage collector frees the memory. */
    public ErrorQueue() {}

    /**
     * Has the kernel keep the errors of a socket from now on. {@code six} says that it is a socket of IPv6; over that
     * it may send to IPv4 as well, so the errors of both are kept. Returns 0 or -errno.
     */
    public static int keep(int fd, boolean six) {
        int result = Sockets.setsockopt(fd, Datagrams.IPPROTO_IP, IP_RECVERR, 1);
        return six ? Sockets.setsockopt(fd, Sockets.IPPROTO_IPV6, IPV6_RECVERR, 1) : result;
    }

    /**
     * Takes the oldest error out of the queue. Does not wait.
     *
     * @param receiver gets the struct sockaddr that the datagram was sent to
     * @return the error number, positive; or -errno, which is -EAGAIN if there is none
     */
    public int take(int fd, byte[] receiver) {
        long at = memory.address();
        memory.set(ValueLayout.JAVA_LONG, UnixSockets.MSG_NAME, at + ADDRESS_AT);
        memory.set(ValueLayout.JAVA_INT, UnixSockets.MSG_NAMELEN, ADDRESS_ROOM);
        memory.set(ValueLayout.JAVA_LONG, UnixSockets.MSG_IOV, at + PART_AT);
        memory.set(ValueLayout.JAVA_LONG, UnixSockets.MSG_IOVLEN, 1);
        memory.set(ValueLayout.JAVA_LONG, UnixSockets.MSG_CONTROL, at + CONTROL_AT);
        memory.set(ValueLayout.JAVA_LONG, UnixSockets.MSG_CONTROLLEN, CONTROL_ROOM);
        // The start of the datagram comes with it: there is no room for any of that.
        memory.set(ValueLayout.JAVA_LONG, PART_AT, at + PART_AT);
        memory.set(ValueLayout.JAVA_LONG, PART_AT + UnixSockets.IOV_LEN, 0);
        int n = Native.call(RECVMSG, fd, at, MSG_ERRQUEUE | Sockets.MSG_DONTWAIT, 0, 0);
        if (n < 0) {
            return n;
        }
        MemorySegment.copy(
                memory, ValueLayout.JAVA_BYTE, ADDRESS_AT, receiver, 0, Math.min(receiver.length, ADDRESS_ROOM));
        int error = error();
        return error > 0 ? error : -Errno.EIO;
    }

    /**
     * Returns the error number in the first control message that has one, or 0. Control messages are padded to 8 bytes
     * (cmsg(3)).
     */
    private int error() {
        long end = CONTROL_AT + memory.get(ValueLayout.JAVA_LONG, UnixSockets.MSG_CONTROLLEN);
        for (long at = CONTROL_AT; at + UnixSockets.CMSG_DATA + EXTENDED_ERR_SIZE <= end; ) {
            int level = memory.get(ValueLayout.JAVA_INT, at + UnixSockets.CMSG_LEVEL);
            int type = memory.get(ValueLayout.JAVA_INT, at + UnixSockets.CMSG_TYPE);
            if ((level == Datagrams.IPPROTO_IP && type == IP_RECVERR)
                    || (level == Sockets.IPPROTO_IPV6 && type == IPV6_RECVERR)) {
                return memory.get(ValueLayout.JAVA_INT, at + UnixSockets.CMSG_DATA + EE_ERRNO);
            }
            at += memory.get(ValueLayout.JAVA_LONG, at) + 7 & ~7L;
        }
        return 0;
    }
}
