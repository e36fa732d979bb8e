// SPDX-License-Identifier: Apache-2.0
package io.millrace.lab;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.testkit.HouseClassPath;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@Timeout(120)
@EnabledOnOs(value = OS.LINUX, disabledReason = "system calls of Linux")
final class HerdTest {

    @ParameterizedTest
    @EnumSource
    void everyConnectionIsServedAndAccountedFor(HerdWay way) throws Exception {
        assertAccounted(way, Herd.run(way, 3, 150, Duration.ofMillis(1)));
    }

    @ParameterizedTest
    @EnumSource
    void soItIsByProcesses(HerdWay way) throws Exception {
        List<String> command = command();
        assertAccounted(way, Herd.runProcesses(way, 3, 150, Duration.ofMillis(1), command));
        assertEquals(0, ProcessHandle.current().children().count(), "workers that are left");
    }

    /** Starts a worker: the same JVM on the same classes. */
    private static List<String> command() {
        return List.of(
                ProcessHandle.current().info().command().orElseThrow(),
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                HouseClassPath.text(),
                HerdWorker.class.getName());
    }

    private static void assertAccounted(HerdWay way, Herd.Result result) {
        assertEquals(150, result.accepted());
        assertEquals(3, result.spread().size());
        assertEquals(150, result.spread().stream().mapToInt(Integer::intValue).sum());
        assertTrue(result.wakeups() > 0 && result.useless() <= result.wakeups(), result.toString());
        assertTrue(result.medianNanos() > 0 && result.p99Nanos() >= result.medianNanos());
        if (way == HerdWay.ONE_ACCEPTOR) {
            assertEquals(List.of(50, 50, 50), result.spread());
        }
    }
}
