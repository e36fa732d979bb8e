// SPDX-License-Identifier: Apache-2.0
package io.millrace.filters;

import io.millrace.http.Request;
import io.millrace.http.Response;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;

/** What filters say of and to clients. */
final class Clients {
    private Clients() {}

    /**
     * Returns what clients are told apart by: the address, of IPv6 the network of 64 bits that a host has for itself.
     */
    static String key(Request request) {
        if (!(request.peer() instanceof InetSocketAddress peer)) {
            return "local";
        }
        InetAddress address = peer.getAddress();
        return address instanceof Inet6Address
                ? Arrays.toString(Arrays.copyOf(address.getAddress(), 8))
                : address.getHostAddress();
    }

    /** Answers that the client is to come back later. */
    static void tooMany(Response response, long nanos) {
        long seconds = TimeUnit.NANOSECONDS.toSeconds(nanos) + 1;
        response.status(429).setHeader("Retry-After", String.valueOf(seconds)).send("429 Too Many Requests\n");
    }
}
