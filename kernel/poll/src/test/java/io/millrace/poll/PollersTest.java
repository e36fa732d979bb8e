// SPDX-License-Identifier: Apache-2.0
package io.millrace.poll;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.sys.Errno;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The catalogue, and what is special to one poller. */
@Timeout(60)
class PollersTest extends PollerCases {

    @Test
    void everyKindIsAvailableOrSaysWhyNot() throws Exception {
        List<PollerKind> available = Pollers.available();
        for (PollerKind kind : PollerKind.values()) {
            String whyNot = Pollers.whyNot(kind);
            assertEquals(available.contains(kind), whyNot == null, kind + ": " + whyNot);
            if (whyNot == null) {
                try (Poller one = Pollers.open(kind, 8)) {
                    assertEquals(kind.word(), one.name());
                }
            } else {
                assertFalse(whyNot.isBlank());
                String said = assertThrows(UnsupportedOperationException.class, () -> Pollers.open(kind, 8))
                        .getMessage();
                assertEquals(kind.word() + ": " + whyNot, said);
            }
        }
        assertTrue(available.containsAll(List.of(PollerKind.SELECT, PollerKind.POLL, PollerKind.EPOLL)));
    }

    @Test
    void classicSelectEndsAtItsLimitAndSaysSo() throws Exception {
        poller = SelectPoller.open(true);
        int fd = 0;
        int[] pair = null;
        while (fd < 1024) {
            pair = pair();
            fd = pair[1];
            if (pair[0] < 1024) {
                assertEquals(0, poller.add(pair[0], Interest.READ, pair[0]));
            }
        }
        assertEquals(-Errno.EINVAL, poller.add(fd, Interest.READ, 1));
        assertEquals(
                "descriptor " + fd + " is beyond FD_SETSIZE: the classic sets of select end at 1024",
                poller.whyNot(fd, Interest.READ));
        poller.close();
        poller = SelectPoller.open(false);
        assertEquals(0, poller.add(fd, Interest.READ, 1));
        send(pair[0]);
        assertEquals(Map.of(1L, Interest.READ), poll(SECOND));
    }

    @Test
    void millisecondsAreRoundedUpAndClamped() {
        assertEquals(0, EpollWait.millis(0));
        assertEquals(1, EpollWait.millis(1));
        assertEquals(1, EpollWait.millis(1_000_000));
        assertEquals(2, EpollWait.millis(1_000_001));
        assertEquals(Integer.MAX_VALUE, EpollWait.millis(Long.MAX_VALUE));
        assertEquals(-1, EpollWait.millis(-1));
    }

    @Test
    void interestsHaveNames() {
        assertEquals(
                "READ|INVALID|EDGE|ONE_SHOT|WAKEUP",
                Interest.describe(
                        Interest.READ | Interest.INVALID | Interest.EDGE | Interest.ONE_SHOT | Interest.WAKEUP));
        assertEquals("NONE", Interest.describe(0));
    }
}
