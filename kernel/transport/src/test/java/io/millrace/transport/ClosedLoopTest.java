// SPDX-License-Identifier: Apache-2.0
package io.millrace.transport;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.loop.EventLoop;
import io.millrace.loop.Timer;
import io.millrace.socket.Kernel;
import io.millrace.socket.UnixAddress;
import io.millrace.sys.Descriptors;
import io.millrace.sys.Sockets;
import io.millrace.testkit.ExpectedLog;
import io.millrace.testkit.RawClient;
import io.millrace.transport.Servers.Echo;
import io.millrace.transport.Servers.Events;
import io.millrace.transport.Servers.Running;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

/** A loop that has been closed refuses: nothing that it is given is lost in silence. */
@Timeout(120)
@ParameterizedClass
@MethodSource("contenders")
class ClosedLoopTest extends OverEveryDriver {

    private static EventLoop started() throws Exception {
        return new EventLoop(Kernel.host(), "test loop", Servers.engine);
    }

    private static EventLoop closed() throws Exception {
        EventLoop loop = started();
        Thread thread = loop.start();
        loop.stop();
        thread.join();
        return loop;
    }

    @Test
    void aClosedLoopRefusesEveryVerb(@TempDir Path dir) throws Exception {
        EventLoop loop = closed();
        assertThrows(RejectedExecutionException.class, () -> loop.execute(() -> {}));
        assertThrows(RejectedExecutionException.class, () -> loop.schedule(Duration.ZERO, () -> {}));
        assertThrows(RejectedExecutionException.class, () -> loop.every(Duration.ofSeconds(1), () -> {}));
        assertThrows(
                RejectedExecutionException.class,
                () -> Connections.of(loop).connect(Servers.LOOPBACK, null, attempt -> {}));
        Path file = dir.resolve("socket");
        assertThrows(
                RejectedExecutionException.class,
                () -> Connections.of(loop).listen(ListenOptions.on(UnixAddress.of(file)), () -> Echo::new));
        assertFalse(Files.exists(file), "a socket that was opened for nothing is closed, and its file removed");
        // What has nothing left to do is no error.
        loop.stop();
        loop.exit();
        loop.exitAfter(Duration.ofSeconds(1));
        loop.ref();
        loop.unref();
        loop.close();
    }

    @Test
    void aDescriptorThatIsRefusedStaysTheCallers() throws Exception {
        int[] pair = new int[2];
        assertEquals(0, Sockets.socketpair(Sockets.AF_UNIX, Sockets.SOCK_STREAM | Sockets.SOCK_CLOEXEC, 0, pair));
        EventLoop loop = closed();
        assertThrows(
                RejectedExecutionException.class, () -> Connections.of(loop).adopt(pair[0], new Echo()));
        assertEquals(0, Descriptors.close(pair[0]), "still open");
        Descriptors.close(pair[1]);
    }

    /** Two threads execute while the loop is closed: each task has run, or its caller knows that it will not. */
    @Test
    void everyTaskRunsOrIsRefused() throws Exception {
        for (int round = 0; round < 5; round++) {
            EventLoop loop = started();
            Thread owner = loop.start();
            AtomicInteger accepted = new AtomicInteger();
            AtomicInteger ran = new AtomicInteger();
            CountDownLatch going = new CountDownLatch(2);
            List<Thread> threads = new ArrayList<>();
            for (int i = 0; i < 2; i++) {
                threads.add(Thread.ofPlatform().start(() -> {
                    try {
                        while (true) {
                            loop.execute(ran::incrementAndGet);
                            accepted.incrementAndGet();
                            going.countDown();
                            Thread.yield();
                        }
                    } catch (RejectedExecutionException e) {
                        // The end of it.
                    }
                }));
            }
            assertTrue(going.await(20, TimeUnit.SECONDS));
            loop.stop();
            owner.join();
            for (Thread thread : threads) {
                thread.join();
            }
            assertEquals(accepted.get(), ran.get(), "round " + round);
        }
    }

    @ExpectedLog("a task threw")
    @Test
    void aTaskOfTheEndThatExecutesAnotherForEverIsNotWaitedFor() throws Exception {
        EventLoop loop = started();
        AtomicInteger ran = new AtomicInteger();
        Runnable[] again = new Runnable[1];
        again[0] = () -> {
            ran.incrementAndGet();
            loop.execute(again[0]);
        };
        Thread owner = loop.start();
        loop.execute(again[0]);
        loop.stop();
        owner.join();
        assertTrue(ran.get() > 0);
    }

    /** What an event's callback uses is freed, whenever the event is closed. */
    @Test
    void anEventThatIsClosedAfterItsLoopFreesWhatItUses() throws Exception {
        EventLoop loop = started();
        Thread owner = loop.start();
        Events<Timer> made = new Events<>();
        loop.execute(() -> made.add(loop.timer(() -> {})));
        Timer timer = made.next();
        loop.stop();
        owner.join();
        Events<String> freed = new Events<>();
        timer.close(() -> freed.add("freed"));
        assertEquals("freed", freed.next());
        timer.cancel();
        timer.closeAndWait();
    }

    @Test
    void whatIsAttachedToALoopThatEndsIsRunAtOnce() throws Exception {
        EventLoop loop = started();
        Events<String> ends = new Events<>();
        loop.execute(() -> loop.attach(() -> ends.add("ended")));
        // Never turned: the task runs while the loop is closed, when those that had been attached have been run.
        loop.close();
        assertEquals("ended", ends.next());
    }

    /** A connection that was to go to a loop that has been closed goes to another, or is closed; it does not hang. */
    @Test
    void connectionsAreNotHandedToAClosedLoop() throws Exception {
        ListenOptions options = ListenOptions.on(Servers.LOOPBACK).withSpread(AcceptDistribution.HAND_OVER);
        try (Running server = new Running(3, options, () -> Echo::new)) {
            EventLoop gone = server.group.loop(1);
            gone.stop();
            gone.await(() -> {});
            awaitClosed(gone);
            for (int i = 0; i < 7; i++) {
                try (RawClient client = server.connect()) {
                    assertEquals("x", new String(client.send("x").read(1), UTF_8));
                }
            }
            Servers.awaitNone(server.listening);
        }
    }

    private static void awaitClosed(EventLoop loop) throws InterruptedException {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        while (loop.offer(() -> {})) {
            assertTrue(System.nanoTime() < end, "the loop does not end");
            Thread.sleep(1);
        }
    }

    /** 2^31 hand-overs are two and a half days at 10,000 connections a second. */
    @Test
    void theTurnOfHandOverRunsOver() throws Exception {
        ListenOptions options = ListenOptions.on(Servers.LOOPBACK).withSpread(AcceptDistribution.HAND_OVER);
        try (Running server = new Running(3, options, () -> Echo::new)) {
            ((ListenGroup) server.listening).turn = Integer.MAX_VALUE - 1;
            for (int i = 0; i < 6; i++) {
                try (RawClient client = server.connect()) {
                    assertEquals("x", new String(client.send("x").read(1), UTF_8));
                }
            }
            Servers.awaitNone(server.listening);
        }
    }
}
