// SPDX-License-Identifier: Apache-2.0
package io.millrace.socket;

/**
 * The peer of a Unix socket: its address, and its process, user and group as the kernel noted them when the connection
 * was made (unix(7) SO_PEERCRED). A peer cannot pretend to be another one. {@link Kernel#peer(int)} returns it.
 */
public final class UnixPeer extends UnixAddress {
    private static final long serialVersionUID = 1L;

    private final int process;
    private final int user;
    private final int group;

    /** Makes a peer of its address and the numbers of its process, user and group. */
    public UnixPeer(UnixAddress address, int process, int user, int group) {
        super(address.name());
        this.process = process;
        this.user = user;
        this.group = group;
    }

    /** Returns the process, 0 if it is in another namespace. It may have ended, and the number be another's. */
    public int process() {
        return process;
    }

    /** Returns the user. */
    public int user() {
        return user;
    }

    /** Returns the group. */
    public int group() {
        return group;
    }

    /** Returns the address and who it is, such as {@code unix: (process 17, user 1000, group 1000)}. */
    @Override
    public String toString() {
        return super.toString() + " (process " + process + ", user " + user + ", group " + group + ")";
    }
}
