// SPDX-License-Identifier: Apache-2.0
package io.millrace.testkit;

/**
 * What tells the loop of its descriptors: a poller or a ring. The rest of the simulated kernel tells it what happens.
 */
interface SimReporter {
    /** Something happened to a descriptor; {@code edge} has the {@link io.millrace.poll.Interest} bits of it. */
    void changed(int fd, int edge);

    /** The loop has done something with a descriptor. */
    void answered(int fd);

    /** The last descriptor of a socket is being closed. */
    void closed(int fd);
}
