// SPDX-License-Identifier: Apache-2.0

import com.sun.net.httpserver.HttpServer;
import io.millrace.httpserver.HttpServers;
import io.millrace.jetty.MillraceConnector;
import io.millrace.spring.MillraceReactiveWebServerFactory;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.Executors;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.util.thread.QueuedThreadPool;
import org.springframework.boot.reactor.netty.NettyReactiveWebServerFactory;
import org.springframework.boot.web.server.WebServer;
import org.springframework.http.server.reactive.HttpHandler;
import reactor.core.publisher.Mono;

/** One server that answers with 13 bytes; prints its port. */
public final class Contender {
    private static final byte[] TEXT = "Hello, World!".getBytes(StandardCharsets.US_ASCII);

    private static void jdk(HttpServer server) {
        server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        server.createContext("/", exchange -> {
            exchange.getResponseHeaders().set("Content-Type", "text/plain");
            exchange.sendResponseHeaders(200, TEXT.length);
            exchange.getResponseBody().write(TEXT);
            exchange.close();
        });
        server.start();
        System.out.println(server.getAddress().getPort());
    }

    private static void jetty(boolean ours, Handler.Abstract.InvocationType type) throws Exception {
        QueuedThreadPool pool = new QueuedThreadPool();
        pool.setVirtualThreadsExecutor(Executors.newVirtualThreadPerTaskExecutor());
        Server server = new Server(pool);
        ServerConnector connector = ours ? new MillraceConnector(server) : new ServerConnector(server);
        connector.setHost("127.0.0.1");
        server.addConnector(connector);
        server.setHandler(new Handler.Abstract(type) {
            @Override
            public boolean handle(Request request, Response response, Callback callback) {
                response.getHeaders().put("Content-Type", "text/plain");
                response.write(true, ByteBuffer.wrap(TEXT), callback);
                return true;
            }
        });
        server.start();
        System.out.println(connector.getLocalPort());
    }

    private static void reactive(WebServer server) {
        server.start();
        System.out.println(server.getPort());
    }

    public static void main(String[] arguments) throws Exception {
        InetSocketAddress any = new InetSocketAddress("127.0.0.1", 0);
        HttpHandler handler = (request, response) -> {
            response.getHeaders().set("Content-Type", "text/plain");
            response.getHeaders().setContentLength(TEXT.length);
            return response.writeWith(
                    Mono.fromSupplier(() -> response.bufferFactory().wrap(TEXT)));
        };
        // The JDK asks once: Millrace's provider is on the class path, too.
        System.setProperty("com.sun.net.httpserver.HttpServerProvider", "sun.net.httpserver.DefaultHttpServerProvider");
        switch (arguments[0]) {
            case "jdk" -> jdk(HttpServer.create(any, 0));
            case "millrace-httpserver" -> jdk(HttpServers.create(any, 0));
            case "jetty" -> jetty(false, Handler.Abstract.InvocationType.BLOCKING);
            case "millrace-jetty" -> jetty(true, Handler.Abstract.InvocationType.BLOCKING);
            case "jetty-nonblocking" -> jetty(false, Handler.Abstract.InvocationType.NON_BLOCKING);
            case "millrace-jetty-nonblocking" -> jetty(true, Handler.Abstract.InvocationType.NON_BLOCKING);
            case "reactor-netty" -> reactive(new NettyReactiveWebServerFactory(0).getWebServer(handler));
            case "millrace-webflux" -> reactive(new MillraceReactiveWebServerFactory(0).getWebServer(handler));
            default -> throw new IllegalArgumentException(arguments[0]);
        }
        Thread.currentThread().join();
    }
}
