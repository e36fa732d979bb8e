// SPDX-License-Identifier: Apache-2.0
package io.millrace.transport;

import io.millrace.sys.Kqueue;
import io.millrace.sys.Platform;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.Parameter;

/**
 * For tests that run all their cases once for each engine; one that this machine does not have is skipped, and says
 * why.
 */
abstract class OverEveryDriver {
    @Parameter
    Engine contender;

    static Stream<Engine> contenders() {
        return Engine.ofDescriptors().stream();
    }

    static {
        emulateKqueue();
    }

    /** As the tests of the room poll do, with the emulation that lies there. */
    private static void emulateKqueue() {
        Path source = Path.of("../poll/src/test/c/kqueue.c");
        if (!Platform.LINUX || System.getProperty(Kqueue.LIBRARY) != null || !Files.exists(source)) {
            return;
        }
        try {
            Path library = Path.of("target", "libkqueue-test.so").toAbsolutePath();
            Process compiler = new ProcessBuilder(
                            "gcc", "-shared", "-fPIC", "-o", library.toString(), source.toString())
                    .inheritIO()
                    .start();
            if (compiler.waitFor() == 0) {
                System.setProperty(Kqueue.LIBRARY, library.toString());
            }
        } catch (IOException e) {
            System.err.println("kqueue is not tested: no C compiler (gcc) for its emulation");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @BeforeEach
    final void choose() {
        String whyNot = contender.whyNot();
        Assumptions.assumeTrue(whyNot == null, contender + ": " + whyNot);
        Servers.engine = contender;
    }

    @AfterEach
    final void usual() {
        Servers.engine = Engine.READINESS;
    }
}
