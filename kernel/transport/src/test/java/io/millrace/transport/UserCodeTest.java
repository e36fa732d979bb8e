// SPDX-License-Identifier: Apache-2.0
package io.millrace.transport;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.core.Buffer;
import io.millrace.core.CloseCause;
import io.millrace.core.CloseMode;
import io.millrace.core.FileInfo;
import io.millrace.core.Link;
import io.millrace.core.OpenFile;
import io.millrace.core.Protocol;
import io.millrace.loop.EventLoop;
import io.millrace.socket.Kernel;
import io.millrace.testkit.RawClient;
import io.millrace.transport.Servers.Events;
import io.millrace.transport.Servers.Running;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicReference;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Whatever code of the user's throws, and wherever it is called: the loop goes on. */
@Timeout(60)
class UserCodeTest {
    private static final Logger QUIET = Logger.getLogger("io.millrace");

    private EventLoop loop;
    private Thread thread;

    /** A task that fails, and cannot even say what it is. */
    private static final class Unspeakable implements Runnable {
        @Override
        public void run() {
            throw new IllegalStateException("on purpose, for a test");
        }

        @Override
        public String toString() {
            throw new IllegalStateException("on purpose, for a test");
        }
    }

    @BeforeAll
    static void hush() {
        QUIET.setLevel(Level.OFF);
    }

    @AfterAll
    static void speak() {
        QUIET.setLevel(null);
    }

    @BeforeEach
    void start() throws Exception {
        loop = new EventLoop(Kernel.host(), "test loop", Servers.engine);
        thread = loop.start();
    }

    @AfterEach
    void stop() throws Exception {
        loop.stop();
        thread.join();
    }

    private void assertGoesOn() throws InterruptedException {
        Events<String> events = new Events<>();
        loop.schedule(Duration.ZERO, () -> events.add("timer"));
        assertEquals("timer", events.next());
        loop.execute(() -> events.add("task"));
        assertEquals("task", events.next());
    }

    @Test
    void aSlowCallbackThatThrows() throws Exception {
        loop.execute(() -> loop.monitor().slow(Duration.ZERO, (nanos, subject) -> {
            throw new IllegalStateException("on purpose, for a test");
        }));
        assertGoesOn();
        loop.execute(() -> loop.monitor().slow(null, null));
        assertGoesOn();
    }

    @Test
    void aTaskThatCannotSayWhatItIsWhileTimesAreTaken() throws Exception {
        loop.execute(() -> loop.monitor().timing(true));
        loop.execute(new Unspeakable());
        assertGoesOn();
    }

    @Test
    void aTimerWhoseTaskCannotSayWhatItIs() throws Exception {
        loop.schedule(Duration.ZERO, new Unspeakable());
        assertGoesOn();
        loop.execute(() -> loop.monitor().timing(true));
        loop.schedule(Duration.ZERO, new Unspeakable());
        assertGoesOn();
    }

    @Test
    void theDumpShowsWhatCannotSayWhatItIs() throws Exception {
        Events<String> events = new Events<>();
        loop.execute(() -> {
            loop.schedule(Duration.ofHours(1), new Unspeakable());
            events.add(loop.monitor().dump());
        });
        assertTrue(events.next().contains("Timer, which cannot say what it is"));
    }

    @Test
    void hooksAndEndsThatThrow() throws Exception {
        Events<String> ends = new Events<>();
        loop.execute(() -> {
            loop.monitor().beforeWait(timeout -> new Unspeakable().run());
            loop.monitor().afterWait(new Unspeakable());
            loop.attach(new Unspeakable());
            loop.attach(() -> ends.add("ended"));
        });
        assertGoesOn();
        loop.stop();
        assertEquals("ended", ends.next());
    }

    /** A file whose release throws costs neither the files behind it nor the connection's place. */
    @Test
    void aFileThatCannotBeReleased() throws Exception {
        Events<String> released = new Events<>();
        Events<CloseCause> causes = new Events<>();
        Protocol protocol = new Protocol() {
            @Override
            public void receive(Buffer in, Link link) {
                in.consume(in.readable());
                for (int i = 0; i < 3; i++) {
                    link.transfer(unreleasable(released), 0, 1_000);
                }
                link.close(CloseMode.NOW);
            }

            @Override
            public void closed(CloseCause why) {
                causes.add(why);
            }
        };
        try (Running server = Running.serving(() -> protocol);
                RawClient client = server.connect()) {
            client.send("x");
            for (int i = 0; i < 3; i++) {
                assertEquals("released", released.next());
            }
            assertEquals(CloseCause.LOCAL, causes.next());
            Servers.awaitNone(server.listening);
        }
    }

    private static OpenFile unreleasable(Events<String> released) {
        return new OpenFile(new FileInfo("unreleasable", FileInfo.Kind.FILE, 1_000, Instant.EPOCH, null, 0, 0)) {
            @Override
            public int read(long position, byte[] into, int offset, int length) throws IOException {
                throw new IOException("never read");
            }

            @Override
            protected void release() {
                released.add("released");
                throw new IllegalStateException("on purpose, for a test");
            }
        };
    }

    /** What is written to a connection that has ended is kept by nobody. */
    @Test
    void outputOfADeadConnectionIsNotKept() throws Exception {
        AtomicReference<Link> links = new AtomicReference<>();
        Events<CloseCause> causes = new Events<>();
        Protocol protocol = new Protocol() {
            @Override
            public void opened(Link link) {
                links.set(link);
            }

            @Override
            public void receive(Buffer in, Link link) {
                link.close(CloseMode.NOW);
            }

            @Override
            public void closed(CloseCause why) {
                causes.add(why);
            }
        };
        Events<Integer> capacities = new Events<>();
        try (Running server = Running.serving(() -> protocol);
                RawClient client = server.connect()) {
            client.send("x");
            causes.next();
            Link link = links.get();
            link.execute(() -> {
                link.out().append(new byte[1 << 20]);
                capacities.add(link.out().capacity());
            });
            assertTrue(capacities.next() < 1 << 20);
        }
    }
}
