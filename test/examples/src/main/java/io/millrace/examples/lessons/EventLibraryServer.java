// SPDX-License-Identifier: Apache-2.0
package io.millrace.examples.lessons;

import io.millrace.core.TimeLimit;
import io.millrace.loop.EventLoop;
import io.millrace.loop.RunMode;
import io.millrace.net.ByteStream;
import io.millrace.poll.Interest;
import io.millrace.socket.Kernel;
import io.millrace.sys.SysException;
import io.millrace.transport.Connections;
import io.millrace.transport.Engine;
import io.millrace.transport.ListenOptions;
import io.millrace.transport.Listener;
import java.net.InetSocketAddress;
import java.time.Duration;

/**
 * The echo server once more, with an event library: a base, a listener, events for a descriptor and for time, and a
 * buffered socket for each client. Nothing of waiting, of part of an answer or of EAGAIN is left in it.
 */
public final class EventLibraryServer {
    private static final Duration SILENCE = Duration.ofMinutes(1);

    private int clients;

    /**
     * Prepares a base, which then has to be run.
     *
     * @param control a descriptor that ends the base's run when it is readable
     * @return the listener
     */
    static Listener start(EventLoop base, int port, int control) throws SysException {
        EventLibraryServer server = new EventLibraryServer();
        base.watch(control, Interest.READ, (event, found) -> base.exit()).enable();
        base.every(Duration.ofSeconds(10), () -> System.out.println(server.clients + " clients"));
        InetSocketAddress address = new InetSocketAddress("127.0.0.1", port);
        return Connections.of(base).listen(ListenOptions.on(address), () -> ByteStream.each(server::accepted));
    }

    private void accepted(ByteStream socket) {
        clients++;
        socket.onData(input -> {
            socket.write(input);
            input.consume(input.readable());
        });
        socket.onClosed(why -> clients--);
        // Who sends nothing for so long is closed; a callback of onLate could do something else.
        socket.link().flow().timeout(TimeLimit.READ, SILENCE.toNanos());
    }

    /** {@code nc 127.0.0.1 7106}; the Enter key, which makes descriptor 0 readable, ends the server. */
    public static void main(String[] args) throws SysException {
        EventLoop base = new EventLoop(Kernel.host(), "base", Engine.READINESS);
        int port = Integer.getInteger("port", 7106);
        System.out.println("listening on port " + start(base, port, 0).address().getPort());
        base.run(RunMode.UNTIL_STOPPED);
        base.close();
    }
}
