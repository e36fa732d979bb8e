// SPDX-License-Identifier: Apache-2.0
package io.millrace.openssl;

import io.millrace.sys.Descriptors;
import io.millrace.sys.Errno;
import io.millrace.sys.KernelTls;
import io.millrace.sys.SocketAddresses;
import io.millrace.sys.Sockets;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;

/** Finds out, once, whether this kernel encrypts for TCP sockets: by a connection to itself. */
final class KernelSupport {

    /** The system property that keeps the kernel from encrypting, by {@code off}. */
    static final String PROPERTY = "millrace.ktls";

    /** Why it does not, {@code null} if it does. */
    static final @Nullable String WHY_NOT = probe();

    private KernelSupport() {}

    private static @Nullable String probe() {
        if ("off".equals(System.getProperty(PROPERTY))) {
            return "-D" + PROPERTY + "=off";
        }
        int type = Sockets.SOCK_STREAM | Sockets.SOCK_CLOEXEC;
        int listener = Sockets.socket(Sockets.AF_INET, type, 0);
        int client = Sockets.socket(Sockets.AF_INET, type, 0);
        try {
            return explain(attach(listener, client));
        } finally {
            Descriptors.close(client);
            Descriptors.close(listener);
        }
    }

    private static int attach(int listener, int client) {
        byte[] address = SocketAddresses.encode(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
        int result = Sockets.bind(listener, address, address.length);
        result = result < 0 ? result : Sockets.listen(listener, 1);
        byte[] bound = new byte[address.length];
        result = result < 0 ? result : Sockets.getsockname(listener, bound);
        result = result < 0 ? result : Sockets.connect(client, bound, bound.length);
        return result < 0 ? result : KernelTls.attach(client);
    }

    private static @Nullable String explain(int result) {
        return switch (-result) {
            case 0 -> null;
            case Errno.ENOENT -> "this kernel has no TLS (CONFIG_TLS, the module tls)";
            default -> "TLS of the kernel: " + Errno.describe(-result);
        };
    }
}
