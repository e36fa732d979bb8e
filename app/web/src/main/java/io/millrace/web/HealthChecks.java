// SPDX-License-Identifier: Apache-2.0
package io.millrace.web;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.SequencedMap;
import java.util.concurrent.Callable;

/** What a service needs to be of use, for {@link WebServer#health}. Set up by one thread, then used by any number. */
public final class HealthChecks {
    private final Map<String, Callable<Boolean>> checks = new LinkedHashMap<>();

    /** Makes a table without checks. */
    public HealthChecks() {}

    /**
     * Adds a check, such as of a database. It runs on a virtual thread for each question and may wait; what takes
     * longer than {@link io.millrace.http.Limits#answerTime} is answered 503.
     *
     * @param check returns whether all is well; an exception says no
     */
    public HealthChecks add(String name, Callable<Boolean> check) {
        checks.put(name, Objects.requireNonNull(check, "check"));
        return this;
    }

    /** Asks all checks, in order, and returns what each said. */
    public SequencedMap<String, Boolean> ask() {
        SequencedMap<String, Boolean> said = new LinkedHashMap<>();
        checks.forEach((name, check) -> said.put(name, isWell(check)));
        return said;
    }

    private static boolean isWell(Callable<Boolean> check) {
        try {
            return check.call();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        } catch (Exception e) {
            return false;
        }
    }

    /** Returns the lines {@code name: up} or {@code name: down} of what the checks said. */
    static String text(Map<String, Boolean> said) {
        StringBuilder text = new StringBuilder();
        said.forEach((name, well) -> text.append(name).append(well ? ": up\n" : ": down\n"));
        return text.toString();
    }
}
