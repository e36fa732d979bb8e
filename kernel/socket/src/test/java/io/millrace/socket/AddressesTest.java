// SPDX-License-Identifier: Apache-2.0
package io.millrace.socket;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.socket.Kernel.Sharing;
import io.millrace.sys.Descriptors;
import io.millrace.sys.Errno;
import io.millrace.sys.Sockets;
import io.millrace.sys.SysException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Addresses that are not IP: Unix sockets and what was inherited. */
class AddressesTest {
    private static final Map<String, String> SYSTEMD =
            Map.of("LISTEN_PID", "4711", "LISTEN_FDS", "3", "LISTEN_FDNAMES", "web:admin:");

    @Test
    void unixAddressesSayWhatTheyAre() {
        UnixAddress path = UnixAddress.of("/run/a.sock");
        assertEquals("/run/a.sock", path.path());
        assertNull(path.abstractName());
        assertEquals("unix:/run/a.sock", path.toString());
        UnixAddress name = UnixAddress.abstractName("a");
        assertEquals("a", name.abstractName());
        assertNull(name.path());
        assertEquals("unix:@a", name.toString());
        assertEquals("unix:", UnixAddress.UNNAMED.toString());
        assertEquals(path, UnixAddress.parse("unix:/run/a.sock"));
        assertEquals(name, UnixAddress.parse("unix:@a"));
        assertNull(UnixAddress.parse("127.0.0.1:80"));
        assertNotEquals(UnixAddress.of("a"), name);
        assertEquals(path, new UnixPeer(path, 1, 2, 3));
    }

    @Test
    void whatCannotBeAUnixAddressIsRefused() {
        assertEquals(107, UnixAddress.LONGEST);
        UnixAddress.of("x".repeat(107));
        UnixAddress.abstractName("x".repeat(107));
        assertThrows(IllegalArgumentException.class, () -> UnixAddress.of("x".repeat(108)));
        assertThrows(IllegalArgumentException.class, () -> UnixAddress.of("ü".repeat(54)), "108 bytes in UTF-8");
        assertThrows(IllegalArgumentException.class, () -> UnixAddress.abstractName("x".repeat(108)));
        assertThrows(IllegalArgumentException.class, () -> UnixAddress.of(""));
        assertThrows(IllegalArgumentException.class, () -> UnixAddress.of("/run/a\0b"));
        assertThrows(IllegalArgumentException.class, () -> UnixAddress.of("/run/\uFFFD.sock"), "was not decoded");
        assertThrows(IllegalArgumentException.class, () -> UnixAddress.of("/run/\uD83D.sock"), "half a character");
        assertThrows(IllegalArgumentException.class, () -> UnixAddress.abstractName("\uFFFD"));
        assertThrows(IllegalArgumentException.class, () -> UnixAddress.parse("unix:"));
        assertThrows(IllegalArgumentException.class, () -> UnixAddress.parse("unix:@"));
    }

    /** The longest path there is, taken by the kernel and told by it, with every byte. */
    @Test
    void theLongestNamesGoToTheKernelAndBack(@TempDir Path folder) throws Exception {
        Kernel kernel = Kernel.host();
        String prefix = folder.toRealPath() + "/";
        UnixAddress path = UnixAddress.of(prefix + "p".repeat(UnixAddress.LONGEST - prefix.length()));
        UnixAddress name = UnixAddress.abstractName(
                "\0" + "n".repeat(90) + ProcessHandle.current().pid());
        for (UnixAddress address : List.of(path, name)) {
            int fd = kernel.listen(address, ListenFlags.USUAL, Sharing.ALONE);
            assertEquals(address, kernel.local(fd));
            kernel.close(fd);
            kernel.unlinkSocket(address);
        }
    }

    @Test
    void inheritedSocketsAreFoundByName() {
        assertEquals(
                "[fd:3 (web), fd:4 (admin), fd:5]",
                InheritedSocket.all(SYSTEMD, 4711).toString());
        assertEquals(4, InheritedSocket.parse("fd:admin", SYSTEMD, 4711).descriptor());
        assertEquals(9, InheritedSocket.parse("fd:9", SYSTEMD, 4711).descriptor());
        assertNull(InheritedSocket.parse("unix:/a", SYSTEMD, 4711));
        IllegalArgumentException e =
                assertThrows(IllegalArgumentException.class, () -> InheritedSocket.parse("fd:mail", SYSTEMD, 4711));
        assertTrue(e.getMessage().contains("fd:4 (admin)"), e.getMessage());
    }

    /** A child must not take for its own what its parent was handed (sd_listen_fds(3)). */
    @Test
    void whatWasForAnotherProcessIsNotTaken() {
        assertEquals(List.of(), InheritedSocket.all(SYSTEMD, 4712));
        assertEquals(List.of(), InheritedSocket.all(Map.of(), 4711));
        assertThrows(IllegalArgumentException.class, () -> InheritedSocket.parse("fd:web", SYSTEMD, 4712));
        Map<String, String> broken = Map.of("LISTEN_PID", "4711", "LISTEN_FDS", "many");
        assertThrows(IllegalArgumentException.class, () -> InheritedSocket.all(broken, 4711));
    }

    private static int errno(int fd) {
        SysException e = assertThrows(
                SysException.class,
                () -> Kernel.host().listen(InheritedSocket.of(fd), ListenFlags.USUAL, Sharing.ALONE));
        assertTrue(e.getMessage().contains("fd:" + fd), e.getMessage());
        return e.errno();
    }

    @Test
    void whatIsInheritedMustBeAListeningStreamSocket() throws Exception {
        int pipe = Descriptors.eventfd(0, 0);
        int datagram = Sockets.socket(Sockets.AF_INET, Sockets.SOCK_DGRAM, 0);
        int silent = Sockets.socket(Sockets.AF_INET, Sockets.SOCK_STREAM, 0);
        assertEquals(Errno.ENOTSOCK, errno(pipe));
        assertEquals(Errno.EPROTOTYPE, errno(datagram));
        assertEquals(Errno.EINVAL, errno(silent));
        Descriptors.close(pipe);
        Descriptors.close(datagram);
        assertEquals(Errno.EBADF, errno(datagram));
        Sockets.listen(silent, 1);
        assertEquals(silent, Kernel.host().listen(InheritedSocket.of(silent), ListenFlags.USUAL, Sharing.ALONE));
        assertEquals(Descriptors.FD_CLOEXEC, Descriptors.fcntl(silent, Descriptors.F_GETFD, 0));
        assertNotEquals(0, Descriptors.fcntl(silent, Descriptors.F_GETFL, 0) & Descriptors.O_NONBLOCK);
        Descriptors.close(silent);
    }
}
