// SPDX-License-Identifier: Apache-2.0
package io.millrace.client;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;

/** Waits for an answer on a thread that may. */
final class Waiter {
    private Waiter() {}

    /** Returns the answer of a call, which ends if the thread is interrupted. */
    static <T> T await(Call call, CompletableFuture<T> answer) throws HttpFailure {
        try {
            return answer.get();
        } catch (InterruptedException e) {
            call.cancel();
            Thread.currentThread().interrupt();
            throw new HttpFailure.Cancelled("the thread was interrupted", true, e);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof HttpFailure failure) {
                throw failure;
            }
            throw new HttpFailure.Cancelled("the call failed: " + e.getCause(), true, e.getCause());
        }
    }
}
