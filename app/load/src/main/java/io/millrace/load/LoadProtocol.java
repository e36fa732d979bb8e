// SPDX-License-Identifier: Apache-2.0
package io.millrace.load;

/** What a run speaks: makes its clients, and the bytes of one request for connections that are only in the way. */
enum LoadProtocol {
    /** HTTP/1.1. */
    HTTP {
        @Override
        byte[] request(LoadPlan plan) {
            return HttpRequest.of(plan);
        }

        @Override
        Client client(Worker worker) {
            return new HttpLoadClient(worker, request(worker.plan()));
        }
    },

    /** HTTP/2, by prior knowledge or by ALPN. */
    HTTP2 {
        @Override
        byte[] request(LoadPlan plan) {
            return Http2Request.of(plan).alone();
        }

        @Override
        Client client(Worker worker) {
            return new Http2LoadClient(worker, Http2Request.of(worker.plan()));
        }
    },

    /** Messages of a WebSocket that are expected back. */
    WEBSOCKET {
        @Override
        byte[] request(LoadPlan plan) {
            return WebSocketRequest.of(plan).alone();
        }

        @Override
        Client client(Worker worker) {
            return new WebSocketLoadClient(worker, WebSocketRequest.of(worker.plan()));
        }
    },

    /** Messages that are expected back. */
    TCP {
        @Override
        byte[] request(LoadPlan plan) {
            return plan.message().body();
        }

        @Override
        Client client(Worker worker) {
            return new EchoLoadClient(worker, request(worker.plan()));
        }
    };

    abstract byte[] request(LoadPlan plan);

    abstract Client client(Worker worker);

    static LoadProtocol of(LoadPlan plan) {
        return switch (plan.target().kind()) {
            case HTTP, HTTPS -> HTTP;
            case HTTP2, HTTP2_TLS -> HTTP2;
            case WS, WSS -> WEBSOCKET;
            case TCP -> TCP;
        };
    }
}
