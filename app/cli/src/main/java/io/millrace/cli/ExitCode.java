// SPDX-License-Identifier: Apache-2.0
package io.millrace.cli;

/** How the command ends, for the shell that started it. */
final class ExitCode {
    private ExitCode() {}

    /** Everything went as asked, a stop by signal included. */
    static final int OK = 0;

    /** The system refused something: a port in use, a folder that is not there, requests cut off at the end. */
    static final int FAILED = 1;

    /** The command line cannot be understood. */
    static final int USAGE = 2;
}
