// SPDX-License-Identifier: Apache-2.0
package io.millrace.net;

import io.millrace.sys.Errno;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** There is no connection: says what was tried, address by address, and what became of each. */
public final class ConnectFailure extends IOException {
    private static final long serialVersionUID = 1L;

    private final transient List<Tried> tried;

    /**
     * An address that was tried.
     *
     * @param address the address
     * @param errno the error number, positive; {@code EINPROGRESS} for one that had not answered yet
     */
    public record Tried(SocketAddress address, int errno) {
        @Override
        public String toString() {
            return text(address) + " " + (errno == Errno.EINPROGRESS ? "no answer" : Errno.describe(errno));
        }
    }

    ConnectFailure(SocketAddress to, @Nullable String why, List<Tried> tried, @Nullable Throwable cause) {
        super(message(to, why, tried), cause);
        this.tried = List.copyOf(tried);
    }

    private static String message(SocketAddress to, @Nullable String why, List<Tried> tried) {
        StringBuilder text = new StringBuilder("cannot connect to ").append(text(to));
        String before = ": ";
        if (why != null) {
            text.append(before).append(why);
            before = "; ";
        }
        for (Tried one : tried) {
            text.append(before).append(one);
            before = "; ";
        }
        return text.toString();
    }

    /** As people write it: {@code localhost:80}, {@code 192.0.2.1:80}, {@code unix:/run/a}. */
    private static String text(SocketAddress address) {
        if (!(address instanceof InetSocketAddress inet)) {
            return address.toString();
        }
        String host =
                inet.isUnresolved() ? inet.getHostString() : inet.getAddress().getHostAddress();
        return (host.contains(":") ? "[" + host + "]" : host) + ":" + inet.getPort();
    }

    /** The addresses that were tried, in the order in which they failed; none if the name had none. */
    public List<Tried> tried() {
        return tried;
    }
}
