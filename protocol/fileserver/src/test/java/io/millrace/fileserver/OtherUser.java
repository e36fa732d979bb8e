// SPDX-License-Identifier: Apache-2.0
package io.millrace.fileserver;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;

/**
 * Lets permissions bind a test that root runs: setfsuid(2) makes the calling thread, and no other, somebody else to all
 * file systems, without root's right to pass over permissions. For another user than root there is nothing to do.
 */
final class OtherUser {
    private static final int ROOT = 0;
    private static final int NOBODY = 65534;

    private static final MethodHandle SETFSUID = Linker.nativeLinker()
            .downcallHandle(
                    Linker.nativeLinker().defaultLookup().find("setfsuid").orElseThrow(),
                    FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT));

    /** What may throw anything. */
    interface Task {
        void run() throws Exception;
    }

    private OtherUser() {}

    /** Runs a task as somebody whom permissions bind. */
    static void run(Task task) throws Exception {
        call(() -> {
            task.run();
            return null;
        });
    }

    /** Returns what a task returns that is run as somebody whom permissions bind. */
    static <T> T call(Callable<T> task) throws Exception {
        if (!Files.getAttribute(Path.of("/proc/self"), "unix:uid").equals(ROOT)) {
            return task.call();
        }
        set(NOBODY);
        try {
            assertEquals(NOBODY, set(NOBODY), "setfsuid(2) did nothing");
            return task.call();
        } finally {
            set(ROOT);
        }
    }

    /** What the thread was before. */
    private static int set(int user) {
        try {
            return (int) SETFSUID.invokeExact(user);
        } catch (Throwable e) {
            throw new AssertionError(e);
        }
    }
}
