// SPDX-License-Identifier: Apache-2.0
package io.millrace.cli;

import io.millrace.core.Printable;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * What a command does when its server cannot go on: a line on standard error and exit code 1, so that what supervises
 * it starts it anew. An orderly end is given a few seconds; whether it comes or not, the process ends. What is needed
 * for that is made beforehand, for there may be no memory left.
 */
final class ServerFailure implements Consumer<Throwable> {
    private static final int CODE = 1;
    private static final long ORDERLY_SECONDS = 5;
    private static final byte[] LINE =
            "millrace: the server cannot go on, and ends\n".getBytes(StandardCharsets.US_ASCII);

    private final CountDownLatch failed = new CountDownLatch(1);
    private final FileOutputStream err = new FileOutputStream(FileDescriptor.err);
    private final Runnable end;

    private ServerFailure(Runnable end) {
        this.end = end;
    }

    /** A command that begins to end by itself as soon as {@code end} has been run. */
    static ServerFailure then(Runnable end) {
        ServerFailure failure = new ServerFailure(end);
        Thread.ofPlatform().daemon().name("millrace-failure").start(failure::watch);
        return failure;
    }

    /** A command that has nothing to put in order. */
    static ServerFailure atOnce() {
        return new ServerFailure(() -> Runtime.getRuntime().halt(CODE));
    }

    @Override
    public void accept(Throwable why) {
        // First: the reader of standard error may stand still.
        failed.countDown();
        say(why);
        end.run();
    }

    /** Whether the server could not go on. */
    boolean isThere() {
        return failed.getCount() == 0;
    }

    private void say(Throwable why) {
        try {
            err.write(line(why));
        } catch (IOException e) {
            // Without a reader the exit code says it.
        }
    }

    private static byte[] line(Throwable why) {
        try {
            String text = "millrace: the server cannot go on, and ends: " + Printable.text(why.toString()) + "\n";
            return text.getBytes(StandardCharsets.UTF_8);
        } catch (Throwable t) {
            return LINE;
        }
    }

    private void watch() {
        try {
            failed.await();
            TimeUnit.SECONDS.sleep(ORDERLY_SECONDS);
        } catch (InterruptedException e) {
            // This thread is not interrupted by the program; an interrupt means the end.
        }
        Runtime.getRuntime().halt(CODE);
    }
}
