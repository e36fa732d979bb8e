// SPDX-License-Identifier: Apache-2.0
package io.millrace.socket;

import io.millrace.sys.Descriptors;
import io.millrace.sys.Platform;
import io.millrace.sys.Sockets;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Tells a service manager such as systemd how this process is (sd_notify(3)): a datagram to the Unix socket that
 * {@code NOTIFY_SOCKET} names. Never waits and never fails: a manager that does not read is not this process's fault.
 * Any thread may call.
 */
public final class ServiceNotifier {
    private static final String READY = "READY=1";

    private final UnixAddress socket;
    private final Duration watchdog;

    private ServiceNotifier(UnixAddress socket, Duration watchdog) {
        this.socket = socket;
        this.watchdog = watchdog;
    }

    /** Returns the manager that the environment names; {@code null} if there is none, or no system call can be made. */
    public static @Nullable ServiceNotifier fromEnvironment() {
        return from(System.getenv(), ProcessHandle.current().pid());
    }

    static @Nullable ServiceNotifier from(Map<String, String> environment, long process) {
        String where = environment.getOrDefault("NOTIFY_SOCKET", "");
        try {
            return Platform.whyNot() != null ? null : at(where, watchdog(environment, process));
        } catch (IllegalArgumentException e) {
            return null;
        }
    }

    /**
     * Returns a manager that listens at a path or, with {@code @} in front, at an abstract name.
     *
     * @param watchdog as {@link #watchdog}
     * @throws IllegalArgumentException if it is neither
     */
    public static ServiceNotifier at(String where, Duration watchdog) {
        if (where.startsWith("@")) {
            return new ServiceNotifier(UnixAddress.abstractName(where.substring(1)), watchdog);
        }
        if (!where.startsWith("/")) {
            throw new IllegalArgumentException("neither an absolute path nor an abstract name: " + where);
        }
        return new ServiceNotifier(UnixAddress.of(where), watchdog);
    }

    private static Duration watchdog(Map<String, String> environment, long process) {
        String micros = environment.getOrDefault("WATCHDOG_USEC", "");
        String owner = environment.getOrDefault("WATCHDOG_PID", Long.toString(process));
        boolean mine = micros.matches("[0-9]{1,15}") && owner.equals(Long.toString(process));
        return mine ? Duration.ofNanos(Long.parseLong(micros) * 1000) : Duration.ZERO;
    }

    /** Returns the time within which {@link #alive} has to be said again; zero if it need not be said. */
    public Duration watchdog() {
        return watchdog;
    }

    /** Says that the process serves, from its start or after {@link #reloading}. */
    public void ready(String status) {
        send(READY + status(status));
    }

    /** Says that the process reads its configuration again; {@link #ready} is to follow. */
    public void reloading() {
        // The clock is the monotonic one, by which the manager knows which reload this is.
        send("RELOADING=1\nMONOTONIC_USEC=" + System.nanoTime() / 1000 + status("reloading"));
    }

    /**
     * Says that the process is stopping.
     *
     * @param time how long that may take, for the manager to wait
     */
    public void stopping(Duration time, String status) {
        send("STOPPING=1\nEXTEND_TIMEOUT_USEC=" + time.toMillis() * 1000 + status(status));
    }

    /** Says that the process is alive, for the {@link #watchdog}. */
    public void alive() {
        send("WATCHDOG=1");
    }

    private static String status(String status) {
        return "\nSTATUS=" + status.replace('\n', ' ');
    }

    private void send(String text) {
        int fd = Sockets.socket(Sockets.AF_UNIX, Sockets.SOCK_DGRAM | Sockets.SOCK_CLOEXEC, 0);
        if (fd < 0) {
            return;
        }
        byte[] address = socket.encode();
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        if (Sockets.connect(fd, address, address.length) == 0) {
            Sockets.send(fd, bytes, 0, bytes.length, Sockets.MSG_NOSIGNAL);
        }
        Descriptors.close(fd);
    }
}
