// SPDX-License-Identifier: Apache-2.0
package io.millrace.transport;

/**
 * How much one connection may do before the others have their turn (epoll(7), "starvation").
 *
 * @param lent size in bytes of the buffer that input arrives in
 * @param read bytes received a turn
 * @param write bytes sent a turn
 * @param turn bytes sent to all in one turn, beyond which each gets a sixteenth of its usual share until the next: a
 *     thousand downloads that begin together must not keep a small request waiting
 * @param rounds how often a connection may go from reading to writing and back in one turn
 * @param high beyond this many bytes to be sent nothing more is read, and a producer is asked to wait
 */
record Budget(int lent, long read, long write, long turn, int rounds, long high) {
    static final Budget USUAL = new Budget(64 * 1024, 256 * 1024, 512 * 1024, 8 * 1024 * 1024, 16, 256 * 1024);
}
