// SPDX-License-Identifier: Apache-2.0
package io.millrace.lab;

/** How workers share an address. */
public enum HerdWay {
    /** One socket in every epoll: a connection wakes all who sleep. */
    PLAIN("one socket in every epoll"),

    /**
     * The same with EPOLLEXCLUSIVE: it wakes one of those who sleep, and the same one again as long as that one keeps
     * up.
     */
    EXCLUSIVE("the same, EPOLLEXCLUSIVE"),

    /**
     * A socket for each worker, SO_REUSEPORT: the kernel chooses by a hash of the addresses, whether the worker is busy
     * or not.
     */
    REUSE_PORT("a socket each, SO_REUSEPORT"),

    /** The same, chosen by a program of ours in the kernel. */
    REUSE_PORT_PROGRAM("the same, chosen by a program"),

    /** One worker accepts and hands over to each in turn. */
    ONE_ACCEPTOR("one accepts and hands over");

    private final String text;

    HerdWay(String text) {
        this.text = text;
    }

    /** In a few words. */
    public String text() {
        return text;
    }
}
