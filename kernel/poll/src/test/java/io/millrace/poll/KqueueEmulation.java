// SPDX-License-Identifier: Apache-2.0
package io.millrace.poll;

import io.millrace.sys.Kqueue;
import io.millrace.sys.Platform;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Where there is no kqueue, {@code src/test/c/kqueue.c} stands in: the calls over epoll, as far as KqueuePoller uses
 * them. Needs gcc. A library that {@value Kqueue#LIBRARY} names already, or an installed libkqueue, goes before.
 */
final class KqueueEmulation {
    private KqueueEmulation() {}

    static void prepare() {
        Path source = Path.of("src/test/c/kqueue.c");
        boolean installed = Files.exists(Path.of("/usr/lib/x86_64-linux-gnu/libkqueue.so.0"));
        if (!Platform.LINUX || installed || System.getProperty(Kqueue.LIBRARY) != null || !Files.exists(source)) {
            return;
        }
        try {
            Path library = Path.of("target", "libkqueue-test.so").toAbsolutePath();
            Process compiler = new ProcessBuilder(
                            "gcc", "-shared", "-fPIC", "-Wall", "-Werror", "-o", library.toString(), source.toString())
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
}
