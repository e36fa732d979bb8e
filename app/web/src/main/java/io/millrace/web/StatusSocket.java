// SPDX-License-Identifier: Apache-2.0
package io.millrace.web;

import io.millrace.core.Buffer;
import io.millrace.core.CloseCause;
import io.millrace.core.Link;
import io.millrace.core.Protocol;
import io.millrace.loop.EventLoop;
import io.millrace.loop.RunMode;
import io.millrace.socket.Kernel;
import io.millrace.socket.ListenFlags;
import io.millrace.socket.UnixAddress;
import io.millrace.transport.Connections;
import io.millrace.transport.Engine;
import io.millrace.transport.ListenOptions;
import io.millrace.transport.OverloadPolicy;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Set;
import java.util.function.Supplier;

/**
 * Writes how a server is to each client of a Unix socket, a line each second. Only the owner can open it: the socket's
 * file and the folder that it is in are for no other user. On a loop of its own, so that a server whose loops are all
 * busy can still be looked at.
 */
public final class StatusSocket implements AutoCloseable {
    private static final int OWNER_ONLY = 0600;
    private static final long SECOND = 1_000_000_000L;
    private static final int MOST_WATCHERS = 16;

    private final EventLoop loop;
    private final Thread thread;
    private final Path path;

    private StatusSocket(EventLoop loop, Thread thread, Path path) {
        this.loop = loop;
        this.thread = thread;
        this.path = path;
    }

    /**
     * The folder of this user's status sockets, made if it is not there: {@code millrace} in XDG_RUNTIME_DIR, else one
     * in the temporary folder that no other user can enter. Sockets in it are named by process id: {@code 1234.sock}.
     *
     * @throws IOException if it cannot be made, or if what stands there belongs to another user or is open to others
     */
    public static Path folder() throws IOException {
        String runtime = System.getenv("XDG_RUNTIME_DIR");
        Object uid = Files.getAttribute(Path.of("/proc/self"), "unix:uid");
        Path folder = runtime == null || runtime.isEmpty()
                ? path(System.getProperty("java.io.tmpdir"), "millrace-" + uid)
                : path(runtime, "millrace");
        if (!Files.exists(folder, LinkOption.NOFOLLOW_LINKS)) {
            Set<PosixFilePermission> mine = PosixFilePermissions.fromString("rwx------");
            Files.createDirectories(folder, PosixFilePermissions.asFileAttribute(mine));
        }
        // Another user may have been first in a folder that is open to all.
        Set<PosixFilePermission> rights = Files.getPosixFilePermissions(folder, LinkOption.NOFOLLOW_LINKS);
        if (!Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS)
                || !uid.equals(Files.getAttribute(folder, "unix:uid", LinkOption.NOFOLLOW_LINKS))
                || rights.size() > 3
                || !rights.contains(PosixFilePermission.OWNER_WRITE)) {
            throw new IOException(folder + " is not this user's alone");
        }
        return folder;
    }

    private static Path path(String folder, String name) throws IOException {
        try {
            return Path.of(folder, name);
        } catch (InvalidPathException e) {
            throw new IOException("no path in the charset of the locale: " + folder, e);
        }
    }

    /**
     * Begins to listen.
     *
     * @param path where the socket is to be; one on which no process listens is replaced
     * @param sources makes a source for each watcher
     * @throws IOException if the address cannot be had
     */
    public static StatusSocket open(Path path, Supplier<? extends Source> sources) throws IOException {
        EventLoop loop = new EventLoop(Kernel.host(), "millrace-status", Engine.READINESS);
        try {
            ListenOptions options = ListenOptions.on(UnixAddress.of(path))
                    .withFlags(ListenFlags.USUAL.withMode(OWNER_ONLY))
                    .withMaxConnections(MOST_WATCHERS, OverloadPolicy.REFUSE);
            Connections.of(loop).listen(options, () -> () -> new Teller(sources.get()));
        } catch (IOException | RuntimeException e) {
            loop.close();
            throw e;
        }
        Thread thread = Thread.ofPlatform().daemon().name(loop.name()).start(() -> {
            try {
                loop.run(RunMode.UNTIL_STOPPED);
            } finally {
                loop.close();
            }
        });
        return new StatusSocket(loop, thread, path);
    }

    /** Where it is. */
    public Path path() {
        return path;
    }

    /** Ends it; the file has gone when this returns. */
    @Override
    public void close() {
        loop.stop();
        try {
            thread.join(Duration.ofSeconds(2));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** What one watcher is told. On the loop of the socket. */
    public interface Source {
        /** The next line, without its end. */
        String line();

        /** The watcher has gone. */
        void close();
    }

    /** One watcher. */
    private static final class Teller implements Protocol {
        private final Source source;

        Teller(Source source) {
            this.source = source;
        }

        @Override
        public void opened(Link link) {
            link.flow().writeTimeout(Duration.ofSeconds(10).toNanos());
            tell(link);
        }

        /** A watcher that does not read gets fewer lines, not more memory. */
        private void tell(Link link) {
            if (link.writable()) {
                link.out().append(source.line().getBytes(StandardCharsets.UTF_8));
                link.out().append((byte) '\n');
                link.flush();
            }
            link.deadline(link.now() + SECOND);
        }

        @Override
        public void expired(Link link) {
            tell(link);
        }

        @Override
        public void receive(Buffer in, Link link) {
            in.clear();
        }

        @Override
        public void closed(CloseCause why) {
            source.close();
        }
    }
}
