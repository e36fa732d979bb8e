// SPDX-License-Identifier: Apache-2.0
package io.millrace.sys;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Several datagrams in one call: recvmmsg(2), sendmmsg(2), udp(7). An object is the native memory for {@code count}
 * datagrams of up to {@code size} bytes, in one direction at a time. Not safe for use by several threads at once.
 *
 * <pre>
 * struct mmsghdr   struct msghdr (see UnixSockets) | bytes received or sent u32, padded                = 64
 * one datagram     mmsghdr 64 | iovec 16 | address 32 | control 24, padded 32 | payload, size bytes
 * </pre>
 */
public final class Datagrams {
    public static final int MSG_TRUNC = 0x20;
    public static final int SOL_UDP = 17;
    public static final int UDP_SEGMENT = 103;
    public static final int UDP_GRO = 104;
    public static final int IPPROTO_IP = 0;
    public static final int IP_MULTICAST_IF = 32;
    public static final int IP_MULTICAST_TTL = 33;
    public static final int IP_MULTICAST_LOOP = 34;
    public static final int IP_ADD_MEMBERSHIP = 35;
    public static final int IP_DROP_MEMBERSHIP = 36;
    public static final int IP_MULTICAST_ALL = 49;
    public static final int IPV6_MULTICAST_IF = 17;
    public static final int IPV6_MULTICAST_HOPS = 18;
    public static final int IPV6_MULTICAST_LOOP = 19;
    public static final int IPV6_ADD_MEMBERSHIP = 20;
    public static final int IPV6_DROP_MEMBERSHIP = 21;
    public static final int IPV6_MULTICAST_ALL = 29;

    /** struct ip_mreqn: group 4 bytes | local address 4 bytes | interface i32. */
    public static final int MREQN_SIZE = 12;

    /** struct ipv6_mreq: group 16 bytes | interface i32. */
    public static final int MREQ6_SIZE = 20;

    static final int MMSGHDR_SIZE = 64;
    static final int MMSG_LEN = 56;

    private static final int PART_AT = MMSGHDR_SIZE;
    private static final int ADDRESS_AT = PART_AT + UnixSockets.IOVEC_SIZE;
    private static final int ADDRESS_ROOM = 32;
    private static final int CONTROL_AT = ADDRESS_AT + ADDRESS_ROOM;
    private static final int CONTROL_ROOM = 32;
    private static final int HEADERS = CONTROL_AT + CONTROL_ROOM;

    private static final MethodHandle RECVMMSG = Native.function("recvmmsg");
    private static final MethodHandle SENDMMSG = Native.function("sendmmsg");

    private final int count;
    private final int size;

    /** First all mmsghdr, as the kernel wants them, then what belongs to each. */
    private final MemorySegment memory;

    /**
     * The same, for copies from and to arrays: those of a segment make an object for the array, which the compiler does
     * not always do without.
     */
    private final ByteBuffer bytes;

    /** Makes room for {@code count} datagrams of up to {@code size} bytes. The garbage collector frees the memory. */
    public Datagrams(int count, int size) {
        this.count = count;
        this.size = size + 7 & ~7;
        this.memory = Arena.ofAuto().allocate((long) count * (HEADERS + this.size), 8);
        this.bytes = memory.asByteBuffer();
        for (int i = 0; i < count; i++) {
            long header = header(i);
            memory.set(ValueLayout.JAVA_LONG, header + UnixSockets.MSG_NAME, memory.address() + at(i, ADDRESS_AT));
            memory.set(ValueLayout.JAVA_LONG, header + UnixSockets.MSG_IOV, memory.address() + at(i, PART_AT));
            memory.set(ValueLayout.JAVA_LONG, header + UnixSockets.MSG_IOVLEN, 1);
            memory.set(ValueLayout.JAVA_LONG, at(i, PART_AT), memory.address() + at(i, HEADERS));
        }
    }

    /** Returns the number of datagrams that there is room for. */
    public int count() {
        return count;
    }

    private static long header(int index) {
        return (long) index * MMSGHDR_SIZE;
    }

    /** Where a part of datagram {@code index} lies; parts are counted as if each had its header in front. */
    private long at(int index, int part) {
        return (long) count * MMSGHDR_SIZE + (long) index * (HEADERS - MMSGHDR_SIZE + size) + part - MMSGHDR_SIZE;
    }

    /** Receives up to {@code most} datagrams. Does not block. Returns their number, at least 1, or -errno. */
    public int receive(int fd, int most) {
        for (int i = 0; i < most; i++) {
            long header = header(i);
            memory.set(ValueLayout.JAVA_INT, header + UnixSockets.MSG_NAMELEN, ADDRESS_ROOM);
            memory.set(ValueLayout.JAVA_LONG, header + UnixSockets.MSG_CONTROL, memory.address() + at(i, CONTROL_AT));
            memory.set(ValueLayout.JAVA_LONG, header + UnixSockets.MSG_CONTROLLEN, CONTROL_ROOM);
            memory.set(ValueLayout.JAVA_LONG, at(i, PART_AT) + UnixSockets.IOV_LEN, size);
        }
        return Native.call(RECVMMSG, fd, memory.address(), most, Sockets.MSG_DONTWAIT | MSG_TRUNC, 0);
    }

