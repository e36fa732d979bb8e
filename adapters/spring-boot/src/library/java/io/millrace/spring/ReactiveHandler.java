// SPDX-License-Identifier: Apache-2.0
package io.millrace.spring;

import io.millrace.http.Handler;
import io.millrace.http.Request;
import io.millrace.http.Response;
import java.net.URI;
import java.net.URISyntaxException;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.reactivestreams.Subscription;
import org.springframework.http.HttpMethod;
import org.springframework.http.server.reactive.HttpHandler;
import org.springframework.http.server.reactive.HttpHeadResponseDecorator;
import org.springframework.http.server.reactive.ServerHttpRequest;
import org.springframework.http.server.reactive.ServerHttpResponse;
import org.springframework.web.server.adapter.ForwardedHeaderTransformer;
import reactor.core.CoreSubscriber;

/** Hands requests to Spring's handler, on their loops, and ends the answers when it is done. */
final class ReactiveHandler implements Handler {
    private static final Log LOG = LogFactory.getLog(ReactiveHandler.class);

    private final HttpHandler handler;
    private final ForwardedHeaderTransformer forwarded;

    /**
     * Makes the handler.
     *
     * @param forwarded applies the fields of a proxy; {@code null} not to believe them
     */
    ReactiveHandler(HttpHandler handler, ForwardedHeaderTransformer forwarded) {
        this.handler = handler;
        this.forwarded = forwarded;
    }

    @Override
    public void handle(Request request, Response response) {
        URI uri;
        try {
            uri = uri(request);
        } catch (URISyntaxException e) {
            response.status(400).closeAfter().send();
            return;
        }
        response.defer();
        LoopExchange exchange = new LoopExchange(request, response);
        MillraceServerHttpResponse answer = new MillraceServerHttpResponse(exchange);
        Completion completion = new Completion(answer, exchange);
        response.onAborted(completion::aborted);
        ServerHttpRequest asked = new MillraceServerHttpRequest(exchange, uri);
        try {
            ServerHttpRequest seen = forwarded == null ? asked : forwarded.apply(asked);
            ServerHttpResponse out =
                    asked.getMethod() == HttpMethod.HEAD ? new HttpHeadResponseDecorator(answer) : answer;
            handler.handle(seen, out).subscribe(completion);
        } catch (RuntimeException e) {
            completion.onError(e);
        }
    }

    private static URI uri(Request request) throws URISyntaxException {
        String target = request.target();
        if (!target.startsWith("/")) {
            return target.equals("*")
                    ? new URI(request.scheme(), request.authority(), "/", null, null)
                    : new URI(target);
        }
        String authority = request.authority();
        return new URI(authority.isEmpty() ? target : request.scheme() + "://" + authority + target);
    }

    /** What happens when the handler is done, has failed, or the client has gone. */
    private static final class Completion implements CoreSubscriber<Void> {
        private final MillraceServerHttpResponse answer;
        private final LoopExchange exchange;
        private Subscription handling;
        private boolean isAborted;

        Completion(MillraceServerHttpResponse answer, LoopExchange exchange) {
            this.answer = answer;
            this.exchange = exchange;
        }

        @Override
        public void onSubscribe(Subscription subscription) {
            boolean cancel;
            synchronized (this) {
                handling = subscription;
                cancel = isAborted;
            }
            if (cancel) {
                subscription.cancel();
            } else {
                subscription.request(Long.MAX_VALUE);
            }
        }

        @Override
        public void onNext(Void nothing) {}

        @Override
        public void onError(Throwable failure) {
            LOG.debug("the handler failed", failure);
            exchange.onLoop(() -> answer.failed(failure));
        }

        @Override
        public void onComplete() {
            exchange.onLoop(answer::completed);
        }

        /** The client has gone. On the loop. */
        void aborted() {
            Subscription cancelled;
            synchronized (this) {
                isAborted = true;
                cancelled = handling;
            }
            exchange.aborted();
            if (cancelled != null) {
                cancelled.cancel();
            }
        }
    }
}
