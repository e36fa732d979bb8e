// SPDX-License-Identifier: Apache-2.0
package io.millrace.websocket;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What server and client agree on, offer by offer. */
final class DeflateNegotiationTest {
    private static final String NAME = "permessage-deflate";
    private static final WebSocketCompression TAKEOVER = WebSocketCompression.DEFAULT.withTakeover(true, true);

    private static String answer(String offers, WebSocketCompression wanted) {
        DeflateParameters agreed = DeflateParameters.negotiate(offers, wanted);
        return agreed == null ? "none" : agreed.answer().replace(NAME, "yes");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "permessage-deflate | yes; server_no_context_takeover; client_no_context_takeover",
                "PerMessage-Deflate | yes; server_no_context_takeover; client_no_context_takeover",
                "x-other, permessage-deflate | yes; server_no_context_takeover; client_no_context_takeover",
                "permessage-deflate; client_max_window_bits | yes; server_no_context_takeover; client_no_context_takeover",
                "permessage-deflate; server_max_window_bits=8 "
                        + "| yes; server_no_context_takeover; client_no_context_takeover; server_max_window_bits=8",
                "permessage-deflate; server_max_window_bits=\"10\" "
                        + "| yes; server_no_context_takeover; client_no_context_takeover; server_max_window_bits=10",
                "permessage-deflate; server_max_window_bits=15 "
                        + "| yes; server_no_context_takeover; client_no_context_takeover; server_max_window_bits=15",
                "permessage-deflate; client_max_window_bits=9 "
                        + "| yes; server_no_context_takeover; client_no_context_takeover; client_max_window_bits=9",
                "permessage-deflate; server_max_window_bits=7, permessage-deflate "
                        + "| yes; server_no_context_takeover; client_no_context_takeover"
            })
    void withoutTakeover(String offers, String expected) {
        assertEquals(expected, answer(offers, WebSocketCompression.DEFAULT));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "permessage-deflate | yes",
                "permessage-deflate; server_no_context_takeover | yes; server_no_context_takeover",
                "permessage-deflate; client_no_context_takeover | yes; client_no_context_takeover",
                "permessage-deflate; client_max_window_bits; server_max_window_bits=12 | yes; server_max_window_bits=12"
            })
    void withTakeover(String offers, String expected) {
        assertEquals(expected, answer(offers, TAKEOVER));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "x-other",
                "permessage-deflate; unknown",
                "permessage-deflate; server_max_window_bits",
                "permessage-deflate; server_max_window_bits=7",
                "permessage-deflate; server_max_window_bits=16",
                "permessage-deflate; server_max_window_bits=08",
                "permessage-deflate; server_max_window_bits=+9",
                "permessage-deflate; server_max_window_bits=",
                "permessage-deflate; client_max_window_bits=7",
                "permessage-deflate; client_max_window_bits=abc",
                "permessage-deflate; server_no_context_takeover=1",
                "permessage-deflate; client_no_context_takeover=true",
                "permessage-deflate; server_no_context_takeover; server_no_context_takeover",
                "permessage-deflate; server_max_window_bits=9; server_max_window_bits=9",
                "permessage-deflate;"
            })
    void offersThatMustBeDeclined(String offers) {
        assertEquals("none", answer(offers, TAKEOVER));
    }

    @Test
    void theServersOwnWishesNarrowAnOffer() {
        WebSocketCompression narrow = TAKEOVER.withWindows(9, 10);
        assertEquals("yes; server_max_window_bits=9", answer(NAME, narrow));
        assertEquals(
                "yes; server_max_window_bits=8; client_max_window_bits=10",
                answer(NAME + "; server_max_window_bits=8; client_max_window_bits", narrow));
        assertNull(DeflateParameters.negotiate(NAME, null));
        assertNull(DeflateParameters.negotiate(null, narrow));
        assertThrows(IllegalArgumentException.class, () -> TAKEOVER.withWindows(7, 15));
        assertThrows(IllegalArgumentException.class, () -> TAKEOVER.withWindows(15, 16));
        assertThrows(IllegalArgumentException.class, () -> TAKEOVER.withLevel(0));
        assertThrows(IllegalArgumentException.class, () -> TAKEOVER.withThreshold(-1));
    }

    @Test
    void aClientTakesOnlyWhatItOffered() {
        assertEquals(
                NAME + "; server_no_context_takeover; client_no_context_takeover; client_max_window_bits",
                DeflateParameters.offer(WebSocketCompression.DEFAULT));
        assertEquals(
                NAME + "; server_max_window_bits=10; client_max_window_bits=9",
                DeflateParameters.offer(TAKEOVER.withWindows(9, 10)));
        assertFalse(DeflateParameters.answered(NAME, TAKEOVER) == null);
        assertNull(DeflateParameters.answered(NAME, WebSocketCompression.DEFAULT), "takeover was not offered");
        assertNull(DeflateParameters.answered(NAME, TAKEOVER.withWindows(15, 10)), "the window is too large");
        assertNull(DeflateParameters.answered(NAME + "; client_max_window_bits", TAKEOVER), "no number");
        assertNull(DeflateParameters.answered("x-other", TAKEOVER));
        assertEquals(
                11,
                DeflateParameters.answered(NAME + "; client_max_window_bits=11", TAKEOVER)
                        .clientBits());
    }
}
