// SPDX-License-Identifier: Apache-2.0
package io.millrace.loop;

/**
 * A pipe(2) by its descriptors.
 *
 * @param out what comes out of the pipe is read here
 * @param in what goes into the pipe is written here
 */
record Pipe(int out, int in) {}
