// SPDX-License-Identifier: Apache-2.0
package io.millrace.cli;

import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * Which process listens on a TCP port, as far as this user may know: /proc/net/tcp names the socket's inode
 * (proc_pid_net(5)), and the process that holds it has a link to {@code socket:[inode]} among its descriptors
 * (proc_pid_fd(5)). The descriptors of other users' processes are hidden from other users.
 */
final class PortOwner {
    private static final String LISTEN = "0A";

    private final Path proc;

    /** Reads from another folder than /proc in a test. */
    PortOwner(Path proc) {
        this.proc = proc;
    }

    /** {@code "java (pid 4711)"} for each process that listens on the port; empty where nothing can be known. */
    static List<String> of(int port) {
        return new PortOwner(Path.of("/proc")).owners(port);
    }

    List<String> owners(int port) {
        Set<String> sockets = new HashSet<>();
        addListening(proc.resolve("net/tcp"), port, sockets);
        addListening(proc.resolve("net/tcp6"), port, sockets);
        List<String> owners = new ArrayList<>();
        if (!sockets.isEmpty()) {
            try (DirectoryStream<Path> processes = Files.newDirectoryStream(proc, "[1-9]*")) {
                for (Path process : processes) {
                    if (holds(process, sockets)) {
                        owners.add(name(process) + " (pid " + process.getFileName() + ")");
                    }
                }
            } catch (IOException | DirectoryIteratorException e) {
                return owners;
            }
        }
        return owners;
    }

    /** Columns: number, local address:port in hexadecimal, remote, state, ... and the inode as the tenth. */
    private static void addListening(Path table, int port, Set<String> sockets) {
        String suffix = String.format(Locale.ROOT, ":%04X", port);
        try {
            for (String line : Files.readAllLines(table)) {
                String[] columns = line.trim().split("\\s+");
                if (columns.length > 9 && columns[1].endsWith(suffix) && columns[3].equals(LISTEN)) {
                    sockets.add("socket:[" + columns[9] + "]");
                }
            }
        } catch (IOException e) {
            // No such table: not Linux, or a machine without IPv6. Then it names no socket.
        }
    }

    private static boolean holds(Path process, Set<String> sockets) {
        try (DirectoryStream<Path> descriptors = Files.newDirectoryStream(process.resolve("fd"))) {
            for (Path descriptor : descriptors) {
                if (sockets.contains(target(descriptor))) {
                    return true;
                }
            }
            return false;
        } catch (IOException | DirectoryIteratorException e) {
            return false;
        }
    }

    private static String target(Path descriptor) {
        try {
            return Files.readSymbolicLink(descriptor).toString();
        } catch (IOException closedMeanwhile) {
            return "";
        }
    }

    private static String name(Path process) {
        try {
            return Files.readString(process.resolve("comm")).trim();
        } catch (IOException e) {
            return "a process";
        }
    }
}
