// SPDX-License-Identifier: Apache-2.0
package io.millrace.load;

import java.io.IOException;
import java.time.Duration;

/**
 * Says on a channel, about once a second, that this end is still there: a machine that has lost its power, or a process
 * that stands still, closes no connection. Ends with the channel.
 */
final class Heartbeat implements AutoCloseable {
    /** Time between two beats. */
    static final Duration INTERVAL = Duration.ofSeconds(1);

    /** Time without a beat, or anything else, after which the peer counts as gone. */
    static final Duration SILENCE = Duration.ofSeconds(15);

    private final SealedChannel channel;
    private final Thread thread;

    /** Begins to beat. */
    Heartbeat(SealedChannel channel) {
        this.channel = channel;
        this.thread = Thread.ofVirtual().name("millrace-heartbeat").start(this::beat);
    }

    private void beat() {
        try {
            while (true) {
                Thread.sleep(INTERVAL);
                channel.sendAlive();
            }
        } catch (IOException | InterruptedException e) {
            // The channel has ended, which its receiver sees as well; or this heartbeat has.
        }
    }

    @Override
    public void close() {
        thread.interrupt();
    }
}
