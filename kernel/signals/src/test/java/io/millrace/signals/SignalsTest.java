// SPDX-License-Identifier: Apache-2.0
package io.millrace.signals;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.loop.EventLoop;
import io.millrace.loop.RunEnd;
import io.millrace.loop.RunMode;
import io.millrace.socket.Kernel;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Real signals, sent by this process to itself with kill(1). The names in brackets are those of libevent's regression
 * suite.
 */
@Timeout(60)
@ParameterizedClass
@MethodSource("engines")
class SignalsTest extends OverEveryEngine {
    private static final long SECOND = 1_000_000_000L;

    private final List<String> told = new ArrayList<>();
    private EventLoop loop;

    /**
     * A signal that the kernel delivers after the last watch of a test has gone would end the JVM: that is the default
     * of this one.
     */
    @BeforeAll
    static void outliveStragglers() {
        new JdkSignal("USR1").handle(() -> {});
    }

    @BeforeEach
    void open() throws Exception {
        loop = new EventLoop(Kernel.host(), "test loop", engine);
    }

    @AfterEach
    void close() {
        if (loop != null) {
            loop.close();
        }
    }

    private static void raise(String name) throws Exception {
        String pid = Long.toString(ProcessHandle.current().pid());
        assertEquals(0, new ProcessBuilder("kill", "-" + name, pid).start().waitFor());
    }

    private void until(BooleanSupplier condition) {
        long end = System.nanoTime() + 20 * SECOND;
        while (!condition.getAsBoolean()) {
            assertTrue(System.nanoTime() < end, "did not happen in time; told: " + told);
            loop.turn(SECOND / 10);
        }
    }

    private SignalWatch watch(String text, String name) {
        return Signals.watch(loop, name, (self, times) -> told.add(text + " " + self.name()));
    }

    /** [simple_signal, multiplesignal] */
    @Test
    void allWatchesOfASignalAreTold() throws Exception {
        SignalWatch first = watch("first", "USR1");
        try (SignalWatch second = watch("second", "SIGUSR1")) {
            assertEquals(first.number(), second.number());
            raise("USR1");
            until(() -> told.size() == 2);
            assertEquals(
                    List.of("first USR1", "second USR1"), told.stream().sorted().toList());
            first.close();
            told.clear();
            raise("USR1");
            until(() -> !told.isEmpty());
            assertEquals(List.of("second USR1"), told);
        }
    }

    /** [immediatesignal] raised before the loop runs. */
    @Test
    void aSignalThatCameBeforeTheLoopRunsIsTold() throws Exception {
        AtomicInteger handled = new AtomicInteger();
        try (SignalWatch watch = watch("watch", "USR1")) {
            raise("USR1");
            Signals.watch(loop, "USR1", (self, times) -> handled.incrementAndGet())
                    .close();
            until(() -> !told.isEmpty());
            assertEquals(List.of(watch.name().equals("USR1") ? "watch USR1" : ""), told);
            assertEquals(0, handled.get());
        }
    }

    /** [signal_restore] */
    @Test
    void theHandlerThatWasThereComesBack() throws Exception {
        CountDownLatch old = new CountDownLatch(1);
        JdkSignal signal = new JdkSignal("CONT");
        Object before = signal.handle(old::countDown);
        try {
            SignalWatch watch = watch("watch", "CONT");
            raise("CONT");
            until(() -> !told.isEmpty());
            assertEquals(1, old.getCount());
            watch.close();
            raise("CONT");
            assertTrue(old.await(20, TimeUnit.SECONDS));
            loop.turn(0);
            assertEquals(List.of("watch CONT"), told);
        } finally {
            signal.install(before);
        }
    }

    /** [signal_switchbase] and more: two loops watch at the same time. */
    @Test
    void severalLoopsWatchOneSignal() throws Exception {
        EventLoop other = new EventLoop(Kernel.host(), "other loop", engine);
        AtomicInteger heard = new AtomicInteger();
        try (SignalWatch mine = watch("mine", "USR1");
                SignalWatch theirs = Signals.watch(other, "USR1", (self, times) -> heard.incrementAndGet())) {
            Thread thread = other.start();
            raise("USR1");
            until(() -> told.size() == 1 && heard.get() == 1);
            assertEquals(List.of("mine USR1"), told);
            assertEquals(mine.number(), theirs.number());
            other.stop();
            thread.join();
        }
    }

    /** [signal_while_processing, signal_free_in_callback] */
    @Test
    void aWatchMayBeClosedInItsCallback() throws Exception {
        SignalWatch[] watch = new SignalWatch[1];
        watch[0] = Signals.watch(loop, "USR1", (self, times) -> {
            told.add("called");
            self.close();
        });
        try (SignalWatch keeper = watch("keeper", "USR1")) {
            assertNotNull(keeper);
            raise("USR1");
            raise("USR1");
            until(() -> told.contains("called") && told.contains("keeper USR1"));
            raise("USR1");
            told.clear();
            until(() -> told.contains("keeper USR1"));
            assertEquals(List.of("keeper USR1"), told);
        }
        assertEquals(RunEnd.EMPTY, loop.run(RunMode.UNTIL_EMPTY));
    }

    @Test
    void whatHotSpotNeedsIsRefusedWithTheReason() {
        for (String name :
                List.of("QUIT", "ILL", "FPE", "SEGV", "BUS", "TRAP", "XFSZ", "PIPE", "USR2", "KILL", "STOP")) {
            assertNotNull(Signals.whyNot(name), name);
            String error = assertThrows(IllegalArgumentException.class, () -> watch("never", "SIG" + name))
                    .getMessage();
            assertTrue(error.contains("SIG" + name + " cannot be watched: " + Signals.whyNot(name)), error);
        }
        assertNull(Signals.whyNot("TERM"));
        assertThrows(IllegalArgumentException.class, () -> watch("never", "NONSENSE"));
        assertEquals(0, loop.monitor().enabled());
    }
}
