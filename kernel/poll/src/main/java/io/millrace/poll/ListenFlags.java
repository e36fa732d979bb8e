// SPDX-License-Identifier: Apache-2.0
package io.millrace.poll;

import java.util.Objects;

/**
 * How a listening socket is set up, beside its address.
 *
 * @param backlog how many connections may wait to be accepted; the kernel caps it (net.core.somaxconn)
 * @param reuseAddress whether the address can be had while old connections are in TIME_WAIT (tcp(7)); without it a
 *     server cannot be restarted at once
 * @param families whether an IPv6 socket takes IPv4 as well
 * @param deferSeconds accept only connections that have sent something, or that have waited so long for it (tcp(7)
 *     TCP_DEFER_ACCEPT); 0 for at once
 * @param fastOpen how many connections may be under way whose first bytes came with their SYN (TCP_FASTOPEN, tcp(7)); 0
 *     for none
 * @param mode the permissions of a Unix socket's file; who may write to it may connect. -1 for what umask(2) leaves
 */
public record ListenFlags(
        int backlog, boolean reuseAddress, Families families, int deferSeconds, int fastOpen, int mode) {

    /** What is usual. */
    public static final ListenFlags USUAL = new ListenFlags(4096, true, Families.USUAL, 0, 0, -1);

    /** Whether an IPv6 socket takes IPv4 as well (ipv6(7) IPV6_V6ONLY). */
    public enum Families {
        /** Both on the wildcard address, IPv6 alone on any other. */
        USUAL,

        /** IPv6 alone; another socket may listen on the same port of IPv4. */
        V6_ONLY,

        /** Both. */
        BOTH
    }

    /** Checks the values. */
    public ListenFlags {
        Objects.requireNonNull(families, "families");
        if (backlog < 1 || deferSeconds < 0 || fastOpen < 0) {
            throw new IllegalArgumentException("backlog must be at least 1, deferSeconds and fastOpen not negative");
        }
        if (mode < -1 || mode > 0777) {
            throw new IllegalArgumentException("permissions are 0 to 0777, not 0" + Integer.toOctalString(mode));
        }
    }

    /** The same with another backlog. */
    public ListenFlags withBacklog(int other) {
        return new ListenFlags(other, reuseAddress, families, deferSeconds, fastOpen, mode);
    }

    /** The same with or without SO_REUSEADDR. */
    public ListenFlags withReuseAddress(boolean other) {
        return new ListenFlags(backlog, other, families, deferSeconds, fastOpen, mode);
    }

    /** The same for other families. */
    public ListenFlags withFamilies(Families other) {
        return new ListenFlags(backlog, reuseAddress, other, deferSeconds, fastOpen, mode);
    }

    /** The same with or without waiting for the first bytes. */
    public ListenFlags withDeferSeconds(int other) {
        return new ListenFlags(backlog, reuseAddress, families, other, fastOpen, mode);
    }

    /** The same with or without TCP Fast Open. */
    public ListenFlags withFastOpen(int other) {
        return new ListenFlags(backlog, reuseAddress, families, deferSeconds, other, mode);
    }

    /** The same with other permissions. */
    public ListenFlags withMode(int other) {
        return new ListenFlags(backlog, reuseAddress, families, deferSeconds, fastOpen, other);
    }
}
