// SPDX-License-Identifier: Apache-2.0
package io.millrace.socket;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.socket.Kernel.Sharing;
import io.millrace.socket.ListenFlags.Families;
import io.millrace.sys.Descriptors;
import io.millrace.sys.Sockets;
import io.millrace.sys.SysException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

/** Each way to set up a listening socket, asked back from the kernel. */
class ListenFlagsTest {
    private static final InetSocketAddress LOOPBACK = new InetSocketAddress("127.0.0.1", 0);

    private final Kernel kernel = Kernel.host();

    private int option(SocketAddress address, ListenFlags flags, int level, int name) throws SysException {
        int fd = kernel.listen(address, flags, Sharing.ALONE);
        try {
            int[] value = new int[1];
            assertEquals(0, Sockets.getsockopt(fd, level, name, value));
            return value[0];
        } finally {
            kernel.close(fd);
        }
    }

    @Test
    void usuallyTheAddressIsReusedAndNothingDeferred() throws Exception {
        assertEquals(1, option(LOOPBACK, ListenFlags.USUAL, Sockets.SOL_SOCKET, Sockets.SO_REUSEADDR));
        assertEquals(0, option(LOOPBACK, ListenFlags.USUAL, Sockets.IPPROTO_TCP, Sockets.TCP_DEFER_ACCEPT));
        assertEquals(0, option(LOOPBACK, ListenFlags.USUAL, Sockets.IPPROTO_TCP, Sockets.TCP_FASTOPEN));
    }

    @Test
    void eachCanBeChosen() throws Exception {
        ListenFlags flags =
                ListenFlags.USUAL.withReuseAddress(false).withDeferSeconds(7).withFastOpen(16);
        assertEquals(0, option(LOOPBACK, flags, Sockets.SOL_SOCKET, Sockets.SO_REUSEADDR));
        // The kernel counts retransmissions, so the time that comes back is rounded up to one.
        assertTrue(option(LOOPBACK, flags, Sockets.IPPROTO_TCP, Sockets.TCP_DEFER_ACCEPT) >= 7);
        assertEquals(16, option(LOOPBACK, flags, Sockets.IPPROTO_TCP, Sockets.TCP_FASTOPEN));
    }

    @Test
    void ipv6IsAloneOrNotAsChosen() throws Exception {
        InetSocketAddress any = new InetSocketAddress(InetAddress.getByName("::"), 0);
        InetSocketAddress one = new InetSocketAddress(InetAddress.getByName("::1"), 0);
        try {
            kernel.close(kernel.listen(one, ListenFlags.USUAL, Sharing.ALONE));
        } catch (SysException e) {
            Assumptions.abort("no IPv6 here: " + e.getMessage());
        }
        assertEquals(0, option(any, ListenFlags.USUAL, Sockets.IPPROTO_IPV6, Sockets.IPV6_V6ONLY));
        assertEquals(1, option(one, ListenFlags.USUAL, Sockets.IPPROTO_IPV6, Sockets.IPV6_V6ONLY));
        ListenFlags alone = ListenFlags.USUAL.withFamilies(Families.V6_ONLY);
        assertEquals(1, option(any, alone, Sockets.IPPROTO_IPV6, Sockets.IPV6_V6ONLY));
        assertEquals(0, option(any, alone.withFamilies(Families.BOTH), Sockets.IPPROTO_IPV6, Sockets.IPV6_V6ONLY));
    }

    @Test
    void nothingIsLeftToWhoIsStartedByUs() throws Exception {
        for (SocketAddress address : new SocketAddress[] {LOOPBACK, UnixAddress.abstractName("millrace-" + this)}) {
            int fd = kernel.listen(address, ListenFlags.USUAL, Sharing.ALONE);
            assertEquals(Descriptors.FD_CLOEXEC, Descriptors.fcntl(fd, Descriptors.F_GETFD, 0));
            assertNotEquals(0, Descriptors.fcntl(fd, Descriptors.F_GETFL, 0) & Descriptors.O_NONBLOCK);
            kernel.close(fd);
        }
    }

    @Test
    void nonsenseIsRefused() {
        assertThrows(IllegalArgumentException.class, () -> ListenFlags.USUAL.withBacklog(0));
        assertThrows(IllegalArgumentException.class, () -> ListenFlags.USUAL.withDeferSeconds(-1));
        assertThrows(IllegalArgumentException.class, () -> ListenFlags.USUAL.withFastOpen(-1));
        assertThrows(IllegalArgumentException.class, () -> ListenFlags.USUAL.withMode(01777));
    }
}
