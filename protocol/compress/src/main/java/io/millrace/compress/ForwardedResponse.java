// SPDX-License-Identifier: Apache-2.0
package io.millrace.compress;

import io.millrace.core.Protocol;
import io.millrace.http.Response;
import java.util.function.Consumer;
import java.util.function.Supplier;

/** A response that does by another what has nothing to do with contents. */
abstract class ForwardedResponse extends Response {
    final Response response;

    ForwardedResponse(Response response) {
        this.response = response;
    }

    @Override
    public int status() {
        return response.status();
    }

    @Override
    public String header(String name) {
        return response.header(name);
    }

    @Override
    public boolean committed() {
        return response.committed();
    }

    @Override
    public void abort() {
        response.abort();
    }

    @Override
    public void execute(Runnable task) {
        response.execute(task);
    }

    @Override
    public void upgrade(String name, Supplier<Protocol> next) {
        response.upgrade(name, next);
    }

    @Override
    public void onAborted(Runnable task) {
        response.onAborted(task);
    }

    @Override
    public void onStopping(Runnable task) {
        response.onStopping(task);
    }

    @Override
    public void onComplete(Runnable task) {
        response.onComplete(task);
    }

    @Override
    public void onComplete(Consumer<Outcome> task) {
        response.onComplete(task);
    }

    @Override
    public long bytesSent() {
        return response.bytesSent();
    }
}
