// SPDX-License-Identifier: Apache-2.0
package io.millrace.socket;

/**
 * When the kernel asks a silent TCP peer whether it is still there (SO_KEEPALIVE, tcp(7)): a peer that has vanished
 * without a word, by a power cut or behind a router that has forgotten it, is noticed by nothing else as long as
 * nothing is sent to it. Its connection ends with ETIMEDOUT. Neither side's program sees the probes.
 *
 * @param idleSeconds seconds without a sign of life before the first probe (TCP_KEEPIDLE)
 * @param intervalSeconds seconds between two probes (TCP_KEEPINTVL)
 * @param probes how many probes stay unanswered before the connection is broken off (TCP_KEEPCNT); 0 sends none
 */
public record KeepAlive(int idleSeconds, int intervalSeconds, int probes) {
    /** Notices after two minutes that a peer has vanished. */
    public static final KeepAlive USUAL = new KeepAlive(60, 15, 4);

    /** Never asks. */
    public static final KeepAlive OFF = new KeepAlive(1, 1, 0);

    /** The limits of Linux. */
    private static final int MOST_SECONDS = 32767;

    private static final int MOST_PROBES = 127;

    /**
     * Checks the values.
     *
     * @throws IllegalArgumentException if a number is out of the range that the kernel takes
     */
    public KeepAlive {
        if (idleSeconds < 1 || idleSeconds > MOST_SECONDS || intervalSeconds < 1 || intervalSeconds > MOST_SECONDS) {
            throw new IllegalArgumentException("times of a keep-alive are 1 to " + MOST_SECONDS + " seconds, not "
                    + idleSeconds + " and " + intervalSeconds);
        }
        if (probes < 0 || probes > MOST_PROBES) {
            throw new IllegalArgumentException("a keep-alive takes 0 to " + MOST_PROBES + " probes, not " + probes);
        }
    }

    /** Returns whether peers are asked at all. */
    public boolean isOn() {
        return probes > 0;
    }
}
