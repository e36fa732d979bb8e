// SPDX-License-Identifier: Apache-2.0
package io.millrace.lab;

import java.util.List;
import java.util.Set;

/**
 * A server that takes part: one of our models, or a program that somebody names.
 *
 * @param name short, as in charts
 * @param story what it is, in one line
 * @param services what it can be asked for
 * @param commands how it is started
 * @param atOnce how many clients it can serve at the same time; {@link Integer#MAX_VALUE} for any number
 */
public record Contender(String name, String story, Set<Scenario.Service> services, Commands commands, int atOnce) {

    /** How a server is started. */
    @FunctionalInterface
    public interface Commands {
        /** The command line that serves on a port of the loopback address; 0 lets it choose one, if it can and says so. */
        List<String> command(Scenario.Service service, int port);
    }

    /** Whether it can be asked for that. */
    boolean serves(Scenario.Service service) {
        return services.contains(service);
    }
}
