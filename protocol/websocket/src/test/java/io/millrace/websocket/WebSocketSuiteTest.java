// SPDX-License-Identifier: Apache-2.0
package io.millrace.websocket;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.core.CloseMode;
import io.millrace.testkit.MemoryLink;
import io.millrace.testkit.Trickle;
import io.millrace.testkit.WebSocketCases;
import io.millrace.testkit.WebSocketCases.Case;
import io.millrace.testkit.WebSocketDeflateCases;
import io.millrace.testkit.WebSocketFrames;
import io.millrace.testkit.WebSocketScript;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** The cases of the Autobahn suite on byte arrays. */
final class WebSocketSuiteTest {
    private static final int SMALL = 4096;
    private static final WebSocketLimits LIMITS =
            WebSocketLimits.DEFAULT.withSizes(16 << 20, 16 << 20).withCounts(WebSocketCases.MOST_FRAGMENTS, 100);

    private static MemoryLink open(Echo echo) {
        return new MemoryLink(new WebSocketProtocol(echo, LIMITS, "", null, null));
    }

    @TestFactory
    Stream<DynamicTest> cases() {
        return WebSocketCases.all().stream().map(test -> DynamicTest.dynamicTest(test.id(), () -> run(test)));
    }

    @TestFactory
    Stream<DynamicTest> large() {
        return WebSocketCases.large().stream().map(test -> DynamicTest.dynamicTest(test.id(), () -> run(test)));
    }

    /** However the network cuts what the client sends, the answer is the same. */
    @TestFactory
    Stream<DynamicTest> trickled() {
        return WebSocketCases.all().stream()
                .filter(test -> test.script().input().length < SMALL)
                .map(test -> DynamicTest.dynamicTest(
                        test.id(),
                        () -> Trickle.same(() -> open(new Echo()), test.script().input())));
    }

    @Test
    void theTableHasAllCasesOfTheseSections() {
        List<String> ids = WebSocketCases.all().stream().map(Case::id).toList();
        assertEquals(ids.size(), ids.stream().distinct().count());
        assertEquals(145, ids.stream().filter(id -> id.startsWith("6.")).count());
        assertEquals(
                List.of(16L, 11L, 7L, 10L, 20L, 145L, 37L),
                Stream.of("1.", "2.", "3.", "4.", "5.", "6.", "7.")
                        .map(section -> ids.stream()
                                .filter(id -> id.startsWith(section))
                                .count())
                        .toList());
        assertEquals(54, WebSocketCases.large().size());
        assertEquals(90 + 126, WebSocketDeflateCases.all().size());
    }

    /** The sections 12 and 13, with contexts that are lent and with contexts that are kept. */
    @TestFactory
    Stream<DynamicTest> compressed() {
        return WebSocketDeflateCases.all().stream()
                .flatMap(test -> Stream.of(true, false)
                        .map(kept -> DynamicTest.dynamicTest(
                                test.id() + (kept ? " with takeover" : ""), () -> compressed(test, kept))));
    }

    private static void compressed(WebSocketDeflateCases.Case test, boolean kept) {
        Server server = new Server(WebSocketOptions.DEFAULT
                .withLimits(LIMITS)
                .withCompression(WebSocketCompression.DEFAULT.withThreshold(1).withTakeover(kept, kept)));
        String head = server.open("Sec-WebSocket-Extensions: " + test.offer() + "\r\n");
        String answer = WebSocketDeflateCases.answer(head);
        server.link.feed(test.input(answer));
        test.check(answer, server.link.run().take().getBytes(StandardCharsets.ISO_8859_1));
    }

    private static void run(Case test) {
        WebSocketScript script = test.script();
        Echo echo = new Echo();
        MemoryLink link = open(echo);
        byte[] input = script.input();
        int chop = test.chop() == 0 ? Math.max(1, input.length) : test.chop();
        for (int from = 0; from < input.length; from += chop) {
            link.feed(Arrays.copyOfRange(input, from, Math.min(input.length, from + chop)));
        }
        assertEquals(
                script.expected().toString(), WebSocketFrames.parse(link.sent()).toString());
        assertEquals(CloseMode.LINGERING, link.closing());
        assertTrue(echo.closedCode > 0, "the listener was told the end");
    }
}
