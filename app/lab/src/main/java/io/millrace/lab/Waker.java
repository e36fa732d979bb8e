// SPDX-License-Identifier: Apache-2.0
package io.millrace.lab;

import java.io.IOException;

/**
 * Wakes the servers that stand still if this process is killed before it can: who is stopped does not hear that it is
 * to end. A shell in the same process group that reads from a pipe; the pipe ends when this process does, however it
 * ends, and then all of the group are continued, which does nothing to those that run.
 */
final class Waker implements AutoCloseable {
    private static final String SCRIPT = "trap '' INT TERM HUP; cat >/dev/null; kill -CONT 0";

    private final Process shell;

    private Waker(Process shell) {
        this.shell = shell;
    }

    static Waker start() throws IOException {
        return new Waker(new ProcessBuilder("sh", "-c", SCRIPT)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start());
    }

    @Override
    public void close() {
        try {
            shell.getOutputStream().close();
        } catch (IOException e) {
            // It is gone: nothing to be told.
        }
    }
}
