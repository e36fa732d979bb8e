// SPDX-License-Identifier: Apache-2.0
package io.millrace.bench;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.uring.IoUringIoHandler;
import io.netty.channel.uring.IoUringServerSocketChannel;
import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.codec.http.HttpServerCodec;
import java.net.InetAddress;
import java.net.InetSocketAddress;

/**
 * Netty as a contender, tuned as its users tune it for such figures: native epoll or io_uring, one event loop thread
 * for accepting and serving, header validation off, flush when a read is complete, prepared header values.
 */
public final class NettyServer {
    private NettyServer() {}

    /**
     * Serves until it is killed.
     *
     * @param arguments the port on the loopback address, then perhaps {@code io_uring}
     */
    public static void main(String[] arguments) throws InterruptedException {
        int port = Integer.parseInt(arguments[0]);
        boolean ring = arguments.length > 1 && arguments[1].equals("io_uring");
        EventLoopGroup loop =
                new MultiThreadIoEventLoopGroup(1, ring ? IoUringIoHandler.newFactory() : EpollIoHandler.newFactory());
        new ServerBootstrap()
                .group(loop)
                .channel(ring ? IoUringServerSocketChannel.class : EpollServerSocketChannel.class)
                .option(ChannelOption.SO_BACKLOG, 4096)
                .childOption(ChannelOption.TCP_NODELAY, true)
                .childHandler(new Pipeline(new NettyDate(loop.next())))
                .bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port))
                .sync();
        JvmProbe.listen();
    }

    private static final class Pipeline extends ChannelInitializer<Channel> {
        private final NettyDate date;

        Pipeline(NettyDate date) {
            this.date = date;
        }

        @Override
        protected void initChannel(Channel channel) {
            HttpDecoderConfig config = new HttpDecoderConfig().setValidateHeaders(false);
            channel.pipeline().addLast(new HttpServerCodec(config), new NettyHello(date));
        }
    }
}
