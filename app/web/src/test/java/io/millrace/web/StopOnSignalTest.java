// SPDX-License-Identifier: Apache-2.0
package io.millrace.web;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.testkit.RawClient;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A program that is told to end by SIGTERM lets its server stop in good order first. */
@Timeout(120)
class StopOnSignalTest {
    private static final int TERMINATED = 128 + 15;

    private static Process program(int drain, int grace) throws IOException {
        List<String> command = new ArrayList<>(PreforkProgram.command());
        command.set(command.size() - 1, SignalledProgram.class.getName());
        command.add("" + drain);
        command.add("" + grace);
        return new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
    }

    private static InetSocketAddress address(Process program) throws IOException {
        int port = Integer.parseInt(program.inputReader().readLine());
        return new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
    }

    private static RawClient ask(InetSocketAddress address, String path) throws IOException {
        return RawClient.connect(address).send("GET " + path + " HTTP/1.1\r\nHost: localhost\r\n\r\n");
    }

    /** The answer ends only when the server has begun to stop, and the program only when the answer has left. */
    @Test
    void whatIsInFlightIsFinished() throws Exception {
        Process program = program(0, 60);
        try (RawClient held = ask(address(program), "/held")) {
            held.readUntil("begun ");
            program.destroy();
            String rest = held.readText();
            assertTrue(rest.endsWith("and finished\r\n0\r\n\r\n"), rest);
            assertTrue(program.waitFor(60, TimeUnit.SECONDS));
            assertEquals(TERMINATED, program.exitValue());
        } finally {
            program.destroyForcibly().waitFor();
        }
    }

    /** While it drains it answers, and says that it is not ready. */
    @Test
    void balancersSeeTheDrainFirst() throws Exception {
        Process program = program(3600, 60);
        try {
            InetSocketAddress address = address(program);
            assertEquals(200, status(address));
            program.destroy();
            while (status(address) != 503) {
                Thread.sleep(10);
            }
            assertTrue(program.isAlive());
        } finally {
            program.destroyForcibly().waitFor();
        }
    }

    private static int status(InetSocketAddress address) throws IOException {
        try (RawClient client = ask(address, "/ready")) {
            return Integer.parseInt(client.readUntil("\r\n\r\n").split(" ")[1]);
        }
    }
}
