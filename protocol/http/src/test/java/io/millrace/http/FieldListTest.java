// SPDX-License-Identifier: Apache-2.0
package io.millrace.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FieldListTest {
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            value = {"a,b | 1", "a | 1", ",a | 0", "\"a,b\",c | 5", "\"a\\\",b\",c | 7", "\"a,b | 4", "\"a\\ | 3"})
    void anElementEndsAtACommaOutsideQuotes(String list, int end) {
        assertEquals(end, FieldList.end(list, 0));
    }

    @Test
    void tokensAreFoundWithoutRegardToCase() {
        assertTrue(FieldList.contains("websocket", "websocket"));
        assertTrue(FieldList.contains("h2c ,\tWebSocket ", "websocket"));
        assertTrue(FieldList.contains(",,h2c", "h2c"));
        assertFalse(FieldList.contains("websockets, web, socket", "websocket"));
        assertFalse(FieldList.contains("", "h2c"));
        assertFalse(FieldList.contains(null, "h2c"));
    }

    @Test
    void onlyTheFirstHundredElementsAreRead() {
        String most = "a,".repeat(FieldList.MOST - 1);
        assertTrue(FieldList.contains(most + "h2c", "h2c"));
        assertFalse(FieldList.contains(most + "a,h2c", "h2c"));
        assertFalse(FieldList.contains(",".repeat(FieldList.MOST) + "h2c", "h2c"));
        assertTrue(FieldList.isOfTokens(most + "a"));
        assertFalse(FieldList.isOfTokens(most + "a,a"));
    }

    @Test
    void aListOfTokensHasNoOtherElement() {
        assertTrue(FieldList.isOfTokens("a"));
        assertTrue(FieldList.isOfTokens("range, x-own\t,b"));
        for (String list : new String[] {"", ",", "a,", "a,,b", "a b", "a;", "\u0141", "a/b"}) {
            assertFalse(FieldList.isOfTokens(list), list);
        }
    }

    @Test
    void linesAreJoinedInOrder() {
        FieldBlock fields = new FieldBlock();
        assertNull(fields.joined("Accept"));
        fields.append("Accept", "a, b");
        fields.append("Host", "h");
        assertEquals("a, b", fields.joined("accept"));
        fields.append("ACCEPT", "c");
        fields.append("Accept", "");
        assertEquals("a, b, c, ", fields.joined("Accept"));
    }
}
