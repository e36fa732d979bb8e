// SPDX-License-Identifier: Apache-2.0
package io.millrace.web;

/** A program that says nothing of what its server waits with. */
public final class PlainProgram {
    private PlainProgram() {}

    /** Starts a server, says what it waits with, and stops it. */
    public static void main(String[] arguments) throws Exception {
        try (WebServer server = WebServer.on(0)
                .get("/", (request, response) -> response.send("here"))
                .start()) {
            System.out.println(server.engine());
        }
    }
}
