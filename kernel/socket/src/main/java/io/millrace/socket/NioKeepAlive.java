// SPDX-License-Identifier: Apache-2.0
package io.millrace.socket;

import java.io.IOException;
import java.net.SocketOption;
import java.net.StandardSocketOptions;
import java.nio.channels.SocketChannel;

/** The keep-alive of accepted channels, which do not inherit it from the one that listens as the JDK has it. */
final class NioKeepAlive {
    private NioKeepAlive() {}

    /** Sets it on a channel. Where the JDK cannot set times, the system's own hold: two hours to the first probe. */
    static void set(SocketChannel channel, KeepAlive wanted) throws IOException {
        for (SocketOption<?> option : channel.supportedOptions()) {
            // Options of the module jdk.net, which may be absent.
            switch (option.name()) {
                case "TCP_KEEPIDLE" -> set(channel, option, wanted.idleSeconds());
                case "TCP_KEEPINTERVAL" -> set(channel, option, wanted.intervalSeconds());
                case "TCP_KEEPCOUNT" -> set(channel, option, wanted.probes());
                default -> {}
            }
        }
        channel.setOption(StandardSocketOptions.SO_KEEPALIVE, true);
    }

    @SuppressWarnings("unchecked")
    private static void set(SocketChannel channel, SocketOption<?> option, int value) throws IOException {
        channel.setOption((SocketOption<Integer>) option, value);
    }
}
