// SPDX-License-Identifier: Apache-2.0
package io.millrace.cli;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.PrintStream;
import java.time.Duration;
import java.util.List;

/**
 * Standard output and standard error of a command that serves: loops log to them and a stop says its last line there,
 * and neither may wait for its reader. The JVM's own streams are replaced, so that what a logging system prints goes
 * the same way.
 */
final class QueuedStreams implements AutoCloseable {
    /** How long the end of the command waits for a reader that stands still. */
    private static final Duration PATIENCE = Duration.ofSeconds(2);

    private final PrintStream out;
    private final PrintStream err;
    private final List<QueuedOutput> queues;

    private QueuedStreams(PrintStream out, PrintStream err, List<QueuedOutput> queues) {
        this.out = out;
        this.err = err;
        this.queues = queues;
    }

    /** Queues what goes to the streams of this process; others, such as a test's, stay as they are. */
    static QueuedStreams over(PrintStream out, PrintStream err) {
        if (out != System.out) {
            return new QueuedStreams(out, err, List.of());
        }
        QueuedOutput toOut = new QueuedOutput(new FileOutputStream(FileDescriptor.out), "millrace-stdout");
        QueuedOutput toErr = new QueuedOutput(new FileOutputStream(FileDescriptor.err), "millrace-stderr");
        System.setOut(new PrintStream(toOut, true, out.charset()));
        System.setErr(new PrintStream(toErr, true, err.charset()));
        return new QueuedStreams(System.out, System.err, List.of(toOut, toErr));
    }

    /** Standard output from now on. */
    PrintStream out() {
        return out;
    }

    /** Standard error from now on. */
    PrintStream err() {
        return err;
    }

    /** Waits a little until everything that was said has been read. */
    @Override
    public void close() {
        try {
            for (QueuedOutput queue : queues) {
                queue.drain(PATIENCE);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
