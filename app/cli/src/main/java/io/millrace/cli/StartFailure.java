// SPDX-License-Identifier: Apache-2.0
package io.millrace.cli;

import io.millrace.sys.Errno;
import io.millrace.sys.SysException;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** One line that says why a server could not start: what was asked for, what is in the way, which option helps. */
final class StartFailure {
    private static final Path FIRST_FREE_PORT = Path.of("/proc/sys/net/ipv4/ip_unprivileged_port_start");

    private StartFailure() {}

    /** The line for a failure to listen on {@code address}. */
    static String line(IOException failure, SocketAddress address) {
        return address instanceof InetSocketAddress inet ? line(failure, inet) : "cannot listen: " + message(failure);
    }

    private static String line(IOException failure, InetSocketAddress address) {
        String attempt = "cannot listen on " + AddressFormat.text(address) + ": ";
        if (!(failure instanceof SysException sys)) {
            return attempt + message(failure);
        }
        return attempt
                + switch (sys.errno()) {
                    case Errno.EADDRINUSE -> inUse(address.getPort());
                    case Errno.EACCES -> notAllowed(address.getPort());
                    case Errno.EADDRNOTAVAIL ->
                        "this machine has no such address; --bind-address takes 0.0.0.0, ::, "
                                + String.join(", ", AddressFormat.local());
                    default -> message(failure);
                };
    }

    /** The line for a host that means nothing. */
    static String unknown(String host) {
        return "unknown address '" + host + "'; --bind-address takes an address of this machine: 0.0.0.0, ::, "
                + String.join(", ", AddressFormat.local());
    }

    private static String inUse(int port) {
        List<String> owners = PortOwner.of(port);
        String owner = owners.isEmpty() ? "another process" : String.join(", ", owners);
        return "the port is in use by " + owner + "; take another with --port, or --port 0 for any that is free";
    }

    private static String notAllowed(int port) {
        return "ports below " + firstFreePort() + " are for root (or CAP_NET_BIND_SERVICE); take a higher one than "
                + port + " with --port";
    }

    /** The first port that any process may listen on, 1024 unless the administrator moved it (ip(7)). */
    private static String firstFreePort() {
        // In one read(2): a second one that begins behind the first byte finds nothing (proc_sys(5)), and
        // Files.readString makes one where the size is unknown.
        try (InputStream in = Files.newInputStream(FIRST_FREE_PORT)) {
            return new String(in.readNBytes(16), StandardCharsets.US_ASCII).trim();
        } catch (IOException e) {
            return "1024";
        }
    }

    static String message(Throwable failure) {
        return failure.getMessage() == null ? failure.toString() : failure.getMessage();
    }
}
