// SPDX-License-Identifier: Apache-2.0
package io.millrace.transport;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.core.Link;
import io.millrace.core.ProtocolFactory;
import io.millrace.socket.InheritedSocket;
import io.millrace.socket.ListenFlags;
import io.millrace.socket.UnixAddress;
import io.millrace.socket.UnixPeer;
import io.millrace.sys.Errno;
import io.millrace.sys.SysException;
import io.millrace.transport.Servers.Echo;
import io.millrace.transport.Servers.Events;
import io.millrace.transport.Servers.Running;
import java.io.IOException;
import java.net.SocketAddress;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Listening on Unix sockets: the file, who may connect, who did. */
@Timeout(60)
class UnixSocketTest {
    @TempDir
    Path folder;

    private Running serve(int loops, ListenOptions options) throws IOException {
        return new Running(loops, options, () -> Echo::new);
    }

    private static String exchange(Path path, String text) throws IOException {
        try (SocketChannel client = SocketChannel.open(UnixDomainSocketAddress.of(path))) {
            client.write(ByteBuffer.wrap(text.getBytes(StandardCharsets.US_ASCII)));
            ByteBuffer answer = ByteBuffer.allocate(text.length());
            while (answer.hasRemaining() && client.read(answer) >= 0) {}
            return new String(answer.array(), 0, answer.position(), StandardCharsets.US_ASCII);
        }
    }

    private static boolean exists(Path path) {
        return Files.exists(path, LinkOption.NOFOLLOW_LINKS);
    }

    @Test
    void servesAndCleansUp() throws Exception {
        Path path = folder.resolve("a.sock");
        UnixAddress address = UnixAddress.of(path);
        try (Running server = serve(2, ListenOptions.on(address))) {
            assertEquals(address, server.listening.local());
            assertThrows(IllegalStateException.class, () -> server.listening.address());
            for (int i = 0; i < 50; i++) {
                assertEquals("ping", exchange(path, "ping"));
            }
            assertTrue(server.group.stop(Duration.ofSeconds(20)));
            assertFalse(exists(path), "the file has gone with the last loop's end");
        }
    }

    @Test
    void permissionsAreThoseAskedFor() throws Exception {
        for (String mode : new String[] {"rw-------", "rw-rw----", "rwxrwxrwx"}) {
            Path path = folder.resolve("b.sock");
            int bits = 0;
            for (int i = 0; i < 9; i++) {
                bits |= mode.charAt(i) == '-' ? 0 : 1 << (8 - i);
            }
            ListenOptions options = ListenOptions.on(UnixAddress.of(path)).withFlags(ListenFlags.USUAL.withMode(bits));
            try (Running server = serve(1, options)) {
                assertEquals(mode, PosixFilePermissions.toString(Files.getPosixFilePermissions(path)), "" + server);
            }
        }
    }

    /** The kernel leaves the file of a socket behind when its process dies (unix(7)). */
    @Test
    void aFileThatNobodyListensOnIsReplaced() throws Exception {
        Path path = folder.resolve("c.sock");
        ServerSocketChannel dead = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        dead.bind(UnixDomainSocketAddress.of(path));
        dead.close();
        assertTrue(exists(path));
        try (Running server = serve(1, ListenOptions.on(UnixAddress.of(path)))) {
            assertEquals("pong", exchange(path, "pong"), "" + server);
        }
    }

    @Test
    void oneThatSomebodyListensOnIsNot() throws Exception {
        Path path = folder.resolve("d.sock");
        try (Running first = serve(1, ListenOptions.on(UnixAddress.of(path)))) {
            SysException e = assertThrows(SysException.class, () -> serve(1, ListenOptions.on(UnixAddress.of(path))));
            assertEquals(Errno.EADDRINUSE, e.errno());
            assertTrue(e.getMessage().contains("another process listens"), e.getMessage());
            assertEquals("still", exchange(path, "still"), "" + first);
        }
    }

    @Test
    void aFileThatIsNoSocketIsLeftAlone() throws Exception {
        Path path = folder.resolve("notes.txt");
        Files.writeString(path, "do not lose me");
        SysException e = assertThrows(SysException.class, () -> serve(1, ListenOptions.on(UnixAddress.of(path))));
        assertTrue(e.getMessage().contains("no socket"), e.getMessage());
        assertEquals("do not lose me", Files.readString(path));
        Path link = folder.resolve("link.sock");
        Files.createSymbolicLink(link, path);
        assertThrows(SysException.class, () -> serve(1, ListenOptions.on(UnixAddress.of(link))));
        assertEquals("do not lose me", Files.readString(path));
        assertTrue(exists(link));
    }

    /** Another server has taken the path over meanwhile: its file is not ours to remove. */
    @Test
    void aSuccessorsFileStays() throws Exception {
        Path path = folder.resolve("e.sock");
        try (Running first = serve(1, ListenOptions.on(UnixAddress.of(path)))) {
            Files.delete(path);
            try (Running second = serve(1, ListenOptions.on(UnixAddress.of(path)))) {
                first.group.stop(Duration.ofSeconds(20));
                assertEquals("mine", exchange(path, "mine"), "" + second);
            }
        }
        assertFalse(exists(path));
    }

    @Test
    void aFolderThatIsNotThereIsSaid() {
        UnixAddress address = UnixAddress.of(folder.resolve("no/such/folder.sock"));
        SysException e = assertThrows(SysException.class, () -> serve(1, ListenOptions.on(address)));
        assertEquals(Errno.ENOENT, e.errno());
        assertTrue(e.getMessage().contains("folder.sock"), e.getMessage());
    }

    @Test
    void reusePortIsRefused() {
        ListenOptions options = ListenOptions.on(UnixAddress.of(folder.resolve("f.sock")));
        assertEquals(AcceptDistribution.SHARED, options.spread());
        assertThrows(IllegalArgumentException.class, () -> options.withSpread(AcceptDistribution.REUSE_PORT));
        ListenOptions inherited = ListenOptions.on(InheritedSocket.of(3));
        assertThrows(IllegalArgumentException.class, () -> inherited.withSpread(AcceptDistribution.REUSE_PORT));
        SocketAddress other = UnixDomainSocketAddress.of(folder.resolve("g.sock"));
        assertThrows(IllegalArgumentException.class, () -> ListenOptions.on(other));
    }

    @Test
    void thePeerIsKnown() throws Exception {
        Path path = folder.resolve("h.sock");
        Events<SocketAddress> peers = new Events<>();
        Events<SocketAddress> locals = new Events<>();
        ProtocolFactory factory = () -> new Echo() {
            @Override
            public void opened(Link link) {
                peers.add(link.peer());
                locals.add(link.local());
            }
        };
        try (Running server = new Running(1, ListenOptions.on(UnixAddress.of(path)), () -> factory)) {
            assertEquals("who", exchange(path, "who"), "" + server);
            UnixPeer peer = assertInstanceOf(UnixPeer.class, peers.next());
            assertEquals(ProcessHandle.current().pid(), peer.process());
            assertEquals(Files.getAttribute(path, "unix:uid"), peer.user());
            assertEquals(Files.getAttribute(path, "unix:gid"), peer.group());
            assertEquals(UnixAddress.UNNAMED, peer);
            assertEquals(UnixAddress.of(path), locals.next());
        }
    }
}
