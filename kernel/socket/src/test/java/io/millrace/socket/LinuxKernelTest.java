// SPDX-License-Identifier: Apache-2.0
package io.millrace.socket;

import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.millrace.socket.Kernel.Sharing;
import io.millrace.sys.Platform;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What sockets of this machine's kernel are like, beyond what the loop's own tests see. */
@Timeout(60)
final class LinuxKernelTest {
    private static final int MOST = 1024 * 1024;

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void littleIsKeptOfAPeerThatReadsNothing(boolean inherited) throws Exception {
        assumeTrue(Platform.whyNot() == null, () -> Platform.whyNot());
        Kernel kernel = Kernel.host();
        InetSocketAddress anyPort = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
        int listener = kernel.listen(anyPort, ListenFlags.USUAL, Sharing.ALONE);
        if (inherited) {
            kernel.setNotsentLowat(listener);
        }
        try (Socket peer = new Socket()) {
            peer.setReceiveBufferSize(4096);
            peer.connect(kernel.local(listener));
            int connection = accept(kernel, listener);
            if (!inherited) {
                kernel.setNotsentLowat(connection);
            }
            try {
                int taken = fill(kernel, connection);
                assertTrue(taken > 0 && taken < MOST, "the kernel took " + taken + " bytes that nobody reads");
            } finally {
                kernel.close(connection);
            }
        } finally {
            kernel.close(listener);
        }
    }

    // The connection of a connect(2) on loopback that has returned is in the queue.
    private static int accept(Kernel kernel, int listener) {
        int connection = kernel.accept(listener, new RawSockaddr());
        assertTrue(connection >= 0, "accept: " + connection);
        return connection;
    }

    // Bytes until the socket takes no more, or more than it should.
    private static int fill(Kernel kernel, int connection) {
        byte[] bytes = new byte[16 * 1024];
        int taken = 0;
        while (taken < 4 * MOST) {
            int count = kernel.send(connection, bytes, 0, bytes.length, false);
            if (count < 0) {
                return taken;
            }
            taken += count;
        }
        return taken;
    }
}
