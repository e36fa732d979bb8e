// SPDX-License-Identifier: Apache-2.0
package io.millrace.examples;

import io.millrace.loop.EventLoop;
import io.millrace.net.UdpOptions;
import io.millrace.net.UdpSocket;
import io.millrace.transport.LoopGroup;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;

/** Sends each datagram back to where it came from (RFC 862), as many in a system call as there are. */
public final class UdpEcho {
    private UdpEcho() {}

    /** A UDP socket is opened on its loop; a caller on another thread waits for it. */
    static UdpSocket start(EventLoop loop, InetSocketAddress address) throws InterruptedException, ExecutionException {
        CompletableFuture<UdpSocket> opened = new CompletableFuture<>();
        loop.execute(() -> {
            try {
                opened.complete(open(loop, address));
            } catch (IOException e) {
                opened.completeExceptionally(e);
            }
        });
        return opened.get();
    }

    private static UdpSocket open(EventLoop loop, InetSocketAddress address) throws IOException {
        // What finds no room is dropped: programs that speak UDP expect that of any network.
        return UdpSocket.open(
                loop,
                UdpOptions.on(address),
                (datagram, socket) -> socket.reply(datagram, datagram.array(), datagram.offset(), datagram.length()));
    }

    /** {@code nc -u 127.0.0.1 7007} talks to it. */
    public static void main(String[] args) throws Exception {
        try (LoopGroup loops = LoopGroup.open(1)) {
            System.out.println("listening on "
                    + start(loops.loop(0), new InetSocketAddress("127.0.0.1", 7007))
                            .local());
            loops.await();
        }
    }
}
