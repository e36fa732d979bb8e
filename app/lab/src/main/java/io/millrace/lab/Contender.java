// SPDX-License-Identifier: Apache-2.0
package io.millrace.lab;

import java.time.Duration;
import java.util.List;
import java.util.Map;

/**
 * A server that takes part: one of our models, or a program that is named.
 *
 * @param name short, as in charts
 * @param story what it is, in one line
 * @param services what it can be asked for, and how it is started for that, as one would type it
 * @param commands how it is started
 * @param limit how many clients it can serve
 */
public record Contender(
        String name, String story, Map<Scenario.Service, String> services, Commands commands, Limit limit) {

    /** How a server is started. */
    @FunctionalInterface
    public interface Commands {
        /**
         * The command line that serves on a port of the loopback address; 0 lets it choose one, if it can and says so.
         */
        List<String> command(Scenario.Service service, int port);
    }

    /**
     * What a server cannot do by its nature.
     *
     * @param atOnce how many clients it is asked by at the same time at most
     * @param arrival what it takes to let one in, before it can be asked; it does not count
     * @param why the reason, as the end of a sentence; empty without a limit
     */
    public record Limit(int atOnce, Duration arrival, String why) {
        /** Any number of clients, each let in at once. */
        public static final Limit NONE = new Limit(Integer.MAX_VALUE, Duration.ZERO, "");
    }

    /** Whether it can be asked for that. */
    boolean serves(Scenario.Service service) {
        return services.containsKey(service);
    }
}
