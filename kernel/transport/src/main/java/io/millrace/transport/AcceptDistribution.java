// SPDX-License-Identifier: Apache-2.0
package io.millrace.transport;

/** How the connections of one address spread over the loops of a group. */
public enum AcceptDistribution {

    /**
     * Each loop has a listening socket of its own and the kernel picks one by a hash of the addresses (socket(7)
     * SO_REUSEPORT). No loop touches another's; a loop that is busy keeps those that fell to it waiting.
     */
    REUSE_PORT,

    /**
     * All loops wait on one listening socket and the kernel wakes one of them (epoll_ctl(2) EPOLLEXCLUSIVE). A busy
     * loop takes none; the loop that waited last is woken first, so a lightly loaded group is uneven.
     */
    SHARED,

    /**
     * One loop accepts and hands the connections round in turn. The most even, at the price of a wake-up between
     * threads for each connection.
     */
    HAND_OVER
}