    /** Returns the length of datagram {@code index} as it was sent, which may be more than there was room for. */
    public int length(int index) {
        return memory.get(ValueLayout.JAVA_INT, header(index) + MMSG_LEN);
    }

    /** Tells whether datagram {@code index} was longer than there was room for. */
    public boolean truncated(int index) {
        return (memory.get(ValueLayout.JAVA_INT, header(index) + UnixSockets.MSG_FLAGS) & MSG_TRUNC) != 0;
    }

    /**
     * Returns the length of the datagrams that the kernel has put together into this one (UDP_GRO); the last may be
     * shorter. 0 for a single datagram.
     */
    public int segment(int index) {
        long control = at(index, CONTROL_AT);
        long length = memory.get(ValueLayout.JAVA_LONG, header(index) + UnixSockets.MSG_CONTROLLEN);
        boolean gro = length >= UnixSockets.CMSG_DATA + Integer.BYTES
                && memory.get(ValueLayout.JAVA_INT, control + UnixSockets.CMSG_LEVEL) == SOL_UDP
                && memory.get(ValueLayout.JAVA_INT, control + UnixSockets.CMSG_TYPE) == UDP_GRO;
        return gro ? memory.get(ValueLayout.JAVA_INT, control + UnixSockets.CMSG_DATA) : 0;
    }

    /** Copies the struct sockaddr of the sender of datagram {@code index}. */
    public void address(int index, byte[] into) {
        bytes.get((int) at(index, ADDRESS_AT), into, 0, Math.min(into.length, ADDRESS_ROOM));
    }

    /** Copies the payload of datagram {@code index}, as much of it as there was room for. Returns its length. */
    public int copy(int index, byte[] into) {
        int length = Math.min(length(index), Math.min(size, into.length));
        bytes.get((int) at(index, HEADERS), into, 0, length);
        return length;
    }

    /** Sets the payload of datagram {@code index} for {@link #send}; no longer than there is room for. */
    public void put(int index, byte[] from, int offset, int length) {
        bytes.put((int) at(index, HEADERS), from, offset, length);
        memory.set(ValueLayout.JAVA_LONG, at(index, PART_AT), memory.address() + at(index, HEADERS));
        memory.set(ValueLayout.JAVA_LONG, at(index, PART_AT) + UnixSockets.IOV_LEN, length);
    }

    /**
     * Sets where datagram {@code index} is sent to, a struct sockaddr, or {@code null} for the peer of a connected
     * socket; and the length of the pieces that the kernel cuts it into (UDP_SEGMENT), 0 for none.
     */
    public void address(int index, byte @Nullable [] address, int segment) {
        long header = header(index);
        int length = address == null ? 0 : address.length;
        if (length > 0) {
            bytes.put((int) at(index, ADDRESS_AT), address, 0, length);
        }
        memory.set(ValueLayout.JAVA_INT, header + UnixSockets.MSG_NAMELEN, length);
        long control = at(index, CONTROL_AT);
        int size = UnixSockets.CMSG_DATA + Short.BYTES;
        memory.set(
                ValueLayout.JAVA_LONG, header + UnixSockets.MSG_CONTROL, segment == 0 ? 0 : memory.address() + control);
        memory.set(ValueLayout.JAVA_LONG, header + UnixSockets.MSG_CONTROLLEN, segment == 0 ? 0 : size);
        memory.set(ValueLayout.JAVA_LONG, control, size);
        memory.set(ValueLayout.JAVA_INT, control + UnixSockets.CMSG_LEVEL, SOL_UDP);
        memory.set(ValueLayout.JAVA_INT, control + UnixSockets.CMSG_TYPE, UDP_SEGMENT);
        memory.set(ValueLayout.JAVA_SHORT, control + UnixSockets.CMSG_DATA, (short) segment);
    }

    /** Has only a piece of the payload of datagram {@code index} sent, not cut any further. */
    public void piece(int index, int offset, int length) {
        memory.set(ValueLayout.JAVA_LONG, at(index, PART_AT), memory.address() + at(index, HEADERS) + offset);
        memory.set(ValueLayout.JAVA_LONG, at(index, PART_AT) + UnixSockets.IOV_LEN, length);
        memory.set(ValueLayout.JAVA_LONG, header(index) + UnixSockets.MSG_CONTROL, 0);
        memory.set(ValueLayout.JAVA_LONG, header(index) + UnixSockets.MSG_CONTROLLEN, 0);
    }

    /**
     * Sends the datagrams from {@code first} to {@code end - 1}. Does not block. Returns the number taken, at least 1,
     * or -errno of the first.
     */
    public int send(int fd, int first, int end) {
        return Native.call(
                SENDMMSG,
                fd,
                memory.address() + header(first),
                end - first,
                Sockets.MSG_DONTWAIT | Sockets.MSG_NOSIGNAL,
                0);
    }
}
