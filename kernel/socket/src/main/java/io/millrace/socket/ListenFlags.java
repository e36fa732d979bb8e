// SPDX-License-Identifier: Apache-2.0
package io.millrace.socket;

import java.util.Objects;

/**
 * The options of a listening socket.
 *
 * @param backlog how many connections may wait to be accepted; net.core.somaxconn is the limit
 * @param reuseAddress whether the address can be bound while old connections are in TIME_WAIT (SO_REUSEADDR, tcp(7));
 *     without it a server cannot be restarted at once
 * @param families whether an IPv6 socket accepts IPv4 as well
 * @param deferSeconds seconds for which the kernel waits for the first bytes of a connection before it can be accepted
 *     (TCP_DEFER_ACCEPT, tcp(7)); 0 does not wait
 * @param fastOpen how many connections may be pending whose first bytes came with their SYN (TCP_FASTOPEN, tcp(7)); 0
 *     for none
 * @param mode the permissions of a Unix socket's file: who may write to it may connect; -1 leaves them to umask(2)
 */
public record ListenFlags(
        int backlog, boolean reuseAddress, Families families, int deferSeconds, int fastOpen, int mode) {

    /** The usual options. */
    public static final ListenFlags USUAL = new ListenFlags(4096, true, Families.USUAL, 0, 0, -1);

    /** Which families an IPv6 socket accepts (ipv6(7) IPV6_V6ONLY). */
    public enum Families {
        /** Both on the wildcard address, only IPv6 on any other. */
        USUAL,

        /** Only IPv6; another socket may listen on the same port of IPv4. */
        V6_ONLY,

        /** Both. */
        BOTH
    }

    /**
     * Checks the values.
     *
     * @throws IllegalArgumentException if a number is out of its range
     */
    public ListenFlags {
        Objects.requireNonNull(families, "families");
        if (backlog < 1 || deferSeconds < 0 || fastOpen < 0) {
            throw new IllegalArgumentException("backlog must be at least 1, deferSeconds and fastOpen not negative");
        }
        if (mode < -1 || mode > 0777) {
            throw new IllegalArgumentException("permissions are 0 to 0777, not 0" + Integer.toOctalString(mode));
        }
    }

    /** Returns these options with another backlog. */
    public ListenFlags withBacklog(int other) {
        return new ListenFlags(other, reuseAddress, families, deferSeconds, fastOpen, mode);
    }

    /** Returns these options with or without SO_REUSEADDR. */
    public ListenFlags withReuseAddress(boolean other) {
        return new ListenFlags(backlog, other, families, deferSeconds, fastOpen, mode);
    }

    /** Returns these options for other families. */
    public ListenFlags withFamilies(Families other) {
        return new ListenFlags(backlog, reuseAddress, other, deferSeconds, fastOpen, mode);
    }

    /** Returns these options with another time to wait for the first bytes, in seconds; 0 for none. */
    public ListenFlags withDeferSeconds(int other) {
        return new ListenFlags(backlog, reuseAddress, families, other, fastOpen, mode);
    }

    /** Returns these options with another limit of TCP Fast Open; 0 is without. */
    public ListenFlags withFastOpen(int other) {
        return new ListenFlags(backlog, reuseAddress, families, deferSeconds, other, mode);
    }

    /** Returns these options with other permissions. */
    public ListenFlags withMode(int other) {
        return new ListenFlags(backlog, reuseAddress, families, deferSeconds, fastOpen, other);
    }
}
