// SPDX-License-Identifier: Apache-2.0
package io.millrace.cli;

import io.millrace.workers.WorkerProcess;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;

/**
 * The command with a standard error to which nothing can be printed while a file exists. A server that is traced prints
 * a line with each system call, so that every thread that makes one fails there.
 */
public final class FailingProgram {
    /** Names the file. */
    static final String TRAP = "test.trap";

    /** Whether the workers are to fail, or else their parent. */
    static final String IN_WORKERS = "test.trap.workers";

    private FailingProgram() {}

    private static final class Trapped extends PrintStream {
        private final Path trap;

        Trapped(Path trap) {
            super(new FileOutputStream(FileDescriptor.err), true);
            this.trap = trap;
        }

        @Override
        public PrintStream printf(Locale locale, String format, Object... values) {
            if (Files.exists(trap)) {
                throw new OutOfMemoryError("on purpose, for a test");
            }
            return super.printf(locale, format, values);
        }
    }

    /** Runs the command. */
    public static void main(String[] arguments) {
        if (WorkerProcess.isWorker() == Boolean.getBoolean(IN_WORKERS)) {
            System.setErr(new Trapped(Path.of(System.getProperty(TRAP))));
        }
        Main.main(arguments);
    }
}
