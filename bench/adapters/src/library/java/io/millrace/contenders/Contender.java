// SPDX-License-Identifier: Apache-2.0
package io.millrace.contenders;

import com.sun.net.httpserver.HttpServer;
import io.millrace.http.Dispatch;
import io.millrace.httpserver.HttpServers;
import io.millrace.jetty.MillraceConnector;
import io.millrace.spring.MillraceReactiveWebServerFactory;
import io.millrace.web.WebServer;
import java.io.IOException;
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
import org.eclipse.jetty.util.thread.Invocable.InvocationType;
import org.eclipse.jetty.util.thread.QueuedThreadPool;
import org.springframework.boot.reactor.netty.NettyReactiveWebServerFactory;
import org.springframework.http.server.reactive.HttpHandler;
import reactor.core.publisher.Mono;

/** One server that answers GET / with 13 bytes. Arguments: which, and its port on 127.0.0.1. */
public final class Contender {
    /** The body of each answer. */
    static final String TEXT = "Hello, World!";

    private static final byte[] BYTES = TEXT.getBytes(StandardCharsets.US_ASCII);

    private Contender() {}

    private static void handlers(HttpServer server) {
        server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        server.createContext("/", exchange -> {
            exchange.getResponseHeaders().set("Content-Type", "text/plain");
            exchange.sendResponseHeaders(200, BYTES.length);
            exchange.getResponseBody().write(BYTES);
            exchange.close();
        });
        server.start();
    }

    // The JDK asks for a provider once, and would take the first that it finds on the class path.
    private static HttpServer providedBy(String name, InetSocketAddress where) throws IOException {
        System.setProperty("com.sun.net.httpserver.HttpServerProvider", name);
        return HttpServer.create(where, 0);
    }

    private static void jetty(boolean ours, InvocationType type, InetSocketAddress where) throws Exception {
        QueuedThreadPool pool = new QueuedThreadPool();
        pool.setVirtualThreadsExecutor(Executors.newVirtualThreadPerTaskExecutor());
        Server server = new Server(pool);
        ServerConnector connector = ours ? new MillraceConnector(server) : new ServerConnector(server);
        connector.setHost(where.getHostString());
        connector.setPort(where.getPort());
        server.addConnector(connector);
        server.setHandler(new Handler.Abstract(type) {
            @Override
            public boolean handle(Request request, Response response, Callback callback) {
                response.getHeaders().put("Content-Type", "text/plain");
                response.write(true, ByteBuffer.wrap(BYTES), callback);
                return true;
            }
        });
        server.start();
    }

    private static HttpHandler reactive() {
        return (request, response) -> {
            response.getHeaders().set("Content-Type", "text/plain");
            response.getHeaders().setContentLength(BYTES.length);
            return response.writeWith(
                    Mono.fromSupplier(() -> response.bufferFactory().wrap(BYTES)));
        };
    }

    private static void web(Dispatch dispatch, InetSocketAddress where) throws IOException {
        WebServer.on(where.getPort())
                .get(
                        "/",
                        dispatch,
                        (request, response) -> response.type("text/plain").send(BYTES))
                .start();
    }

    /** Starts the server that the first argument names, and waits until the process is ended. */
    public static void main(String[] arguments) throws Exception {
        InetSocketAddress where = new InetSocketAddress("127.0.0.1", Integer.parseInt(arguments[1]));
        switch (arguments[0]) {
            case "jdk" -> handlers(providedBy("sun.net.httpserver.DefaultHttpServerProvider", where));
            case "robaho" -> handlers(providedBy("robaho.net.httpserver.DefaultHttpServerProvider", where));
            case "millrace-httpserver" -> handlers(HttpServers.create(where, 0));
            case "web-virtual" -> web(Dispatch.VIRTUAL, where);
            case "web-inline" -> web(Dispatch.INLINE, where);
            case "jetty" -> jetty(false, InvocationType.BLOCKING, where);
            case "millrace-jetty" -> jetty(true, InvocationType.BLOCKING, where);
            case "jetty-nonblocking" -> jetty(false, InvocationType.NON_BLOCKING, where);
            case "millrace-jetty-nonblocking" -> jetty(true, InvocationType.NON_BLOCKING, where);
            case "mvc-tomcat", "mvc-jetty", "mvc-millrace" -> MvcContender.start(arguments[0], where);
            case "webflux-netty" -> {
                NettyReactiveWebServerFactory factory = new NettyReactiveWebServerFactory(where.getPort());
                factory.setAddress(where.getAddress());
                factory.getWebServer(reactive()).start();
            }
            case "webflux-millrace" -> {
                MillraceReactiveWebServerFactory factory = new MillraceReactiveWebServerFactory(where.getPort());
                factory.setAddress(where.getAddress());
                factory.getWebServer(reactive()).start();
            }
            default -> throw new IllegalArgumentException(arguments[0]);
        }
        System.in.transferTo(System.out);
        Thread.currentThread().join();
    }
}
