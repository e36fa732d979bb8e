// SPDX-License-Identifier: Apache-2.0
package io.millrace.jetty;

import io.millrace.http.Headers;
import io.millrace.http.Request;
import io.millrace.http.Response;
import java.net.SocketAddress;
import java.util.concurrent.RejectedExecutionException;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpURI;
import org.eclipse.jetty.http.HttpVersion;
import org.eclipse.jetty.http.MetaData;
import org.eclipse.jetty.io.Connection;
import org.eclipse.jetty.io.EofException;
import org.eclipse.jetty.server.ConnectionMetaData;
import org.eclipse.jetty.server.Connector;
import org.eclipse.jetty.server.HttpChannel;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.util.Attributes;
import org.eclipse.jetty.util.HostPort;
import org.eclipse.jetty.util.URIUtil;
import org.eclipse.jetty.util.thread.Invocable;

/**
 * One request as Jetty sees it: the facts of its connection, the channel with the handlers, and the way back to the
 * loop. Made on the loop; then any thread may call.
 */
final class RequestExchange extends Attributes.Lazy implements ConnectionMetaData {
    private final MillraceConnector connector;
    private final Request request;
    private final Response response;
    private final Thread loop = Thread.currentThread();
    private final HttpVersion version;
    private final boolean secure;
    private final SocketAddress remote;
    private final SocketAddress local;
    private final HttpChannel channel;
    private volatile UpgradableConnection connection;

    private RequestExchange(MillraceConnector connector, Request request, Response response) {
        this.connector = connector;
        this.request = request;
        this.response = response;
        this.version = MillraceConnector.version(request.version());
        this.secure = request.scheme().equals("https");
        this.remote = request.peer();
        this.local = request.local();
        this.channel = connector.channels().newHttpChannel(this);
    }

    /** Hands a request to Jetty's handlers. On the loop. */
    static void start(MillraceConnector connector, Request request, Response response) {
        HttpFields fields = fields(request.headers());
        HttpURI uri;
        try {
            uri = uri(request);
        } catch (IllegalArgumentException e) {
            response.status(400).closeAfter().send("Bad URI\n");
            return;
        }
        response.defer();
        RequestExchange exchange = new RequestExchange(connector, request, response);
        exchange.handle(new MetaData.Request(
                System.nanoTime(),
                request.method(),
                uri,
                exchange.version,
                fields,
                fields.getLongField("Content-Length")));
    }

    private static HttpFields fields(Headers headers) {
        HttpFields.Mutable fields = HttpFields.build();
        for (int i = 0, n = headers.size(); i < n; i++) {
            fields.add(headers.name(i), headers.value(i));
        }
        return fields.asImmutable();
    }

    private static HttpURI uri(Request request) {
        HttpURI.Mutable uri = HttpURI.build(request.method(), request.target());
        if (!uri.isAbsolute()) {
            uri.scheme(request.scheme());
        }
        if (uri.getAuthority() == null && !request.method().equals("CONNECT")) {
            HostPort asked = request.authority().isEmpty() ? null : new HostPort(request.authority());
            if (asked != null) {
                int port = asked.getPort();
                uri.authority(asked.getHost(), port == URIUtil.getDefaultPortForScheme(uri.getScheme()) ? -1 : port);
            }
        }
        if (uri.getPath() == null || uri.getPath().isEmpty()) {
            uri.path("/");
        }
        return uri.asImmutable();
    }

    private void handle(MetaData.Request head) {
        RequestBodyChunks body = new RequestBodyChunks(this, request);
        MillraceStream stream =
                new MillraceStream(this, body, response, head.getMethod().equals("HEAD"));
        response.onAborted(() -> {
            EofException gone = new EofException("the client has gone");
            stream.aborted(gone);
            run(channel.onRemoteFailure(gone));
        });
        channel.initialize();
        channel.setHttpStream(stream);
        Runnable task = channel.onRequest(head);
        if (Invocable.getInvocationType(task) == Invocable.InvocationType.NON_BLOCKING) {
            task.run();
            return;
        }
        try {
            connector.tasks().execute(task);
        } catch (RejectedExecutionException e) {
            response.status(503).closeAfter().send();
        }
    }

    HttpChannel channel() {
        return channel;
    }

    // ---- where things run

    /** Runs what may block; what the executor does not take any more is lost with the server that is ending. */
    void run(Runnable task) {
        if (task == null) {
            return;
        }
        if (Invocable.getInvocationType(task) == Invocable.InvocationType.NON_BLOCKING) {
            task.run();
            return;
        }
        try {
            connector.tasks().execute(task);
        } catch (RejectedExecutionException e) {
            response.abort();
        }
    }

    /** Runs a task on the loop, at once if the caller is there. Returns whether it will run. */
    boolean onLoop(Runnable task) {
        if (Thread.currentThread() == loop) {
            task.run();
            return true;
        }
        try {
            response.execute(task);
            return true;
        } catch (RejectedExecutionException | IllegalStateException e) {
            return false; // the connection has ended
        }
    }

    // ---- what Jetty asks

    @Override
    public String getId() {
        return remote + "-" + local;
    }

    @Override
    public HttpConfiguration getHttpConfiguration() {
        return connector.configuration();
    }

    @Override
    public HttpVersion getHttpVersion() {
        return version;
    }

    @Override
    public String getProtocol() {
        return version.asString();
    }

    /** Returns a connection that can be upgraded; made when somebody asks, which few handlers do. */
    @Override
    public Connection getConnection() {
        UpgradableConnection made = connection;
        if (made == null) {
            synchronized (this) {
                made = connection;
                if (made == null) {
                    LinkEndPoint end = new LinkEndPoint(connector, remote, local, secure);
                    made = new UpgradableConnection(end, connector.tasks());
                    end.setConnection(made);
                    end.setIdleTimeout(connector.getIdleTimeout());
                    connection = made;
                }
            }
        }
        return made;
    }

    LinkEndPoint endPoint() {
        return (LinkEndPoint) getConnection().getEndPoint();
    }

    @Override
    public Connector getConnector() {
        return connector;
    }

    @Override
    public boolean isPersistent() {
        return true;
    }

    @Override
    public boolean isSecure() {
        return secure;
    }

    @Override
    public SocketAddress getRemoteSocketAddress() {
        return remote;
    }

    @Override
    public SocketAddress getLocalSocketAddress() {
        return local;
    }
}
