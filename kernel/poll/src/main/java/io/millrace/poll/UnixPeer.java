// SPDX-License-Identifier: Apache-2.0
package io.millrace.poll;

/**
 * The peer of a Unix socket: its address, and who it is, as the kernel noted it when the connection was made (unix(7)
 * SO_PEERCRED). What {@link io.millrace.poll.Kernel#peer} gives for a Unix connection: nobody can pretend to be
 * another.
 */
public final class UnixPeer extends UnixAddress {
    private static final long serialVersionUID = 1L;

    private final int process;
    private final int user;
    private final int group;

    /** A peer: an address and the numbers of its process, user and group. */
    public UnixPeer(UnixAddress address, int process, int user, int group) {
        super(address.name());
        this.process = process;
        this.user = user;
        this.group = group;
    }

    /** The process, 0 if it is in another namespace. The number may have a new owner since. */
    public int process() {
        return process;
    }

    /** The user. */
    public int user() {
        return user;
    }

    /** The group. */
    public int group() {
        return group;
    }

    /** As an address, with who it is: {@code unix: (process 17, user 1000, group 1000)}. */
    @Override
    public String toString() {
        return super.toString() + " (process " + process + ", user " + user + ", group " + group + ")";
    }
}
