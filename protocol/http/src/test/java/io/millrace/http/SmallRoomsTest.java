// SPDX-License-Identifier: Apache-2.0
package io.millrace.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.core.Ascii;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** Limits, tokens, methods, statuses: what is too small for a test class of its own. */
class SmallRoomsTest {
    @Test
    void limitsChangeOneAtATime() {
        Limits changed = Limits.DEFAULT
                .withBody(7)
                .withIdleTime(Duration.ofSeconds(1))
                .withRequests(3)
                .withBodyRate(0);
        assertEquals(7, changed.body());
        assertEquals(Duration.ofSeconds(1), changed.idleTime());
        assertEquals(3, changed.requests());
        assertEquals(0, changed.bodyRate());
        assertNotEquals(Limits.DEFAULT, changed);
        Limits back = changed.withBody(Limits.DEFAULT.body())
                .withIdleTime(Limits.DEFAULT.idleTime())
                .withRequests(Long.MAX_VALUE)
                .withBodyRate(500);
        assertEquals(Limits.DEFAULT, back);
        Limits all = Limits.DEFAULT
                .withTarget(1)
                .withHead(16)
                .withFields(2)
                .withUnread(3)
                .withHeadTime(Duration.ofMillis(4))
                .withBodyTime(Duration.ofMillis(5))
                .withWriteTime(Duration.ofMillis(6));
        assertEquals(
                new Limits(
                        1,
                        16,
                        2,
                        Limits.DEFAULT.body(),
                        3,
                        Duration.ofMillis(4),
                        Limits.DEFAULT.idleTime(),
                        Duration.ofMillis(5),
                        500,
                        Duration.ofMillis(6),
                        Long.MAX_VALUE),
                all);
    }

    @Test
    void limitsThatCannotBeMeantAreRefused() {
        assertThrows(IllegalArgumentException.class, () -> Limits.DEFAULT.withTarget(0));
        assertThrows(IllegalArgumentException.class, () -> Limits.DEFAULT.withHead(0));
        assertThrows(IllegalArgumentException.class, () -> Limits.DEFAULT.withFields(0));
        assertThrows(IllegalArgumentException.class, () -> Limits.DEFAULT.withBody(-1));
        assertThrows(IllegalArgumentException.class, () -> Limits.DEFAULT.withUnread(-1));
        assertThrows(IllegalArgumentException.class, () -> Limits.DEFAULT.withRequests(0));
        assertThrows(IllegalArgumentException.class, () -> Limits.DEFAULT.withIdleTime(Duration.ZERO));
        assertThrows(IllegalArgumentException.class, () -> Limits.DEFAULT.withWriteTime(Duration.ofSeconds(-1)));
    }

    @Test
    void durationsFitIntoNanoseconds() {
        Duration century = Duration.ofDays(36_500);
        assertEquals(century, Limits.DEFAULT.withBodyTime(century).bodyTime());
        for (Duration endless : new Duration[] {century.plusNanos(1), Duration.ofSeconds(Long.MAX_VALUE)}) {
            IllegalArgumentException refused =
                    assertThrows(IllegalArgumentException.class, () -> Limits.DEFAULT.withHeadTime(endless));
            assertTrue(refused.getMessage().startsWith("headTime must be at most 36500 days"), refused.getMessage());
            assertThrows(IllegalArgumentException.class, () -> Limits.DEFAULT.withIdleTime(endless));
            assertThrows(IllegalArgumentException.class, () -> Limits.DEFAULT.withBodyTime(endless));
            assertThrows(IllegalArgumentException.class, () -> Limits.DEFAULT.withWriteTime(endless));
        }
    }

    @Test
    void aRequestInALogIsPrintable() {
        assertEquals("GET /a?b", Asked.of("GET", "/a?b").toString());
        assertEquals(
                "GET /\\x9b2J\\xff\\x7f",
                Asked.of("GET", "/\u009b2J\u00ff\u007f").toString());
        assertEquals("a request that could not be read", new ExchangeRequest(null, null).toString());
    }

    @Test
    void tokensAndValues() {
        for (char c = 0; c < 256; c++) {
            boolean token = c < 128 && (Character.isLetterOrDigit(c) || "!#$%&'*+-.^_`|~".indexOf(c) >= 0);
            assertEquals(token, FieldSyntax.isToken((byte) c), "token " + (int) c);
            boolean value = c == '\t' || (c >= ' ' && c != 127);
            assertEquals(value, FieldSyntax.isValue((byte) c), "value " + (int) c);
        }
        assertTrue(FieldSyntax.isToken("Content-Type"));
        assertFalse(FieldSyntax.isToken(""));
        assertFalse(FieldSyntax.isToken("\u0141"));
        assertTrue(FieldSyntax.isValue(""));
        assertTrue(FieldSyntax.isValue("a b\u00e9"));
        assertFalse(FieldSyntax.isValue(" a"));
        assertFalse(FieldSyntax.isValue("a\t"));
        assertFalse(FieldSyntax.isValue("a\u0141"));
    }

    @Test
    void knownMethodsAreAlwaysTheSameString() {
        for (String method :
                new String[] {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT"}) {
            assertSame(method.intern(), RequestStrings.method(Ascii.bytes("x" + method), 1, method.length()));
        }
        for (String method : new String[] {"get", "GEX", "PUX", "QUERY", "A", "PROPFIND", "HEAX", "TRACX", "PATCX"}) {
            assertEquals(method, RequestStrings.method(Ascii.bytes(method), 0, method.length()));
        }
    }

    @Test
    void emptyStatuses() {
        assertTrue(Status.isEmpty(101) && Status.isEmpty(204) && Status.isEmpty(304));
        assertFalse(Status.isEmpty(200) || Status.isEmpty(205) || Status.isEmpty(404));
        assertEquals("Unknown", Status.reason(299));
        assertThrows(IllegalArgumentException.class, () -> new HttpException(200));
    }
}
