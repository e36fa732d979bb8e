// SPDX-License-Identifier: Apache-2.0
package io.millrace.net;

import io.millrace.sys.Datagrams;
import io.millrace.sys.Sockets;
import io.millrace.sys.SysException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;

/**
 * The multicast side of a UDP socket (ip(7), ipv6(7)): groups it hears, and how what it sends goes to groups. A socket
 * hears those groups only that it has joined itself. An interface of {@code null} is the system's choice.
 */
public final class UdpGroups {
    private final int fd;
    private final boolean six;

    UdpGroups(int fd, InetSocketAddress address) {
        this.fd = fd;
        this.six = !(address.getAddress() instanceof Inet4Address);
    }

    /**
     * Hears a group from now on, on one interface.
     *
     * @throws SysException {@code ENODEV} without a way to the group, {@code EADDRINUSE} if it has joined already
     */
    public UdpGroups join(InetAddress group, NetworkInterface on) throws SysException {
        member("join", group, on, Datagrams.IP_ADD_MEMBERSHIP, Datagrams.IPV6_ADD_MEMBERSHIP);
        return this;
    }

    /** Hears it no longer. */
    public UdpGroups leave(InetAddress group, NetworkInterface on) throws SysException {
        member("leave", group, on, Datagrams.IP_DROP_MEMBERSHIP, Datagrams.IPV6_DROP_MEMBERSHIP);
        return this;
    }

    private void member(String what, InetAddress group, NetworkInterface on, int four, int sixth) throws SysException {
        if (!group.isMulticastAddress()) {
            throw new IllegalArgumentException(group.getHostAddress() + " is no multicast group");
        }
        if (group instanceof Inet4Address) {
            set(what, Datagrams.IPPROTO_IP, four, mreqn(group, on), group.getHostAddress());
        } else {
            byte[] mreq = ByteBuffer.allocate(Datagrams.MREQ6_SIZE)
                    .order(ByteOrder.nativeOrder())
                    .put(group.getAddress())
                    .putInt(index(on))
                    .array();
            set(what, Sockets.IPPROTO_IPV6, sixth, mreq, group.getHostAddress());
        }
    }

    /** struct ip_mreqn; the group is left out to choose an interface. */
    private static byte[] mreqn(@Nullable InetAddress group, NetworkInterface on) {
        ByteBuffer struct = ByteBuffer.allocate(Datagrams.MREQN_SIZE).order(ByteOrder.nativeOrder());
        if (group != null) {
            struct.put(group.getAddress());
        }
        return struct.putInt(Datagrams.MREQN_SIZE - Integer.BYTES, index(on)).array();
    }

    private static int index(NetworkInterface on) {
        return on == null ? 0 : on.getIndex();
    }

    /** By which interface what is sent to groups leaves. */
    public UdpGroups via(NetworkInterface by) throws SysException {
        set("IP_MULTICAST_IF", Datagrams.IPPROTO_IP, Datagrams.IP_MULTICAST_IF, mreqn(null, by), by);
        if (six) {
            set("IPV6_MULTICAST_IF", Sockets.IPPROTO_IPV6, Datagrams.IPV6_MULTICAST_IF, index(by));
        }
        return this;
    }

    /**
     * How many routers what is sent to groups may pass: 1, as at first, stays in the network, 0 on this machine.
     *
     * @throws IllegalArgumentException for another number than 0 to 255
     */
    public UdpGroups hops(int most) throws SysException {
        if (most < 0 || most > 255) {
            throw new IllegalArgumentException("0 to 255 hops, not " + most);
        }
        set("IP_MULTICAST_TTL", Datagrams.IPPROTO_IP, Datagrams.IP_MULTICAST_TTL, most);
        if (six) {
            set("IPV6_MULTICAST_HOPS", Sockets.IPPROTO_IPV6, Datagrams.IPV6_MULTICAST_HOPS, most);
        }
        return this;
    }

    /** Whether what is sent to groups is heard on this machine, too, as at first. */
    public UdpGroups loopback(boolean on) throws SysException {
        set("IP_MULTICAST_LOOP", Datagrams.IPPROTO_IP, Datagrams.IP_MULTICAST_LOOP, on ? 1 : 0);
        if (six) {
            set("IPV6_MULTICAST_LOOP", Sockets.IPPROTO_IPV6, Datagrams.IPV6_MULTICAST_LOOP, on ? 1 : 0);
        }
        return this;
    }

    private void set(String what, int level, int name, int value) throws SysException {
        UdpSocket.check(what, Sockets.setsockopt(fd, level, name, value), value);
    }

    private void set(String what, int level, int name, byte[] value, Object subject) throws SysException {
        UdpSocket.check(what, Sockets.setsockopt(fd, level, name, value), subject);
    }
}
