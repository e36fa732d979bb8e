// SPDX-License-Identifier: Apache-2.0
package io.millrace.examples;

import io.millrace.core.Link;
import io.millrace.core.Protocol;
import io.millrace.core.RateLimit;
import io.millrace.loop.EventLoop;
import io.millrace.net.ByteStream;
import io.millrace.net.ConnectFailure;
import io.millrace.net.ConnectOperation;
import io.millrace.net.Connector;
import io.millrace.net.Relay;
import io.millrace.transport.ListenOptions;
import io.millrace.transport.Listener;
import io.millrace.transport.LoopGroup;
import io.millrace.transport.RateLimitGroup;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;

/**
 * Passes connections on to another address. The bytes never leave the kernel (splice(2)), ends and resets are passed on
 * as they come, and all connections together may move only so many bytes a second, shared fairly.
 */
public final class TcpRelay {
    private final EventLoop loop;
    private final InetSocketAddress target;
    private final RateLimitGroup rate;

    private TcpRelay(EventLoop loop, InetSocketAddress target, RateLimit rate) {
        this.loop = loop;
        this.target = target;
        this.rate = RateLimitGroup.of(rate);
    }

    /** Relays on one loop, for both ends of a relay live on the same. */
    static Listener start(LoopGroup loops, InetSocketAddress address, InetSocketAddress target, RateLimit rate)
            throws IOException {
        TcpRelay relay = new TcpRelay(loops.loop(0), target, rate);
        return loops.listen(ListenOptions.on(address), () -> ByteStream.each(relay::open));
    }

    private void open(ByteStream client) {
        client.pause(true);
        rate.add(client.link());
        ConnectOperation connecting = Connector.USUAL.connect(loop, target, new Connector.Outcome() {
            @Override
            public Protocol connected(SocketAddress peer) {
                return ByteStream.protocol(server -> join(client.link(), server.link()));
            }

            @Override
            public void failed(ConnectFailure why) {
                System.err.println(why.getMessage());
                client.abort();
            }
        });
        client.onClosed(why -> connecting.cancel());
    }

    private static void join(Link client, Link server) {
        Relay.join(client, server);
        client.pause(false);
    }

    /** {@code TcpRelay 7021 example.org 80 1000000}: port, target, bytes a second. */
    public static void main(String[] args) throws Exception {
        InetSocketAddress target = InetSocketAddress.createUnresolved(args[1], Integer.parseInt(args[2]));
        RateLimit rate = args.length > 3 ? RateLimit.of(Long.parseLong(args[3])) : RateLimit.NONE;
        Program.run(1, Integer.parseInt(args[0]), (loops, address) -> start(loops, address, target, rate));
    }
}
