// SPDX-License-Identifier: Apache-2.0
package io.millrace.http1;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.http.Handler;
import io.millrace.http.Limits;
import io.millrace.http.RequestBody;
import io.millrace.http.ResponseStream;
import io.millrace.http.Route;
import io.millrace.testkit.MemoryLink;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.function.Consumer;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What a client does to a handler that reads from it or writes to it is no error of the server's. */
@Timeout(60)
class ClientAbortTest {
    private static final Logger LOGGER = Logger.getLogger("io.millrace.http");
    private static final String HEAD = "POST / HTTP/1.1\r\nHost: h\r\n";
    private static final Handler WAITS = (request, response) -> {
        try (InputStream in = request.body().stream()) {
            in.transferTo(OutputStream.nullOutputStream());
        }
        response.send("whole");
    };

    private final List<LogRecord> records = new CopyOnWriteArrayList<>();
    private final java.util.logging.Handler recorder = new java.util.logging.Handler() {
        @Override
        public void publish(LogRecord entry) {
            records.add(entry);
        }

        @Override
        public void flush() {}

        @Override
        public void close() {}
    };

    @BeforeEach
    void listen() {
        LOGGER.setLevel(Level.ALL);
        LOGGER.setUseParentHandlers(false);
        LOGGER.addHandler(recorder);
    }

    @AfterEach
    void listenNoMore() {
        LOGGER.removeHandler(recorder);
        LOGGER.setUseParentHandlers(true);
        LOGGER.setLevel(null);
    }

    static List<Arguments> uploads() {
        Consumer<MemoryLink> end = MemoryLink::end;
        Consumer<MemoryLink> reset = MemoryLink::reset;
        Consumer<MemoryLink> silence = link -> link.advance(Duration.ofMinutes(5));
        return List.of(
                Arguments.of("ends", HEAD + "Content-Length: 10\r\n\r\nhello", end),
                Arguments.of("ends in a chunk", HEAD + "Transfer-Encoding: chunked\r\n\r\n9\r\nhello", end),
                Arguments.of("is reset", HEAD + "Content-Length: 10\r\n\r\nhello", reset),
                Arguments.of("is too slow", HEAD + "Content-Length: 10\r\n\r\nhello", silence),
                Arguments.of("is garbage", HEAD + "Transfer-Encoding: chunked\r\n\r\n5\r\nhelloXX", end),
                Arguments.of(
                        "is too long", HEAD + "Transfer-Encoding: chunked\r\n\r\n7d0\r\n" + "x".repeat(2000), end));
    }

    @ParameterizedTest(name = "an upload {0}")
    @MethodSource("uploads")
    void anUploadThatFails(String what, String request, Consumer<MemoryLink> cut) {
        check(Route.virtual(WAITS), request, cut);
        check(Route.virtual((asked, response) -> response.send(asked.body().bytes(5000))), request, cut);
        check(
                Route.virtual((asked, response) -> {
                    try {
                        asked.body().bytes(5000);
                    } catch (IOException e) {
                        throw new IllegalStateException("wrapped", new UncheckedIOException(e));
                    }
                }),
                request,
                cut);
        check((asked, response) -> asked.body().read(new Rethrowing()), request, cut);
    }

    /** Passes on what it is told, as a reader may that has nothing to tidy up. */
    private static final class Rethrowing implements RequestBody.Reader {
        @Override
        public void data(byte[] bytes, int offset, int length) {}

        @Override
        public void end() {}

        @Override
        public void failed(IOException why) {
            throw new UncheckedIOException(why);
        }
    }

    private void check(Handler handler, String request, Consumer<MemoryLink> cut) {
        records.clear();
        CountDownLatch threw = new CountDownLatch(handler instanceof Route ? 1 : 0);
        Handler told = handler instanceof Route route ? Route.virtual(telling(route.handler(), threw)) : handler;
        Serving serving = Serving.of(told, Limits.DEFAULT.withBody(1000));
        MemoryLink link = serving.open().feed(request);
        link.runUntil(() -> link.unconsumed() == 0); // somebody reads
        cut.accept(link);
        link.runUntil(() -> threw.getCount() == 0 && !records.isEmpty() && !serving.log.isEmpty());
        assertEquals(
                List.of(Level.FINE), records.stream().map(LogRecord::getLevel).toList());
        assertTrue(records.getFirst().getMessage().contains("ended by the client"), records.getFirst()::getMessage);
    }

    private static Handler telling(Handler handler, CountDownLatch threw) {
        return (request, response) -> {
            try {
                handler.handle(request, response);
            } catch (Throwable e) {
                threw.countDown();
                throw e;
            }
        };
    }

    @Test
    void aDownloadThatIsCutShort() {
        Serving serving = Serving.of(Route.virtual((request, response) -> {
            try (ResponseStream stream = response.stream()) {
                while (true) {
                    stream.write(new byte[10_000]);
                }
            }
        }));
        MemoryLink link = serving.open().window(0).feed("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
        link.runUntil(() -> link.pending() > 256 * 1024);
        link.reset();
        link.runUntil(() -> !records.isEmpty());
        assertEquals(Level.FINE, records.getFirst().getLevel());
    }

    /** That the client has left does not excuse what the handler does wrong. */
    @Test
    void anErrorOfTheHandlersIsAnErrorThoughTheClientHasLeft() {
        CountDownLatch left = new CountDownLatch(1);
        Serving serving = Serving.of(Route.virtual((request, response) -> {
            left.await();
            throw new IOException("the disk is full");
        }));
        MemoryLink link = serving.open().feed("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
        link.reset();
        left.countDown();
        link.runUntil(() -> !records.isEmpty());
        assertEquals(Level.SEVERE, records.getFirst().getLevel());
    }
}
