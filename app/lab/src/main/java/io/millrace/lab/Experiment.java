// SPDX-License-Identifier: Apache-2.0
package io.millrace.lab;

import java.io.IOException;
import java.util.Map;

/** Something that is measured otherwise than by asking a server: it asks itself, and gives figures. */
public interface Experiment {
    /** Those that are compared: a short name and what it is. */
    Map<String, String> ways();

    /**
     * One round.
     *
     * @param way one of {@link #ways}
     * @param value the point of the sweep
     * @param connections how many connections are made
     * @throws IOException if it is not possible here: says why
     */
    Map<Metric, Double> round(String way, int value, int connections) throws IOException, InterruptedException;

    /** The command that shows the same by hand. */
    String command(int value, int connections);
}
