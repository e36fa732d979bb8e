// SPDX-License-Identifier: Apache-2.0
package io.millrace.acme;

import java.time.Duration;
import java.time.Instant;
import java.util.random.RandomGenerator;

/** When to order, and when to try again. Times are spread by chance, so that servers do not all come at once. */
final class RenewalSchedule {
    /** What remains of a certificate's life when it is renewed, where the authority says nothing: a third. */
    private static final int RESERVE = 3;

    private static final Duration FIRST_RETRY = Duration.ofMinutes(1);
    private static final Duration LONGEST_RETRY = Duration.ofHours(12);

    /** An authority is asked so often when it says nothing (RFC 9773 section 4.3.2), and never more often. */
    static final Duration USUAL_LOOK = Duration.ofHours(6);

    private static final Duration SHORTEST_LOOK = Duration.ofMinutes(1);

    private final RandomGenerator random;

    RenewalSchedule(RandomGenerator random) {
        this.random = random;
    }

    /** After two thirds of a certificate's life, and up to a tenth of the rest later. */
    Instant byLife(Instant from, Instant until) {
        Duration rest = Duration.between(from, until).dividedBy(RESERVE);
        return until.minus(rest).plus(some(rest.dividedBy(10)));
    }

    /** A time in the window that the authority suggests; one that is past means at once. */
    Instant inWindow(Instant from, Instant until) {
        Duration length = Duration.between(from, until);
        return length.isNegative() ? from : from.plus(some(length));
    }

    /** When to ask the authority again what it suggests. */
    Instant nextLook(Instant now, Instant askedFor) {
        Instant wanted = askedFor == null ? now.plus(USUAL_LOOK) : askedFor;
        Instant earliest = now.plus(SHORTEST_LOOK);
        return wanted.isBefore(earliest) ? earliest : wanted;
    }

    /**
     * When to try again after so many failures in a row: after a minute, two, four ... twelve hours, and not before the
     * authority wants to be asked.
     */
    Instant retry(Instant now, int failures, Instant notBefore) {
        Duration wait = FIRST_RETRY.multipliedBy(1L << Math.min(failures - 1, 20));
        Duration bounded = wait.compareTo(LONGEST_RETRY) > 0 ? LONGEST_RETRY : wait;
        Instant at = now.plus(bounded).plus(some(bounded.dividedBy(4)));
        return notBefore != null && notBefore.isAfter(at) ? notBefore.plus(some(FIRST_RETRY)) : at;
    }

    private Duration some(Duration most) {
        long millis = most.toMillis();
        return millis <= 0 ? Duration.ZERO : Duration.ofMillis(random.nextLong(millis));
    }
}
