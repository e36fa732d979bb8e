// SPDX-License-Identifier: Apache-2.0
package io.millrace.peers;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.DefaultHttpResponse;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpChunkedInput;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import io.netty.handler.stream.ChunkedFile;
import io.netty.handler.stream.ChunkedWriteHandler;
import io.netty.util.ReferenceCountUtil;
import java.io.File;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;

/** Netty over TLS by tcnative or the JDK, one event loop over native epoll: as {@link VertxTls}. */
public final class NettyTls {
    private static final ByteBuf HELLO = Unpooled.unreleasableBuffer(
            Unpooled.directBuffer().writeBytes("Hello, World!".getBytes(StandardCharsets.US_ASCII)));

    /** A full record. */
    private static final int PIECE = 16 * 1024;

    private NettyTls() {}

    /**
     * Serves until it is killed.
     *
     * @param arguments the port on the loopback address, a folder, and {@code jdk} or {@code openssl}; the system
     *     properties {@code certificate} and {@code key} name files in PEM
     */
    public static void main(String[] arguments) throws Exception {
        SslContext tls = SslContextBuilder.forServer(
                        new File(System.getProperty("certificate")), new File(System.getProperty("key")))
                .sslProvider(arguments[2].equals("openssl") ? SslProvider.OPENSSL : SslProvider.JDK)
                .build();
        EventLoopGroup loop = new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory());
        new ServerBootstrap()
                .group(loop)
                .channel(EpollServerSocketChannel.class)
                .option(ChannelOption.SO_BACKLOG, 4096)
                .childOption(ChannelOption.TCP_NODELAY, true)
                .childHandler(new Pipeline(tls, arguments[1]))
                .bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), Integer.parseInt(arguments[0])))
                .sync()
                .channel()
                .closeFuture()
                .sync();
    }

    private static final class Pipeline extends ChannelInitializer<Channel> {
        private final SslContext tls;
        private final String folder;

        Pipeline(SslContext tls, String folder) {
            this.tls = tls;
            this.folder = folder;
        }

        @Override
        protected void initChannel(Channel channel) {
            channel.pipeline()
                    .addLast(
                            tls.newHandler(channel.alloc()),
                            new HttpServerCodec(),
                            new ChunkedWriteHandler(),
                            new Answers(folder));
        }
    }

    private static final class Answers extends ChannelInboundHandlerAdapter {
        private final String folder;

        Answers(String folder) {
            this.folder = folder;
        }

        @Override
        public void channelRead(ChannelHandlerContext context, Object message) throws IOException {
            try {
                if (message instanceof HttpRequest request) {
                    answer(context, request.uri());
                }
            } finally {
                ReferenceCountUtil.release(message);
            }
        }

        private void answer(ChannelHandlerContext context, String path) throws IOException {
            if (path.startsWith("/files/")) {
                RandomAccessFile file = new RandomAccessFile(folder + path.substring("/files".length()), "r");
                HttpResponse head = new DefaultHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.OK);
                head.headers().set(HttpHeaderNames.CONTENT_LENGTH, file.length());
                context.write(head);
                context.write(new HttpChunkedInput(new ChunkedFile(file, 0, file.length(), PIECE)));
                return;
            }
            FullHttpResponse answer =
                    new DefaultFullHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.OK, HELLO.duplicate());
            answer.headers()
                    .set(HttpHeaderNames.CONTENT_TYPE, "text/plain")
                    .set(HttpHeaderNames.CONTENT_LENGTH, HELLO.readableBytes());
            context.write(answer, context.voidPromise());
        }

        @Override
        public void channelReadComplete(ChannelHandlerContext context) {
            context.flush();
        }

        /** Whatever a peer does to its connection is not worth a word here. */
        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            context.close();
        }
    }
}
