// SPDX-License-Identifier: Apache-2.0
package io.millrace.tls;

/** Tells the names of hosts from their addresses. */
public final class HostNames {
    private HostNames() {}

    /** Returns whether a host is given by its address, which is no name to ask for (RFC 6066 section 3). */
    public static boolean isAddress(String host) {
        return host.indexOf(':') >= 0 || host.chars().allMatch(c -> c == '.' || (c >= '0' && c <= '9'));
    }
}
