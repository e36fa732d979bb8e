// SPDX-License-Identifier: Apache-2.0
package io.millrace.web;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.millrace.http.Dispatch;
import io.millrace.models.IoModel;
import io.millrace.testkit.RawClient;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Routes that run by an executor of the application, whatever the server waits with. */
@Timeout(60)
final class RouteExecutorTest {

    @ParameterizedTest
    @EnumSource(IoModel.class)
    void aHandlerBlocksItsExecutorAloneAndIsRefusedWhenThatIsFull(IoModel model) throws Exception {
        assumeTrue(model.isAvailable(), () -> model.id() + " is not available here");
        assumeTrue(!model.inProcesses(), "handlers of this test are objects of its own process");
        CountDownLatch entered = new CountDownLatch(1);
        CountDownLatch go = new CountDownLatch(1);
        try (ThreadPoolExecutor pool = onePlace();
                WebServer server = WebServer.on(0)
                        .model(model)
                        .loops(1)
                        .get("/inline", (request, response) -> response.send("inline"))
                        .post("/wait", Dispatch.on(pool), (request, response) -> {
                            entered.countDown();
                            go.await();
                            byte[] body = request.body().bytes(100);
                            response.send(Thread.currentThread().getName() + " " + body.length);
                        })
                        .start();
                RawClient first = RawClient.connect(server.address())) {
            first.send("POST /wait HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\nConnection: close\r\n\r\n");
            assertTrue(entered.await(30, TimeUnit.SECONDS));
            if (model.clientsAtOnce() > 1) {
                assertTrue(ask(server, "GET /inline").endsWith("\r\n\r\ninline"));
                String refused = ask(server, "POST /wait");
                assertTrue(refused.startsWith("HTTP/1.1 503 "), refused);
                assertTrue(refused.contains("\r\nRetry-After: 1\r\n"), refused);
            }
            go.countDown();
            first.send("body");
            assertTrue(first.readText().endsWith("\r\n\r\npool-of-one 4"));
        }
    }

    /** An executor that has one thread and no queue. */
    private static ThreadPoolExecutor onePlace() {
        return new ThreadPoolExecutor(
                1,
                1,
                0,
                TimeUnit.SECONDS,
                new SynchronousQueue<>(),
                Thread.ofPlatform().name("pool-of-one").factory());
    }

    private static String ask(WebServer server, String what) throws Exception {
        try (RawClient client = RawClient.connect(server.address())) {
            client.send(what + " HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
            String answer = client.readText();
            assertEquals('H', answer.charAt(0));
            return answer;
        }
    }
}
