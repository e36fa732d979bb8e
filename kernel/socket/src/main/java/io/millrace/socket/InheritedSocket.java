// SPDX-License-Identifier: Apache-2.0
package io.millrace.socket;

import java.net.SocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A listening socket that this process has inherited: from systemd (sd_listen_fds(3): {@code LISTEN_PID},
 * {@code LISTEN_FDS}, {@code LISTEN_FDNAMES}) or from any other program that has left a descriptor open. It can be used
 * in place of an address.
 */
public final class InheritedSocket extends SocketAddress {
    private static final long serialVersionUID = 1L;

    private static final String SCHEME = "fd:";

    /** SD_LISTEN_FDS_START. */
    private static final int FIRST = 3;

    /** The name that systemd gives to a socket without a name. */
    private static final String UNKNOWN = "unknown";

    private final int descriptor;
    private final String name;

    private InheritedSocket(int descriptor, String name) {
        this.descriptor = descriptor;
        this.name = name;
    }

    /**
     * Returns the socket under a descriptor of this process.
     *
     * @throws IllegalArgumentException if the descriptor is negative
     */
    public static InheritedSocket of(int descriptor) {
        if (descriptor < 0) {
            throw new IllegalArgumentException("a descriptor is not negative: " + descriptor);
        }
        return new InheritedSocket(descriptor, UNKNOWN);
    }

    /**
     * Returns the sockets that the environment names, in their order; none if the variables are for another process.
     *
     * @throws IllegalArgumentException if the variables are malformed
     */
    public static List<InheritedSocket> all() {
        return all(System.getenv(), ProcessHandle.current().pid());
    }

    static List<InheritedSocket> all(Map<String, String> environment, long process) {
        String owner = environment.get("LISTEN_PID");
        String count = environment.get("LISTEN_FDS");
        if (owner == null || count == null || number(owner, "LISTEN_PID") != process) {
            return List.of();
        }
        String[] names = environment.getOrDefault("LISTEN_FDNAMES", "").split(":", -1);
        List<InheritedSocket> sockets = new ArrayList<>();
        for (int i = 0, n = (int) number(count, "LISTEN_FDS"); i < n; i++) {
            String name = i < names.length && !names[i].isEmpty() ? names[i] : UNKNOWN;
            sockets.add(new InheritedSocket(FIRST + i, name));
        }
        return sockets;
    }

    private static long number(String text, String variable) {
        if (!text.matches("[0-9]{1,9}")) {
            throw new IllegalArgumentException(variable + " is no number: " + text);
        }
        return Long.parseLong(text);
    }

    /**
     * Returns the socket that {@code fd:3} or {@code fd:name} stands for, or {@code null} if the text does not begin
     * with {@code fd:}.
     *
     * @throws IllegalArgumentException if no socket of that name was inherited
     */
    public static @Nullable InheritedSocket parse(String text) {
        return parse(text, System.getenv(), ProcessHandle.current().pid());
    }

    static @Nullable InheritedSocket parse(String text, Map<String, String> environment, long process) {
        if (!text.startsWith(SCHEME)) {
            return null;
        }
        String which = text.substring(SCHEME.length());
        if (which.matches("[0-9]{1,9}")) {
            return of(Integer.parseInt(which));
        }
        List<InheritedSocket> all = all(environment, process);
        for (InheritedSocket socket : all) {
            if (socket.name.equals(which)) {
                return socket;
            }
        }
        throw new IllegalArgumentException("no socket named '" + which + "' was inherited; "
                + (all.isEmpty() ? "LISTEN_FDS names none for this process" : "there are " + all));
    }

    /** Returns the descriptor. */
    public int descriptor() {
        return descriptor;
    }

    /** Returns the name that it was given, or {@code unknown}. */
    public String name() {
        return name;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof InheritedSocket that && descriptor == that.descriptor;
    }

    @Override
    public int hashCode() {
        return descriptor;
    }

    /** Returns {@code fd:3}, or with a name {@code fd:3 (web)}. */
    @Override
    public String toString() {
        return SCHEME + descriptor + (name.equals(UNKNOWN) ? "" : " (" + name + ")");
    }
}
