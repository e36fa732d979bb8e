// SPDX-License-Identifier: Apache-2.0
package io.millrace.acme;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.web.CertificateChallenges;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Random;
import org.junit.jupiter.api.Test;

final class RenewalScheduleTest {
    private static final Instant BEGIN = Instant.parse("2026-11-01T00:00:00Z");

    private final RenewalSchedule schedule = new RenewalSchedule(new Random(1));

    @Test
    void aCertificateIsRenewedWithAThirdOfItsLifeLeft() {
        Instant end = BEGIN.plus(Duration.ofDays(90));
        for (int i = 0; i < 100; i++) {
            Instant at = schedule.byLife(BEGIN, end);
            assertFalse(at.isBefore(BEGIN.plus(Duration.ofDays(60))), at.toString());
            assertTrue(at.isBefore(BEGIN.plus(Duration.ofDays(63))), at.toString());
        }
    }

    @Test
    void aTimeIsChosenInTheWindowOfTheAuthority() {
        Instant end = BEGIN.plus(Duration.ofDays(2));
        for (int i = 0; i < 100; i++) {
            Instant at = schedule.inWindow(BEGIN, end);
            assertFalse(at.isBefore(BEGIN) || at.isAfter(end), at.toString());
        }
        assertEquals(end, schedule.inWindow(end, BEGIN), "a window that ends before it begins");
    }

    @Test
    void anAuthorityIsNotAskedMoreOftenThanOnceAMinute() {
        assertEquals(BEGIN.plus(Duration.ofHours(6)), schedule.nextLook(BEGIN, null));
        assertEquals(BEGIN.plus(Duration.ofMinutes(1)), schedule.nextLook(BEGIN, BEGIN.plusSeconds(1)));
        assertEquals(BEGIN.plus(Duration.ofHours(1)), schedule.nextLook(BEGIN, BEGIN.plus(Duration.ofHours(1))));
    }

    @Test
    void attemptsAreFurtherAndFurtherApartAndNotBeforeTheAuthorityWantsThem() {
        long before = 0;
        for (int failures = 1; failures < 10; failures++) {
            long seconds = Duration.between(BEGIN, schedule.retry(BEGIN, failures, null))
                    .toSeconds();
            assertTrue(seconds > before, failures + " failures: " + seconds + " s");
            before = seconds;
        }
        assertTrue(schedule.retry(BEGIN, 1_000, null).isBefore(BEGIN.plus(Duration.ofHours(16))));
        Instant wanted = BEGIN.plus(Duration.ofDays(3));
        assertFalse(schedule.retry(BEGIN, 1, wanted).isBefore(wanted));
    }

    @Test
    void whatNoCertificateCanBeOrderedForIsRefused() {
        Path store = Path.of("store");
        for (String wrong : new String[] {"*.example.org", "", "127.0.0.1", "a b", "a..b"}) {
            assertThrows(IllegalArgumentException.class, () -> AcmeOptions.of(store, wrong), wrong);
        }
        assertThrows(
                IllegalArgumentException.class,
                () -> AcmeCertificates.of(AcmeOptions.of(store, "example.org"), new CertificateChallenges()),
                "no agreement");
    }
}
