// SPDX-License-Identifier: Apache-2.0
package io.millrace.web;

import io.millrace.http.ResponseStream;
import io.millrace.models.IoModel;
import java.util.List;

/** A program with a server of worker processes: what a worker runs is this class's main. */
public final class PreforkProgram {
    private PreforkProgram() {}

    /** Serves until its supervisor ends it. */
    public static void main(String[] arguments) throws Exception {
        server().start().await();
    }

    /** A server with one worker, for the supervisor and the worker alike. */
    static WebServer server() {
        WebServer server = WebServer.on(0).model(IoModel.PREFORK).loops(1);
        return server.get("/", (request, response) -> response.send("yes"))
                .get(
                        "/ready",
                        (request, response) ->
                                response.status(server.isReady() ? 200 : 503).send())
                .get("/held", (request, response) -> {
                    response.defer();
                    ResponseStream stream = response.stream();
                    stream.write("held");
                    stream.flush();
                });
    }

    static List<String> command() {
        return List.of(
                ProcessHandle.current().info().command().orElseThrow(),
                "-Xmx128m",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                WebServerTest.classPath(),
                PreforkProgram.class.getName());
    }
}
