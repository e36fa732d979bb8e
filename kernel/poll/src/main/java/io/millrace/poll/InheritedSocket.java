// SPDX-License-Identifier: Apache-2.0
package io.millrace.poll;

import java.net.SocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * A socket that listens already and that this process was started with: from systemd (sd_listen_fds(3):
 * {@code LISTEN_PID}, {@code LISTEN_FDS}, {@code LISTEN_FDNAMES}) or from whoever else leaves a descriptor open. Stands
 * where an address could stand.
 */
public final class InheritedSocket extends SocketAddress {
    private static final long serialVersionUID = 1L;

    private static final String SCHEME = "fd:";

    /** SD_LISTEN_FDS_START. */
    private static final int FIRST = 3;

    /** What systemd calls a socket that has no name. */
    private static final String UNKNOWN = "unknown";

    private final int descriptor;
    private final String name;

    private InheritedSocket(int descriptor, String name) {
        this.descriptor = descriptor;
        this.name = name;
    }

    /** The socket under a descriptor of this process. */
    public static InheritedSocket of(int descriptor) {
        if (descriptor < 0) {
            throw new IllegalArgumentException("a descriptor is not negative: " + descriptor);
        }
        return new InheritedSocket(descriptor, UNKNOWN);
    }

    /**
     * The sockets that this process was handed, in their order; none if the variables are for another process.
     *
     * @throws IllegalArgumentException if the variables cannot be understood
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
     * What {@code fd:3} and {@code fd:name} stand for, or {@code null} for a text that does not begin so.
     *
     * @throws IllegalArgumentException if no socket of that name was inherited
     */
    public static InheritedSocket parse(String text) {
        return parse(text, System.getenv(), ProcessHandle.current().pid());
    }

    static InheritedSocket parse(String text, Map<String, String> environment, long process) {
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

    /** The descriptor. */
    public int descriptor() {
        return descriptor;
    }

    /** The name that it was given, {@code unknown} if none. */
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

    /** {@code fd:3}, {@code fd:3 (web)}. */
    @Override
    public String toString() {
        return SCHEME + descriptor + (name.equals(UNKNOWN) ? "" : " (" + name + ")");
    }
}
