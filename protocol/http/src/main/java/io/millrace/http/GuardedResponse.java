// SPDX-License-Identifier: Apache-2.0
package io.millrace.http;

import io.millrace.core.OpenFile;
import io.millrace.core.Protocol;
import java.io.IOException;
import java.nio.file.Path;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** A response as it is given to handlers: every verb checks first that it is still this handler's. */
final class GuardedResponse extends Response {
    private final Handles handles;
    private final Response response;

    GuardedResponse(Handles handles, Response response) {
        this.handles = handles;
        this.response = response;
    }

    @Override
    public Response status(int status) {
        handles.check();
        response.status(status);
        return this;
    }

    @Override
    public int status() {
        handles.check();
        return response.status();
    }

    @Override
    public Response header(String name, String value) {
        handles.check();
        response.header(name, value);
        return this;
    }

    @Override
    public Response setHeader(String name, String value) {
        handles.check();
        response.setHeader(name, value);
        return this;
    }

    @Override
    public @Nullable String header(String name) {
        handles.check();
        return response.header(name);
    }

    @Override
    public void json(Object value) {
        handles.check();
        response.json(value);
    }

    @Override
    public void json(Object value, Response through) {
        handles.check();
        response.json(value, through);
    }

    @Override
    public void send(Path file, Request request, Response through) throws IOException {
        handles.check();
        response.send(file, request, through);
    }

    @Override
    public void send(Path file) throws IOException {
        handles.check();
        response.send(file);
    }

    @Override
    public void onStopping(Runnable task) {
        handles.check();
        response.onStopping(task);
    }

    @Override
    public void send() {
        handles.check();
        response.send();
    }

    @Override
    public void send(byte[] body) {
        handles.check();
        response.send(body);
    }

    @Override
    public void send(byte[] body, int offset, int length) {
        handles.check();
        response.send(body, offset, length);
    }

    @Override
    public void send(String text) {
        handles.check();
        response.send(text);
    }

    @Override
    public void send(OpenFile file, long from, long count) {
        try {
            handles.check();
        } catch (IllegalStateException e) {
            file.close();
            throw e;
        }
        response.send(file, from, count);
    }

    @Override
    public ResponseStream stream() {
        handles.check();
        return response.stream();
    }

    @Override
    public ResponseStream stream(long length) {
        handles.check();
        return response.stream(length);
    }

    @Override
    public Response defer() {
        handles.check();
        response.defer();
        return this;
    }

    @Override
    public boolean committed() {
        handles.check();
        return response.committed();
    }

    @Override
    public void abort() {
        handles.check();
        response.abort();
    }

    @Override
    public void execute(Runnable task) {
        handles.check();
        response.execute(task);
    }

    @Override
    public void upgrade(String name, Supplier<Protocol> next) {
        handles.check();
        response.upgrade(name, next);
    }

    @Override
    public Response interim(int status) {
        handles.check();
        response.interim(status);
        return this;
    }

    @Override
    public void sendHead(long length) {
        handles.check();
        response.sendHead(length);
    }

    @Override
    public Response closeAfter() {
        handles.check();
        response.closeAfter();
        return this;
    }

    @Override
    public void onAborted(Runnable task) {
        handles.check();
        response.onAborted(task);
    }

    @Override
    public void fail(Throwable e) {
        handles.check();
        response.fail(e);
    }

    @Override
    public void onComplete(Consumer<Outcome> task) {
        handles.check();
        response.onComplete(task);
    }

    @Override
    public void onComplete(Runnable task) {
        handles.check();
        response.onComplete(task);
    }

    @Override
    public long bytesSent() {
        handles.check();
        return response.bytesSent();
    }
}
