// SPDX-License-Identifier: Apache-2.0
package io.millrace.testkit;

import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.millrace.ring.Probe;
import io.millrace.sys.Descriptors;
import io.millrace.sys.Files;
import io.millrace.sys.Platform;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * The simulated kernel does as Linux does: the same calls, drawn from a seed, have the same results on both, byte by
 * byte, error by error and event by event. What the simulation is worth for the loop rests on that.
 */
@Timeout(300)
class KernelScriptTest {
    private static final int SCRIPTS = 150;

    @Test
    void theSimulatedKernelDoesAsLinuxDoes(@TempDir Path folder) throws Exception {
        assumeTrue(Platform.whyNot() == null, Platform::whyNot);
        byte[] pattern = new byte[3000];
        for (int i = 0; i < pattern.length; i++) {
            pattern[i] = (byte) (i % KernelSide.PERIOD);
        }
        Path path = java.nio.file.Files.write(folder.resolve("pattern"), pattern);
        int file = Files.openat2(Files.AT_FDCWD, path.toString(), Files.O_RDONLY, 0);
        assertTrue(file >= 0);
        try {
            Schedules.play(SCRIPTS, seed -> play(seed, file));
        } finally {
            Descriptors.close(file);
        }
    }

    @Test
    void theSimulatedRingDoesAsThatOfLinuxDoes() {
        Probe probe = Probe.host();
        assumeTrue(probe.available(), probe.whyNot());
        Schedules.play(SCRIPTS, KernelScriptTest::play);
    }

    private static void play(long seed) throws Exception {
        try (SimSide sim = new SimSide(seed, false);
                LinuxSide linux = new LinuxSide(false)) {
            new RingScript(seed, sim, linux).play();
        }
    }

    private static void play(long seed, int file) throws Exception {
        try (SimSide sim = new SimSide(seed, true);
                LinuxSide linux = new LinuxSide(true)) {
            new KernelScript(seed, sim, linux, file).play();
        }
    }
}
