// SPDX-License-Identifier: Apache-2.0
package io.millrace.sample.web;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.transport.LoopGroup;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The protocol of lines from end to end. */
@Timeout(120)
class LineServerTest {
    private static String next(BufferedReader lines) throws IOException {
        String line = lines.readLine();
        while (line != null && line.endsWith(" are here")) {
            line = lines.readLine();
        }
        return line;
    }

    private static BufferedReader lines(Socket socket) throws IOException {
        return new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8));
    }

    @Test
    void linesGoToAllAndTheTimerTellsHowManyThereAre() throws Exception {
        InetSocketAddress anywhere = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
        try (LoopGroup loops = LoopGroup.open(1)) {
            InetSocketAddress address = new LineServer()
                    .listen(loops, anywhere, Duration.ofMillis(20))
                    .address();
            try (Socket ada = new Socket(address.getAddress(), address.getPort());
                    Socket bob = new Socket(address.getAddress(), address.getPort())) {
                BufferedReader toAda = lines(ada);
                BufferedReader toBob = lines(bob);
                while (!toAda.readLine().equals("2 are here")) {
                    // one of them may have come alone
                }
                ada.getOutputStream().write("hello\r\nthere\n".getBytes(StandardCharsets.UTF_8));
                assertEquals("hello", next(toAda));
                assertEquals("hello", next(toBob));
                assertEquals("there", next(toBob));
                bob.shutdownOutput();
                String line = toAda.readLine();
                while (!line.equals("1 are here")) {
                    assertTrue(line.equals("2 are here") || line.equals("there"), line);
                    line = toAda.readLine();
                }
            }
        }
    }
}
