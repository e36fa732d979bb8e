// SPDX-License-Identifier: Apache-2.0
package io.millrace.cli;

/** The release of the command. */
final class Version {
    private Version() {}

    /** The release; equals the version in the pom. */
    static final String NUMBER = "0.2.0-SNAPSHOT";

    /** Returns what {@code --version} prints: the release, and that of Java. */
    static String text() {
        return "millrace " + NUMBER + " (Java " + Runtime.version() + ")";
    }
}
