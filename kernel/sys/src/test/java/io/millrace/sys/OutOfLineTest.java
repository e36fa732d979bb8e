// SPDX-License-Identifier: Apache-2.0
package io.millrace.sys;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

/**
 * A call from deep below others allocates nothing: the JIT compiler, which inlines 15 calls deep, could inline the
 * method that makes the system call here, but not all that the JDK does in it. The tests of this module run with
 * {@code -XX:InlineSmallCode=50000}: else what the compiler inlines depends on what it has compiled before.
 */
@EnabledOnOs(value = OS.LINUX, disabledReason = "system calls are Linux's")
final class OutOfLineTest {
    private static final int ROUNDS = 20_000;
    private static final int ATTEMPTS = 40;

    private final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    private final byte[] bytes = new byte[64];
    private final int[] pair = new int[2];

    @BeforeEach
    void open() {
        int type = Sockets.SOCK_STREAM | Sockets.SOCK_NONBLOCK | Sockets.SOCK_CLOEXEC;
        assertEquals(0, Sockets.socketpair(Sockets.AF_UNIX, type, 0, pair));
    }

    @AfterEach
    void close() {
        Descriptors.close(pair[0]);
        Descriptors.close(pair[1]);
    }

    @Test
    void receivingAndSendingAllocateNothing() {
        assertEquals(2, echo1());
        long last = 0;
        // Long enough for the compiler to have compiled all that it will.
        for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
            long before = threads.getCurrentThreadAllocatedBytes();
            run();
            last = threads.getCurrentThreadAllocatedBytes() - before;
        }
        assertTrue(last < ROUNDS, last + " bytes for " + ROUNDS + " calls of each");
    }

    private void run() {
        for (int i = 0; i < ROUNDS; i++) {
            echo1();
        }
    }

    private int echo1() {
        return echo2();
    }

    private int echo2() {
        return echo3();
    }

    private int echo3() {
        return echo4();
    }

    private int echo4() {
        return echo5();
    }

    private int echo5() {
        return echo6();
    }

    private int echo6() {
        return echo7();
    }

    private int echo7() {
        return echo8();
    }

    private int echo8() {
        return echo9();
    }

    private int echo9() {
        return echo10();
    }

    private int echo10() {
        return Sockets.send(pair[0], bytes, 0, 1, 0) + Sockets.recv(pair[1], bytes, 0, bytes.length, 0);
    }
}
