// SPDX-License-Identifier: Apache-2.0
package io.millrace.examples.lessons;

import io.millrace.sys.Descriptors;
import io.millrace.sys.Errno;
import io.millrace.sys.Spawn;
import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A process for each client. The parent waits in accept(2) and starts a child; the child has the connection as its
 * descriptors 0 and 1, and need not know that they are a socket.
 *
 * <p>In C the child is made by fork(2). A JVM cannot fork: only the calling thread would live on in the child, without
 * the threads that compile and collect garbage. posix_spawn(3) is what there is: another JVM from the beginning, tens
 * of milliseconds of processor time for each client.
 */
public final class ProcessPerClient {
    private final int listener;
    private final List<Integer> children = new ArrayList<>();

    private ProcessPerClient(int listener) {
        this.listener = listener;
    }

    /** Serves until {@link ListeningSocket#stop}. The listening socket blocks. */
    static void serve(int listener) {
        ProcessPerClient server = new ProcessPerClient(listener);
        int client = ListeningSocket.accept(listener, 0);
        while (client >= 0) {
            server.start(client);
            server.reap(Spawn.WNOHANG);
            client = ListeningSocket.accept(listener, 0);
        }
        server.children.forEach(pid -> Spawn.kill(pid, Spawn.SIGTERM));
        server.reap(0);
        Descriptors.close(listener);
    }

    private void start(int client) {
        List<String> command = command();
        int[] inherited = {client, client};
        int pid = Spawn.spawn(command.getFirst(), command, List.of(), inherited, new int[] {0, 1});
        // The child has the connection by other descriptors. As long as this one is open the client sees no end.
        Descriptors.close(client);
        if (pid < 0) {
            System.err.println("posix_spawn: " + Errno.describe(pid));
        } else {
            System.out.println("process " + pid + " has a client");
            children.add(pid);
        }
    }

    /**
     * Takes note of children that have ended; until then each is a zombie. A C program does it in a handler of SIGCHLD
     * with the number -1 for any child. A JVM has no such handlers, and children that are not ours.
     */
    private void reap(int flags) {
        int[] status = new int[1];
        children.removeIf(pid -> Spawn.waitpid(pid, status, flags) != 0);
    }

    private static List<String> command() {
        String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
        String classes =
                Child.class.getProtectionDomain().getCodeSource().getLocation().getPath();
        return List.of(java, "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-cp", classes, Child.class.getName());
    }

    /** The child: sends back what comes (RFC 862), with not a word about sockets. */
    static final class Child {
        private Child() {}

        /** Runs until the client closes its direction. */
        public static void main(String[] args) throws IOException {
            try (FileInputStream in = new FileInputStream(FileDescriptor.in)) {
                in.transferTo(new FileOutputStream(FileDescriptor.out));
            }
        }
    }

    /** {@code nc 127.0.0.1 7101}, several times; {@code pstree -p} shows the processes. */
    public static void main(String[] args) throws IOException {
        serve(ListeningSocket.open(Integer.getInteger("port", 7101), 0));
    }
}
