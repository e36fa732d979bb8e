// SPDX-License-Identifier: Apache-2.0
package io.millrace.net;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;

/**
 * Finds the addresses of a name. Called on a thread that may block, never on a loop's; several threads may call at
 * once.
 *
 * <p>A resolver that hangs holds up its own caller only, and that one has a time limit.
 */
@FunctionalInterface
public interface Resolver {

    /**
     * The addresses of a host, the preferred first; at least one.
     *
     * @throws UnknownHostException if there is none
     */
    List<InetAddress> resolve(String host) throws UnknownHostException;

    /**
     * The system's, as the JDK asks it: /etc/hosts, DNS and whatever else nsswitch.conf(5) names, with the JDK's cache.
     */
    static Resolver system() {
        return host -> List.of(InetAddress.getAllByName(host));
    }
}
