// SPDX-License-Identifier: Apache-2.0
package io.millrace.poll;

/** The mechanisms by which a Unix process can wait for many descriptors at once, the oldest first. */
public enum PollerKind {
    /** select(2): 4.2BSD, 1983. Sets of descriptors, which the kernel scans with every wait. */
    SELECT("select", true, false),

    /** poll(2): System V Release 3, 1986. An array without a limit, which the kernel scans with every wait. */
    POLL("poll", true, false),

    /** kqueue(2): FreeBSD 4.1, 2000; macOS. The kernel keeps filters, for descriptors and for other events. */
    KQUEUE("kqueue", true, true),

    /** Signal-driven I/O (fcntl(2) O_ASYNC, F_SETSIG): Linux 2.4, 2001. A queue of real-time signals. */
    SIGIO("sigio", true, true),

    /** epoll(7): Linux 2.6, 2003. The kernel keeps a list of what is watched and one of what is ready. */
    EPOLL("epoll", true, true);

    private final String word;
    private final boolean level;
    private final boolean edge;

    PollerKind(String word, boolean level, boolean edge) {
        this.word = word;
        this.level = level;
        this.edge = edge;
    }

    /** Returns the name as users write it, such as {@code "epoll"}. */
    public String word() {
        return word;
    }

    /** Tells whether it can be level-triggered: report a descriptor as long as it is ready. */
    public boolean level() {
        return level;
    }

    /** Tells whether it can be edge-triggered: report changes only. */
    public boolean edge() {
        return edge;
    }
}
