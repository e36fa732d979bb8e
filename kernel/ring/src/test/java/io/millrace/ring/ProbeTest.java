// SPDX-License-Identifier: Apache-2.0
package io.millrace.ring;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.sys.Errno;
import io.millrace.sys.Platform;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What is said about io_uring where there is none, and that it is found where there is. */
@Timeout(120)
class ProbeTest {

    @Test
    void eachRefusalHasItsReason() {
        assertTrue(Probe.reason(-Errno.ENOSYS, 0).contains("no io_uring"));
        assertTrue(Probe.reason(-Errno.EPERM, 0).contains("seccomp"));
        assertTrue(Probe.reason(Errno.EPERM, 2).contains("io_uring_disabled=2"));
        assertTrue(Probe.reason(-Errno.EINVAL, 0).contains("6.1"));
        assertTrue(Probe.reason(-Errno.ENOMEM, 0).contains("ulimit -l"));
        assertTrue(Probe.reason(-Errno.EMFILE, 0).contains("EMFILE"));
    }

    @Test
    void aProbeSaysEitherWhatThereIsOrWhyNot() {
        Probe probe = Probe.host();
        assertEquals(probe.available(), probe.whyNot() == null);
        if (!probe.available()) {
            assertFalse(probe.incrementalBuffers() || probe.zeroCopySend());
            assertFalse(probe.whyNot().isBlank());
        }
    }

    /** Runs {@link Asking} in a process whose io_uring_setup a seccomp filter answers with that error. */
    private static String askUnderSeccomp(Path folder, String errno) throws Exception {
        Path program = folder.resolve("refuse");
        String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
        run("gcc", "-DREFUSAL=" + errno, "-o", program.toString(), "src/test/c/refuse.c");
        return run(
                program.toString(),
                java,
                "--enable-native-access=ALL-UNNAMED",
                "-Xshare:auto",
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                Asking.class.getName());
    }

    @Test
    void aSeccompFilterIsFoundOut(@TempDir Path folder) throws Exception {
        Assumptions.assumeTrue(Platform.LINUX && Platform.X86_64, "the filter knows the numbers of x86-64");
        Assumptions.assumeTrue(Files.exists(Path.of("/usr/bin/gcc")), "no C compiler (gcc) on this machine");
        Assumptions.assumeTrue(Probe.host().available(), "refused already");
        assertTrue(askUnderSeccomp(folder, "EPERM")
                .contains("seccomp filter or security policy forbids io_uring (EPERM)"));
        assertTrue(
                askUnderSeccomp(folder, "ENOSYS").contains("the kernel has no io_uring, or a seccomp filter hides it"));
    }

    /** Prints what the probe says. */
    static final class Asking {
        private Asking() {}

        public static void main(String[] arguments) {
            System.out.println(Probe.host().whyNot());
        }
    }

    private static String run(String... command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(new ArrayList<>(List.of(command)))
                .redirectErrorStream(true)
                .start();
        assertNotNull(process);
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertTrue(process.waitFor(60, TimeUnit.SECONDS), "still running: " + String.join(" ", command));
        assertEquals(0, process.exitValue(), output);
        return output;
    }
}
