// SPDX-License-Identifier: Apache-2.0
package io.millrace.web;

import io.millrace.http.Dispatch;
import io.millrace.http.ResponseStream;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;

/** A program whose server stops in good order when the program is told to end. */
public final class SignalledProgram {
    private SignalledProgram() {}

    /** Serves with so many seconds to drain and so many of grace. */
    public static void main(String[] seconds) throws Exception {
        WebServer server = WebServer.on(0);
        server.get("/held", Dispatch.VIRTUAL, (request, response) -> {
                    CountDownLatch stopping = new CountDownLatch(1);
                    response.onStopping(stopping::countDown);
                    try (ResponseStream stream = response.stream()) {
                        stream.write("begun ");
                        stream.flush();
                        stopping.await();
                        stream.write("and finished");
                    }
                })
                .get(
                        "/ready",
                        (request, response) ->
                                response.status(server.isReady() ? 200 : 503).send())
                .stopOnSignal(time(seconds[0]), time(seconds[1]))
                .start();
        System.out.println(server.port());
    }

    private static Duration time(String seconds) {
        return Duration.ofSeconds(Long.parseLong(seconds));
    }
}
